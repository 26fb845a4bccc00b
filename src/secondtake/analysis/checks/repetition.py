"""Does the sound repeat itself, or stand still?

Both look at the levels of 32 bands over time. Repetition compares how the bands *move* within a
block (each band's mean over the block taken away), so that a chord that is held is no repetition.

Is a phrase sung again that was written once? What Bark does when it is stuck.

Two witnesses: the sound itself, and what the model's page noticed while it was made (the record's
`flags`, docs/bark-mistakes.md).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from secondtake.analysis.checks.check import MEASURED, Check, judge
from secondtake.analysis.checks.expectations import Promise
from secondtake.analysis.checks.spectrogram import HOP_SECONDS, SMALLEST, Sound, in_decibels
from secondtake.audio.loudness import SILENCE_DBFS

LOOP_BLOCK = 1.0  # s
LOOP_ALIKE = 0.97  # correlation; a copy that falls between the hops has .95, but its second .98
LONGEST_LAG = 20.0  # s; a loop of ten bars at 120 BPM
MAX_LOOPED = 0.2  # of the file; 1 of 50 tracks had more at all, and it is a copy
MOVEMENT = 2.0  # dB, standard deviation within a block; less is a held sound
PHRASE_BLOCK = 1.0  # s; three or four sung syllables
PHRASE_ALIKE = 0.8
LEAST_PHRASE = 1.5  # s
STILL_CHANGE = 1.0  # dB from one 0.2 s to the next, mean of the bands
STILL_HOPS = 8  # 0.18 s; shorter, and a decoder that plays one frame over and over seems to move
MAX_STILL = 3.0  # s; music: 1.7 s


@dataclass(frozen=True)
class Again:
    """A stretch that comes again."""

    at: float  # s
    later: float  # s from its first to its second time
    seconds: float


def loop(sound: Sound) -> Check:
    """The share of the file in blocks of 1 s that come again, alike at r > .97; above .2 warns."""
    looped = np.zeros(len(sound.bands), dtype=bool)
    size = _hops(LOOP_BLOCK)
    for lag, alike in _recurrences(sound.bands, size, size):
        starts = np.flatnonzero(alike > LOOP_ALIKE)
        for first in (starts, starts + lag):
            looped |= _covered(first, size, len(looped))
    share = float(looped.mean()) if len(looped) else 0.0
    return judge(
        "loop",
        share,
        "of the file",
        f"at most {MAX_LOOPED:g}",
        warns=share > MAX_LOOPED,
        note="the same second comes again unchanged, as if copied",
        source=MEASURED,
    )


def repeated(sound: Sound) -> Again | None:
    """The longest stretch of at least 1.5 s that is sung again alike (r > .8), or None."""
    size = _hops(PHRASE_BLOCK)
    best: Again | None = None
    for lag, alike in _recurrences(sound.bands, size, _hops(LEAST_PHRASE)):
        start, length = longest_run(alike > PHRASE_ALIKE)
        seconds = (length - 1 + size) * HOP_SECONDS
        if length and seconds >= LEAST_PHRASE and seconds > (best.seconds if best else 0.0):
            best = Again(start * HOP_SECONDS, lag * HOP_SECONDS, seconds)
    return best


def frozen(sound: Sound) -> Check:
    """The longest stretch in s in which no band moves (1 dB in 0.2 s); above 3 s warns."""
    count = len(sound.band_power) // STILL_HOPS
    shape = count, STILL_HOPS, sound.band_power.shape[1]
    means = sound.band_power[: count * STILL_HOPS].reshape(shape).mean(axis=1)
    change = np.abs(np.diff(in_decibels(means), axis=0)).mean(axis=1)
    sounding = means[1:].sum(axis=1) > 10 ** (SILENCE_DBFS / 10)
    start, length = longest_run((change < STILL_CHANGE) & sounding)
    longest = (length + 1) * STILL_HOPS * HOP_SECONDS if length else 0.0
    return judge(
        "frozen",
        longest,
        "s",
        f"at most {MAX_STILL:g} s",
        warns=longest > MAX_STILL,
        note=f"nothing moves from {start * STILL_HOPS * HOP_SECONDS:.1f} s on",
        source=MEASURED,
    )


def longest_run(marks: np.ndarray) -> tuple[int, int]:
    """(n,) bool -> start and length of the longest run of True; (0, 0) without one."""
    padded = np.concatenate(([False], marks, [False])).astype(np.int8)
    runs = np.flatnonzero(np.diff(padded)).reshape(-1, 2)
    if not len(runs):
        return 0, 0
    start, end = runs[int(np.argmax(runs[:, 1] - runs[:, 0]))]
    return int(start), int(end - start)


def _recurrences(bands: np.ndarray, size: int, least: int) -> Iterator[tuple[int, np.ndarray]]:
    """For every lag of `least` hops and more: how alike each block of `size` hops moves then.

    (hops, bands) dB -> lag and correlations (blocks,), 0 where one of the two hardly moves.
    """
    blocks = len(bands) - size + 1
    if blocks <= least:
        return
    bands = (bands - bands.mean(axis=0)).astype(np.float64)
    means = _sums(bands, size) / size  # (blocks, bands)
    power = _sums(np.einsum("ij,ij->i", bands, bands), size)
    power -= size * np.einsum("ij,ij->i", means, means)
    moving = power > MOVEMENT**2 * size * bands.shape[1]
    scale = np.where(moving, 1 / np.sqrt(np.maximum(power, SMALLEST)), 0.0)
    for lag in range(least, min(_hops(LONGEST_LAG), blocks - 1) + 1):
        both = _sums(np.einsum("ij,ij->i", bands[:-lag], bands[lag:]), size)
        both -= size * np.einsum("ij,ij->i", means[:-lag], means[lag:])
        yield lag, both * scale[:-lag] * scale[lag:]


def _sums(values: np.ndarray, size: int) -> np.ndarray:
    """Sums of every `size` rows in a row, (rows - size + 1, …)."""
    total = np.cumsum(values, axis=0)
    return total[size - 1 :] - np.concatenate([np.zeros_like(total[:1]), total[:-size]])


def _covered(starts: np.ndarray, size: int, length: int) -> np.ndarray:
    """(length,) bool: what blocks of `size` that begin at `starts` cover."""
    steps = np.zeros(length + 1, dtype=int)
    np.add.at(steps, starts, 1)
    np.add.at(steps, np.minimum(starts + size, length), -1)
    return np.cumsum(steps[:-1]) > 0


def _hops(seconds: float) -> int:
    return round(seconds / HOP_SECONDS)


WORDS_IN_A_ROW = 3  # that occur twice make a refrain: then it may well sound twice
LOOP_FLAG = re.compile(
    r"\btimes over\b|\brepeated \d|\bsung twice\b"
)  # as secondtake.models.bark words it


def phrase(sound: Sound, promise: Promise) -> Check:
    """Seconds of the longest phrase that comes again; warns from 1.5 s on.

    A hint only where the lyrics repeat words themselves.
    """
    again = repeated(sound)
    flags = [flag for flag in promise.noticed if LOOP_FLAG.search(flag)]
    notes = [*flags[:1]]
    if again:
        notes.append(
            f"{again.seconds:.1f} s from {again.at:.1f} s on come again {again.later:.1f} s later"
        )
    found = bool(again or flags)
    refrain = has_refrain(promise.lyrics)
    if refrain:
        notes.append("the lyrics repeat words too")
    return judge(
        "repeated phrase",
        again.seconds if again else 0.0,
        "s",
        f"less than {LEAST_PHRASE:g} s that come again alike (r > {PHRASE_ALIKE:g})",
        warns=found and not refrain,
        hints=found,
        note="; ".join(notes),
        source=MEASURED,
    )


def has_refrain(lyrics: str) -> bool:
    """Whether three words in a row stand in the lyrics twice."""
    words = re.findall(r"\w+", lyrics.casefold())
    runs = [tuple(words[at : at + WORDS_IN_A_ROW]) for at in range(len(words) - 2)]
    return len(set(runs)) < len(runs)
