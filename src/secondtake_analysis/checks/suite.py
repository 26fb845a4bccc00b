"""All checks of one file, in the order in which they make sense. A new check is one line here."""

from dataclasses import dataclass
from pathlib import Path

from secondtake.errors import UserError
from secondtake.models import MODELS
from secondtake.takes import Take
from secondtake_analysis.audio import Audio, read
from secondtake_analysis.checks import clipping, promise, signal
from secondtake_analysis.checks.check import Check, judge, worst

LIMITS = "at most 20 min, 1.1 GB decoded, 8 channels"


@dataclass(frozen=True)
class Examined:
    """A file and what its checks say."""

    file: str  # relative to the project
    kind: str  # take, baseline
    sha256: str  # of the whole file that was judged; "" if there is none
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> str:
        return worst(self.checks)


def check_take(path: Path, take: Take, sha256: str) -> tuple[Check, ...]:
    """Checks of a take: its file (whose sha256 is given), its model's promise, record, sound."""
    audio, found = _open(path)
    if audio is None:
        return found
    return (
        *found,
        promise.hash_equal(sha256, take.wav.sha256),
        promise.frames(audio.header, take.wav.frames),
        *_promised(audio, take),
        *_sound(audio),
    )


def check_baseline(
    path: Path, start: float | None = None, end: float | None = None
) -> tuple[Check, ...]:
    """Checks of a reference recording, or of its stretch: whatever it is, it must be sound."""
    audio, found = _open(path, start, end)
    return found if audio is None else (*found, *_sound(audio))


def _open(
    path: Path, start: float | None = None, end: float | None = None
) -> tuple[Audio | None, tuple[Check, ...]]:
    """The decoded file and the checks that opening it answers."""
    exists = judge(
        "exists",
        float(path.is_file()),
        "",
        "1",
        fails=not path.is_file(),
        note="there is a record but no file; generate the take again",
    )
    if exists.verdict == "fail":
        return None, (exists,)
    try:
        audio = read(path, start, end)
    except UserError as error:
        note = str(error).removeprefix(f"{path}: ")
        return None, (exists, Check("decodes", "fail", None, "s", LIMITS, note))
    empty = judge(
        "decodes",
        audio.seconds,
        "s",
        f"more than 0; {LIMITS}",
        fails=not len(audio.samples),
        note="the file holds no audio",
    )
    return (None if empty.verdict == "fail" else audio), (exists, empty)


def _promised(audio: Audio, take: Take) -> tuple[Check, ...]:
    model = MODELS.get(take.job.model)
    if model is None:
        return (Check("model", "warn", None, "", "in the registry", f"no model {take.job.model}"),)
    duration = promise.exact_duration if model.exact_length else promise.free_duration
    return (
        promise.sample_rate(audio.header, model.sample_rate),
        promise.channels(audio.header, model.channels),
        duration(audio.seconds, take.job.seconds),
    )


def _sound(audio: Audio) -> tuple[Check, ...]:
    """The checks that any recording must pass; only the first if that one fails."""
    finite = signal.finite(audio.samples)
    if finite.verdict == "fail":
        return (finite,)
    samples, sample_rate = audio.samples, audio.sample_rate
    return (
        finite,
        signal.silence(samples, sample_rate),
        signal.edge_silence(samples, sample_rate),
        signal.loudness(samples, sample_rate),
        clipping.full_scale(samples),
        clipping.flat_tops(samples),
        clipping.true_peak(samples),
        signal.offset(samples),
        signal.dropouts(samples, sample_rate),
    )
