"""What there is of a song to compare: whole takes, baselines, and what each is held against.

Many recordings measured, on all cores; each at most once, because the results are cached.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from secondtake.analysis.audio_io import AudioError
from secondtake.analysis.cache import Cache
from secondtake.analysis.parallel import on_all_cores
from secondtake.analysis.recording import Recording
from secondtake.core.errors import ModelError, UserError
from secondtake.core.files import hashes
from secondtake.core.project import DEFAULT_SONG, Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Segment, Song
from secondtake.core.takes import Take, all_takes, wav_is_whole, wav_path

Say = Callable[[str], None]


def measure_all(recordings: Sequence[Recording], say: Say = lambda label: None) -> tuple[str, ...]:
    """Put features and naive rows of all into their caches; why each cannot be measured, or "".

    `say` hears the label of each that was measured now, in their order. UserError if what
    measures is not there.
    """
    todo = [place for place, one in enumerate(recordings) if not one.is_measured]
    reasons = [""] * len(recordings)
    made = on_all_cores(_reason, [recordings[place].fresh() for place in todo])
    for place, reason in zip(todo, made, strict=True):
        reasons[place] = reason
        say(recordings[place].label)
    return tuple(reasons)


def _reason(recording: Recording) -> str:
    """Measure it; why it cannot be, or ""."""
    try:
        recording.measure()
    except AudioError as error:
        return str(error)
    except ModelError as error:  # does not pickle, and is nothing that this recording did
        raise UserError(f"{error.message}; {error.hint}") from error
    return ""


CHANGED = "its wav is missing or was changed since its record was written; verify says more"


@dataclass(frozen=True)
class Compared:
    """A take, its recording, and what it is held against (None: nothing there)."""

    take: Take
    recording: Recording
    reference: Recording | None
    mark: Recording | None


@dataclass(frozen=True)
class State:
    """What there is of a segment's baseline."""

    name: str  # ready, absent, unnamed, unreadable
    why: str  # in words, with what to type, unless ready
    baseline: Recording | None
    sha256: str = ""  # of its file, if there is one


@dataclass(frozen=True)
class Material:
    """What is there of one segment."""

    segment: Segment
    state: str  # ready, absent, unnamed, unreadable
    why: str  # in words, with what to type, unless ready
    baseline: Recording | None
    takes: tuple[Compared, ...]
    skipped: tuple[tuple[str, str], ...]  # take, reason
    sha256: str = ""  # of the baseline's file, if there is one


Taken = list[tuple[Take, Recording | None]]  # without a recording: its wav is not what it was
Reasons = dict[Recording, str]  # why each cannot be measured; "" if it was


def gather(song: Song, project: Project, say: Say = lambda name: None) -> list[Material]:
    """The segments with their baselines and whole takes, measured on all cores.

    `say` hears the name of each that was measured and not known before. UserError for a damaged
    record.
    """
    cache = Cache(project.cache / "analysis")
    found = hashes(segment.baseline.file for segment in song.segments if segment.baseline)
    baselines = {segment.number: _baseline(segment, cache, found) for segment in song.segments}
    takes: dict[int, Taken] = {segment.number: [] for segment in song.segments}
    for take in all_takes(song.results):
        if take.job.song == song.name and take.job.segment in takes:
            takes[take.job.segment].append((take, _recorded(song, take, cache)))
    recordings = [one for one in baselines.values() if one]
    recordings += [one for taken in takes.values() for _, one in taken if one]
    reasons = dict(zip(recordings, measure_all(recordings, say), strict=True))
    return [
        _material(
            segment,
            _state(segment, project, song, baselines[segment.number], reasons),
            takes[segment.number],
            reasons,
        )
        for segment in song.segments
    ]


def _material(segment: Segment, state: State, taken: Taken, reasons: Reasons) -> Material:
    recordings: list[tuple[Take, Recording]] = []
    skipped = []
    for take, recording in taken:
        reason = CHANGED if recording is None else reasons[recording]
        if recording is None or reason:
            skipped.append((take.job.name, reason))
        else:
            recordings.append((take, recording))
    baseline = state.baseline
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
    return Material(
        segment, state.name, state.why, baseline, compared, tuple(skipped), state.sha256
    )


def is_floor(take: Take) -> bool:
    """Whether a take is the floor's, not a model of music's."""
    model = MODELS.get(take.job.model)
    return model is not None and model.floor


def _baseline(segment: Segment, cache: Cache, found: Mapping[Path, str]) -> Recording | None:
    """The segment's baseline; None without one or without its file. found: file -> sha256."""
    named = segment.baseline
    if named is None or named.file not in found:
        return None
    sha256 = found[named.file]
    return Recording(named.file, "baseline", cache, named.start, named.end, sha256)


def _state(
    segment: Segment, project: Project, song: Song, found: Recording | None, reasons: Reasons
) -> State:
    """What there is of a baseline, and what to type where there is none."""
    command = f"invoke import-baseline FILE --segment {segment.number}{_of_song(song, project)}"
    if segment.baseline is None:
        why = 'the song file names no baseline; add baseline = "data/baseline/…"'
        return State("unnamed", why, None)
    if found is None:
        file = project.relative(segment.baseline.file)
        return State("absent", f"{file} is not there; type: {command}", None)
    sha256 = found.identity[0]
    if reasons[found]:
        return State("unreadable", f"{reasons[found]}; type: {command} --force", None, sha256)
    return State("ready", "", found, sha256)


def _of_song(song: Song, project: Project) -> str:
    """The option that names the song, where one is needed."""
    name = project.relative(song.path)
    return "" if name == DEFAULT_SONG else f" --song {name}"


def _recorded(song: Song, take: Take, cache: Cache) -> Recording | None:
    """The take's recording; None if its wav is not the one that its record describes."""
    if not wav_is_whole(song.results, take):
        return None
    path = wav_path(song.results, take.job.name)
    return Recording(path, take.job.name, cache, sha256=take.wav.sha256)
