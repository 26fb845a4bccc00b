"""All checks of one file, in the order in which they make sense. A new check is one line here.

Many files, on all cores, each judged once: what was judged before is remembered.

A file's checks are a function of its content, of what is promised of it and of this code, and so
are their names in the cache.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secondtake.analysis.audio_io import Audio, AudioError, read, read_header
from secondtake.analysis.cache import Cache
from secondtake.analysis.checks import (
    expectations as promise,
)
from secondtake.analysis.checks import frequency as spectral
from secondtake.analysis.checks import frequency as stereo
from secondtake.analysis.checks import repetition, signal, waveform
from secondtake.analysis.checks import (
    repetition as phrases,
)
from secondtake.analysis.checks import vocals as voice
from secondtake.analysis.checks.check import Check, judge
from secondtake.analysis.checks.expectations import Promise
from secondtake.analysis.checks.spectrogram import Sound
from secondtake.analysis.checks.vocals import was_heard
from secondtake.analysis.parallel import on_all_cores
from secondtake.core.errors import UserError

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
    yield waveform.full_scale(samples)
    yield waveform.flat_tops(samples)
    yield waveform.true_peak(samples)
    yield signal.offset(samples)
    yield signal.dropouts(samples, sample_rate)
    yield waveform.clicks(samples, sample_rate)
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


KIND = "checks"
LONG = 300.0  # s; longer files are checked one at a time, so that memory stays bounded
OFTEN = 8  # files from one report of progress to the next


def check_all(
    subjects: Sequence[Subject],
    cache: Cache | None = None,
    say: Callable[[str], None] | None = None,
) -> list[tuple[Check, ...]]:
    """The checks of every subject, in their order. say: hears how far it is, if it takes long."""
    found = {place: _known(one, cache) for place, one in enumerate(subjects)}
    todo = [place for place, checks in found.items() if checks is None]
    long = {place for place in todo if _is_long(subjects[place])}
    todo.sort(key=long.__contains__)
    made = _made([subjects[place] for place in todo], len(todo) - len(long))
    for done, (place, checks) in enumerate(zip(todo, made, strict=True), 1):
        found[place] = checks
        _remember(subjects[place], checks, cache)
        if say and done % OFTEN == 0:
            say(f"{done} of {len(todo)} files checked")
    return [checks for checks in found.values() if checks is not None]


def _made(subjects: Sequence[Subject], short: int) -> Iterator[tuple[Check, ...]]:
    """The checks of the first `short` ones, on all cores, and then of the long ones."""
    yield from on_all_cores(check, subjects[:short])
    yield from map(check, subjects[short:])


def _is_long(subject: Subject) -> bool:
    try:
        return read_header(subject.path).seconds > LONG
    except AudioError:
        return False


def _known(subject: Subject, cache: Cache | None) -> tuple[Check, ...] | None:
    """What was found before; None if nothing was."""
    if not (cache and subject.sha256 and cache.holds(KIND, subject.identity)):
        return None
    packed = cache.bytes_of(KIND, subject.identity, lambda: b"[]")
    return tuple(Check(**one) for one in json.loads(packed))


def _remember(subject: Subject, checks: tuple[Check, ...], cache: Cache | None) -> None:
    if cache and subject.sha256 and all(map(was_heard, checks)):
        packed = json.dumps([asdict(one) for one in checks]).encode()
        cache.bytes_of(KIND, subject.identity, lambda: packed)
