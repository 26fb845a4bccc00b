"""A song's material: its whole takes and baselines, and the recordings that each is held against.

Recordings are measured on all cores; each at most once, because the results are cached.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from secondtake.analysis.audio_io import AudioError
from secondtake.analysis.cache import Cache
from secondtake.analysis.parallel import parallel_map
from secondtake.analysis.recording import Recording
from secondtake.core.errors import ModelError, UserError
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Segment, Song, import_words
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import NAME, Take, wav_path

Say = Callable[[str], None]

DAMAGED = "its record cannot be read; verify says more"
CHANGED = "its wav is missing or was changed since its record was written; verify says more"


@dataclass(frozen=True)
class ComparedTake:
    """A take, its recording, the recording it is held against, and the control beside it."""

    take: Take
    recording: Recording
    reference: Recording | None  # the baseline; without one the control, which itself has none
    control: Recording | None  # where the reference is the baseline


@dataclass(frozen=True)
class SegmentMaterial:
    """A segment's baseline and takes."""

    segment: Segment
    state: str  # ready, absent, unnamed, unreadable
    why: str  # in words, with what to type, unless ready
    baseline: Recording | None
    takes: tuple[ComparedTake, ...]
    skipped: tuple[tuple[str, str], ...]  # take, reason
    sha256: str = ""  # of the baseline's file, if there is one


FoundTakes = list[tuple[Take, Recording | None]]  # without a recording: its wav was changed
Reasons = dict[Recording, str]  # why each cannot be measured; "" if it was


def measure_all(
    recordings: Sequence[Recording], say: Callable[[Recording], None] = lambda recording: None
) -> tuple[str, ...]:
    """Put the features of all into their caches, on all cores; why each cannot be measured, or "".

    `say` gets each that was measured now, in their order. UserError if a network's
    package is not installed.
    """
    todo = [index for index, recording in enumerate(recordings) if not recording.is_measured]
    reasons = [""] * len(recordings)
    results = parallel_map(_reason, [recordings[index].fresh() for index in todo])
    for index, reason in zip(todo, results, strict=True):
        reasons[index] = reason
        say(recordings[index])
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


def gather(song: Song, project: Project, say: Say = lambda name: None) -> list[SegmentMaterial]:
    """The segments with their baselines and whole takes (current and kept), measured on all cores.

    `say` gets the name of each that was not measured before.
    """
    cache, store = Cache(project.cache / "analysis"), TakeStore(song.results, song.name)
    files = (segment.baseline.file for segment in song.segments if segment.baseline)
    sha256s = store.hashes.of(files)
    baselines = {segment.number: _baseline(segment, cache, sha256s) for segment in song.segments}
    takes: dict[int, FoundTakes] = {segment.number: [] for segment in song.segments}
    for take in store.compared:
        if take.job.segment in takes:
            recording = _recording(song, take, cache) if store.is_whole(take) else None
            takes[take.job.segment].append((take, recording))
    store.save_hashes()
    recordings = [baseline for baseline in baselines.values() if baseline]
    recordings += [recording for by_take in takes.values() for _, recording in by_take if recording]
    names = {baseline: f"baseline of segment {n}" for n, baseline in baselines.items() if baseline}
    measured = measure_all(recordings, lambda each: say(names.get(each, each.label)))
    reasons = dict(zip(recordings, measured, strict=True))
    materials = []
    for segment in song.segments:
        baseline = baselines[segment.number]
        state, why = _state(segment, project, song, baseline, reasons)
        ready = baseline if state == "ready" else None
        compared, skipped = _compare(takes[segment.number], ready, reasons)
        skipped += _damaged(store, segment)
        sha256 = baseline.identity[0] if baseline else ""
        materials.append(SegmentMaterial(segment, state, why, ready, compared, skipped, sha256))
    return materials


def _compare(
    takes: FoundTakes, baseline: Recording | None, reasons: Reasons
) -> tuple[tuple[ComparedTake, ...], tuple[tuple[str, str], ...]]:
    """The takes that can be compared, and the others with the reason."""
    measured: list[tuple[Take, Recording]] = []
    skipped = []
    for take, recording in takes:
        reason = CHANGED if recording is None else reasons[recording]
        if recording is None or reason:
            skipped.append((take.name, reason))
        else:
            measured.append((take, recording))
    control = next((recording for take, recording in measured if is_control(take)), None)
    compared = tuple(_compared(take, recording, baseline, control) for take, recording in measured)
    return compared, tuple(skipped)


def _compared(
    take: Take, recording: Recording, baseline: Recording | None, control: Recording | None
) -> ComparedTake:
    """Against the baseline, with the control beside it; without a baseline, against the control."""
    other = None if is_control(take) else control
    return ComparedTake(take, recording, baseline or other, other if baseline else None)


def is_control(take: Take) -> bool:
    """True for a take of the control, which is no model of music."""
    model = MODELS.get(take.job.model)
    return model is not None and model.is_control


def _baseline(segment: Segment, cache: Cache, sha256s: Mapping[Path, str]) -> Recording | None:
    """The segment's baseline; None without one or without its file. sha256s: by file."""
    baseline = segment.baseline
    if baseline is None or baseline.file not in sha256s:
        return None
    sha256 = sha256s[baseline.file]
    return Recording(baseline.file, "baseline", cache, baseline.start, baseline.end, sha256)


def _state(
    segment: Segment, project: Project, song: Song, baseline: Recording | None, reasons: Reasons
) -> tuple[str, str]:
    """The baseline's state, and what to type where there is none (see SegmentMaterial)."""
    command = project.command(*import_words(song, segment), song=song.path)
    if segment.baseline is None:
        return "unnamed", 'the song file names no baseline; add baseline = "data/baseline/…"'
    if baseline is None:
        file = project.relative(segment.baseline.file)
        return "absent", f"{file} is not there; type: {command}"
    if reasons[baseline]:
        return "unreadable", f"{reasons[baseline]}; type: {command} --force"
    return "ready", ""


def _damaged(store: TakeStore, segment: Segment) -> tuple[tuple[str, str], ...]:
    """The takes of a segment whose records cannot be read."""
    names = [(name, NAME.fullmatch(name)) for name in store.files.damaged]
    own = [name for name, match in names if match and int(match["segment"]) == segment.number]
    return tuple((name, DAMAGED) for name in own)


def _recording(song: Song, take: Take, cache: Cache) -> Recording:
    path = wav_path(song.results, take.name)
    return Recording(path, take.name, cache, sha256=take.wav.sha256)
