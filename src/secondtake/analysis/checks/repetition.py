"""Checks of repetition: a loop, a sound that stands still, a phrase that is sung again.

Loop and phrase compare how 32 bands move over time (`secondtake.audio.faults`). A phrase that is
sung again is Bark's mistake when it is stuck. It has two witnesses: the sound, and the `flags` that
the model's script wrote into the record (docs/bark-mistakes.md).
"""

import re

import numpy as np

from secondtake.analysis.checks.check import Check, measured_check
from secondtake.analysis.checks.expectations import Expectations
from secondtake.analysis.checks.spectrogram import Spectrogram
from secondtake.audio.bands import HOP_SECONDS, in_decibels
from secondtake.audio.faults import (
    PHRASE_ALIKE,
    SHORTEST_PHRASE,
    copied_share,
    find_repetition,
    longest_run,
)
from secondtake.audio.loudness import SILENCE_DBFS

MAX_COPIED = 0.2  # of the file; 1 of 50 tracks had more at all, and it is a copy
STILL_CHANGE = 1.0  # dB from one 0.2 s to the next, mean of the bands
STILL_HOPS = 8  # 0.18 s; shorter, and a decoder that plays one frame over and over seems to move
MAX_STILL = 3.0  # s; music: 1.7 s

WORDS_IN_A_ROW = 3  # that occur twice make a refrain: then it may well sound twice
# As secondtake.models.bark words it.
LOOP_FLAG = re.compile(r"\btimes over\b|\brepeated \d|\bsung twice\b")


def loop(sound: Spectrogram) -> Check:
    """The share of the file in blocks of 1 s that come again, alike at r > .97; above .2 warns."""
    share, threshold = copied_share(sound.bands), f"at most {MAX_COPIED:g}"
    note = "the same second comes again unchanged, as if copied"
    warns = share > MAX_COPIED
    return measured_check("loop", share, "of the file", threshold, warns=warns, note=note)


def frozen(sound: Spectrogram) -> Check:
    """The longest stretch in s in which no band moves (1 dB in 0.2 s); above 3 s warns."""
    count = len(sound.band_power) // STILL_HOPS
    shape = count, STILL_HOPS, sound.band_power.shape[1]
    means = sound.band_power[: count * STILL_HOPS].reshape(shape).mean(axis=1)
    change = np.abs(np.diff(in_decibels(means), axis=0)).mean(axis=1)
    sounding = means[1:].sum(axis=1) > 10 ** (SILENCE_DBFS / 10)
    start, length = longest_run((change < STILL_CHANGE) & sounding)
    longest = (length + 1) * STILL_HOPS * HOP_SECONDS if length else 0.0
    threshold, warns = f"at most {MAX_STILL:g} s", longest > MAX_STILL
    note = f"nothing moves from {start * STILL_HOPS * HOP_SECONDS:.1f} s on"
    return measured_check("frozen", longest, "s", threshold, warns=warns, note=note)


def phrase(sound: Spectrogram, promise: Expectations) -> Check:
    """Seconds of the longest phrase that comes again; warns from 1.5 s on.

    A hint only where the lyrics repeat words themselves.
    """
    again = find_repetition(sound.bands)
    flags = [flag for flag in promise.flags if LOOP_FLAG.search(flag)]
    notes, seconds = flags[:1], 0.0
    if again:
        seconds = again.seconds
        notes += [f"{seconds:.1f} s from {again.at:.1f} s on come again {again.later:.1f} s later"]
    is_repeated = bool(again or flags)
    refrain = has_refrain(promise.lyrics)
    if refrain:
        notes.append("the lyrics repeat words too")
    return measured_check(
        "repeated phrase",
        seconds,
        "s",
        f"less than {SHORTEST_PHRASE:g} s that come again alike (r > {PHRASE_ALIKE:g})",
        warns=is_repeated and not refrain,
        hints=is_repeated,
        note="; ".join(notes),
    )


def has_refrain(lyrics: str) -> bool:
    """True if three words in a row stand in the lyrics twice."""
    words = re.findall(r"\w+", lyrics.casefold())
    runs = [tuple(words[at : at + WORDS_IN_A_ROW]) for at in range(len(words) - 2)]
    return len(set(runs)) < len(runs)
