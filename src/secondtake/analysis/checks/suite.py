"""All checks of one file, in the order in which they make sense. A new check is one line here.

`check_files` checks many on all cores, each file once: results are cached under the file's content,
what is expected of it and this code.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from secondtake.analysis.audio_io import Audio, AudioError, read, read_header
from secondtake.analysis.cache import Cache
from secondtake.analysis.checks import (
    expectations,
    frequency,
    repetition,
    signal,
    tones,
    vocals,
    waveform,
)
from secondtake.analysis.checks.check import Check, make_check
from secondtake.analysis.checks.expectations import Expectations
from secondtake.analysis.checks.spectrogram import Spectrogram
from secondtake.analysis.parallel import parallel_map
from secondtake.core.errors import UserError
from secondtake.core.serialization import from_dict

LIMITS = "at most 20 min, 1.1 GB decoded, 8 channels"
CACHE_KIND = "checks"
OPENING = 2  # checks that come before a file is heard: exists, decodes
LONG = 300.0  # s; longer files are checked one at a time, so that memory stays bounded
SAY_EVERY = 8  # files from one line of progress to the next


@dataclass(frozen=True)
class CheckTarget:
    """A file or its part in s, and what is expected of it, if it is a take."""

    path: Path
    sha256: str  # of the whole file; "" if there is none
    expected: Expectations | None = None
    start: float | None = None
    end: float | None = None
    voice: bool | None = None  # whether a voice is expected in a file without a record

    @property
    def identity(self) -> list[Any]:
        """All that decides the results, apart from the code (JSON)."""
        expected = asdict(self.expected) if self.expected else None
        return [self.sha256, self.start, self.end, expected, self.voice]


def check_file(target: CheckTarget) -> tuple[Check, ...]:
    """Every check that applies; only the first ones where the file cannot be checked further."""
    audio, checks = _open(target)
    return checks if audio is None else (*checks, *_audio_checks(audio, target))


def _open(target: CheckTarget) -> tuple[Audio | None, tuple[Check, ...]]:
    """The decoded file and the checks that opening it answers."""
    path = target.path
    is_file, note = path.is_file(), "there is a record but no file; generate the take again"
    exists = make_check("exists", float(is_file), "", "1", fails=not is_file, note=note)
    if not is_file:
        return None, (exists,)
    try:
        audio = read(path, target.start, target.end)
    except UserError as error:
        note = str(error).removeprefix(f"{path}: ")
        return None, (exists, make_check("decodes", None, "s", LIMITS, fails=True, note=note))
    note = audio.header.shortfall if len(audio.samples) else "the file holds no audio"
    threshold = f"all that its header promises, more than 0; {LIMITS}"
    decodes = make_check("decodes", audio.seconds, "s", threshold, fails=bool(note), note=note)
    return (audio if len(audio.samples) else None), (exists, decodes)


def _audio_checks(audio: Audio, target: CheckTarget) -> Iterator[Check]:
    expected = target.expected
    if expected:
        yield expectations.hash_equal(target.sha256, expected.sha256)
        yield expectations.frames(audio.header, expected.frames)
        if expected.from_baseline:
            yield expectations.independence(expected.from_baseline)
        yield from _model_checks(audio, expected)
    finite = signal.finite(audio.samples)
    yield finite
    if finite.verdict == "fail":
        return
    yield waveform.beyond_full_scale(audio.samples)
    if not waveform.wrong_scale(audio.samples):
        sound = Spectrogram.of(audio)
        yield from _sound_checks(sound, expected)
        if expected and expected.voice_only:
            yield repetition.phrase(sound, expected)
        wanted = expected.voice if expected else target.voice
        if wanted is not None:
            yield vocals.voice(sound, wanted=wanted)


def _model_checks(audio: Audio, expected: Expectations) -> Iterator[Check]:
    """The checks of the model's entry in the registry."""
    if not expected.sample_rate:
        note = f"no model {expected.model}: it was renamed, or its registry entry is gone"
        yield make_check("model", None, "", "in the registry", warns=True, note=note)
        return
    yield expectations.sample_rate(audio.header, expected.sample_rate)
    yield expectations.channels(audio.header, expected.channels)
    is_exact = expected.exact_length
    duration = expectations.exact_duration if is_exact else expectations.free_duration
    yield duration(audio.seconds, expected.seconds)


def _sound_checks(sound: Spectrogram, expected: Expectations | None) -> Iterator[Check]:
    """The checks that any recording must pass."""
    samples, sample_rate = sound.samples, sound.sample_rate
    silence = signal.silence(samples, sample_rate)
    yield silence
    yield signal.edge_silence(samples, sample_rate, is_take=expected is not None)
    yield signal.ending(samples, sample_rate, own=bool(expected and expected.voice_only))
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
        yield frequency.correlation(sound)
    if expected and expected.bandwidth:
        yield frequency.model_band(sound, expected.bandwidth)
    else:
        yield frequency.band(sound)
    yield frequency.hiss(sound)
    yield from tones.tones(sound)
    yield repetition.frozen(sound)
    yield repetition.loop(sound)


def check_files(
    targets: Sequence[CheckTarget],
    cache: Cache | None = None,
    say: Callable[[str], None] | None = None,
) -> list[tuple[Check, ...]]:
    """The checks of every target, in their order. say: gets a line of progress now and then."""
    results = [_cached(target, cache) for target in targets]
    todo = [index for index, checks in enumerate(results) if checks is None]
    is_long = {index: _is_long(targets[index]) for index in todo}
    todo.sort(key=is_long.__getitem__)
    n_short = len(todo) - sum(is_long.values())
    short, long = todo[:n_short], todo[n_short:]
    checked = chain(
        parallel_map(check_file, [targets[index] for index in short]),
        (check_file(targets[index]) for index in long),
    )
    for done, (index, checks) in enumerate(zip(todo, checked, strict=True), 1):
        results[index] = checks
        _store(targets[index], checks, cache)
        if say and done % SAY_EVERY == 0:
            say(f"{done} of {len(todo)} files checked")
    return [checks for checks in results if checks is not None]


def _is_long(target: CheckTarget) -> bool:
    try:
        return read_header(target.path).seconds > LONG
    except AudioError:
        return False


def _cached(target: CheckTarget, cache: Cache | None) -> tuple[Check, ...] | None:
    """The checks from the cache; None without them."""
    if not (cache and target.sha256 and cache.holds(CACHE_KIND, target.identity)):
        return None
    data = cache.bytes_of(CACHE_KIND, target.identity, lambda: b"[]")
    return tuple(from_dict(Check, check) for check in json.loads(data))


def _store(target: CheckTarget, checks: tuple[Check, ...], cache: Cache | None) -> None:
    is_read = len(checks) > OPENING  # else the note may name the file, and costs nothing
    if cache and target.sha256 and is_read and all(map(vocals.is_cacheable, checks)):
        data = json.dumps([asdict(check) for check in checks]).encode()
        cache.bytes_of(CACHE_KIND, target.identity, lambda: data)
