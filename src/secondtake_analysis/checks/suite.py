"""All checks of one file, in the order in which they make sense. A new check is one line here."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secondtake.errors import UserError
from secondtake_analysis.audio import Audio, read
from secondtake_analysis.checks import (
    clicks,
    clipping,
    phrases,
    promise,
    repetition,
    signal,
    spectral,
    stereo,
    voice,
)
from secondtake_analysis.checks.check import Check, judge
from secondtake_analysis.checks.promise import Promise
from secondtake_analysis.checks.sound import Sound

LIMITS = "at most 20 min, 1.1 GB decoded, 8 channels"


@dataclass(frozen=True)
class Subject:
    """What is checked: a file or its stretch in s, and what is promised of it, if it is a take."""

    path: Path
    sha256: str  # of the whole file; "" if there is none
    promise: Promise | None = None
    start: float | None = None
    end: float | None = None

    @property
    def identity(self) -> list[Any]:
        """All that decides what the checks say, apart from the code (JSON)."""
        promised = asdict(self.promise) if self.promise else None
        return [self.sha256, self.start, self.end, promised]


def check(subject: Subject) -> tuple[Check, ...]:
    """Every check that applies; only the first ones where the file cannot be judged further."""
    audio, found = _open(subject)
    return found if audio is None else (*found, *_of_audio(audio, subject))


def _open(subject: Subject) -> tuple[Audio | None, tuple[Check, ...]]:
    """The decoded file and the checks that opening it answers."""
    path = subject.path
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
        audio = read(path, subject.start, subject.end)
    except UserError as error:
        note = str(error).removeprefix(f"{path}: ")
        return None, (exists, judge("decodes", None, "s", LIMITS, fails=True, note=note))
    empty = judge(
        "decodes",
        audio.seconds,
        "s",
        f"more than 0; {LIMITS}",
        fails=not len(audio.samples),
        note="the file holds no audio",
    )
    return (None if empty.verdict == "fail" else audio), (exists, empty)


def _of_audio(audio: Audio, subject: Subject) -> Iterator[Check]:
    promised = subject.promise
    if promised:
        yield promise.hash_equal(subject.sha256, promised.sha256)
        yield promise.frames(audio.header, promised.frames)
        yield from _promised(audio, promised)
    finite = signal.finite(audio.samples)
    yield finite
    if finite.verdict == "pass":
        sound = Sound.of(audio)
        yield from _sounding(sound, promised)
        if promised:
            yield from _asked(sound, promised)


def _promised(audio: Audio, promised: Promise) -> Iterator[Check]:
    """What the model's entry in the registry says of every file that it makes."""
    if not promised.sample_rate:
        note = f"no model {promised.model}: it was renamed, or its page is not here"
        yield judge("model", None, "", "in the registry", warns=True, note=note)
        return
    yield promise.sample_rate(audio.header, promised.sample_rate)
    yield promise.channels(audio.header, promised.channels)
    duration = promise.exact_duration if promised.exact_length else promise.free_duration
    yield duration(audio.seconds, promised.seconds)


def _sounding(sound: Sound, promised: Promise | None) -> Iterator[Check]:
    """The checks that any recording must pass."""
    samples, sample_rate = sound.samples, sound.sample_rate
    silence = signal.silence(samples, sample_rate)
    yield silence
    yield signal.edge_silence(samples, sample_rate, made=promised is not None)
    yield signal.ending(samples, sample_rate, own=bool(promised and promised.voice_only))
    yield signal.loudness(samples, sample_rate)
    yield clipping.full_scale(samples)
    yield clipping.flat_tops(samples)
    yield clipping.true_peak(samples)
    yield signal.offset(samples)
    yield signal.dropouts(samples, sample_rate)
    yield clicks.clicks(samples, sample_rate)
    if silence.verdict == "fail":
        return
    if len(samples.T) > 1:
        yield stereo.correlation(sound)
    if promised and promised.bandwidth:
        yield spectral.model_band(sound, promised.bandwidth)
    else:
        yield spectral.band(sound)
    yield spectral.hiss(sound)
    yield repetition.frozen(sound)
    yield repetition.loop(sound)


def _asked(sound: Sound, promised: Promise) -> Iterator[Check]:
    """What was asked of this very take."""
    if promised.voice_only:
        yield phrases.phrase(sound, promised)
    if promised.voice is not None:
        yield voice.voice(sound, wanted=promised.voice)
