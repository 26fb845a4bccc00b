"""What there is of a song to compare: whole takes, baselines, and what each is held against."""

from collections.abc import Callable
from dataclasses import dataclass

from secondtake.errors import UserError
from secondtake.models import MODELS
from secondtake.project import DEFAULT_SONG, Project
from secondtake.song import Segment, Song
from secondtake.takes import Take, all_takes, wav_is_whole, wav_path
from secondtake_analysis.audio import AudioError
from secondtake_analysis.cache import Cache
from secondtake_analysis.recording import Recording


@dataclass(frozen=True)
class Compared:
    """A take, its recording, and what it is held against (None: nothing there)."""

    take: Take
    recording: Recording
    reference: Recording | None
    mark: Recording | None


@dataclass(frozen=True)
class Material:
    """What is there of one segment."""

    segment: Segment
    state: str  # ready, absent, unnamed, unreadable
    why: str  # in words, with what to type, unless ready
    baseline: Recording | None
    takes: tuple[Compared, ...]
    skipped: tuple[tuple[str, str], ...]  # take, reason


Say = Callable[[str], None]


def gather(song: Song, project: Project, say: Say = lambda name: None) -> list[Material]:
    """The segments with their baselines and whole takes, measured; `say` hears which is next.

    UserError for a damaged record.
    """
    cache = Cache(project.cache / "analysis")
    takes = [take for take in all_takes(song.results) if take.job.song == song.name]
    return [_material(song, project, segment, takes, cache, say) for segment in song.segments]


def _material(
    song: Song, project: Project, segment: Segment, takes: list[Take], cache: Cache, say: Say
) -> Material:
    state, why, baseline = _baseline(segment, project, cache, _of_song(song, project))
    recordings: list[tuple[Take, Recording]] = []
    skipped = []
    for take in takes:
        if take.job.segment != segment.number:
            continue
        recording = Recording(wav_path(song.results, take.job.name), take.job.name, cache)
        say(take.job.name)
        reason = _unusable(song, take, recording)
        if reason:
            skipped.append((take.job.name, reason))
        else:
            recordings.append((take, recording))
    sketch = next((recording for take, recording in recordings if is_floor(take)), None)
    compared = tuple(
        Compared(
            take,
            recording,
            baseline or (None if is_floor(take) else sketch),
            sketch if baseline and not is_floor(take) else None,
        )
        for take, recording in recordings
    )
    return Material(segment, state, why, baseline, compared, tuple(skipped))


def is_floor(take: Take) -> bool:
    """Whether a take is the floor's, not a model of music's."""
    model = MODELS.get(take.job.model)
    return model is not None and model.floor


def _baseline(
    segment: Segment, project: Project, cache: Cache, of_song: str
) -> tuple[str, str, Recording | None]:
    """State, reason, recording. of_song: the option that names the song, where one is needed."""
    command = f"invoke import-baseline FILE --segment {segment.number}{of_song}"
    if segment.baseline is None:
        return "unnamed", 'the song file names no baseline; add baseline = "data/baseline/…"', None
    file = segment.baseline.file
    if not file.is_file():
        return "absent", f"{project.relative(file)} is not there; type: {command}", None
    found = Recording(file, "baseline", cache, segment.baseline.start, segment.baseline.end)
    try:
        _ = found.features, found.naive
    except AudioError as error:
        return "unreadable", f"{error}; type: {command} --force", None
    return "ready", "", found


def _of_song(song: Song, project: Project) -> str:
    name = project.relative(song.path)
    return "" if name == DEFAULT_SONG else f" --song {name}"


def _unusable(song: Song, take: Take, recording: Recording) -> str:
    """Why a take cannot be compared; "" if it can."""
    if not wav_is_whole(song.results, take):
        return "its wav is missing or was changed since its record was written; verify says more"
    try:
        _ = recording.features, recording.naive
    except UserError as error:
        return str(error)
    return ""
