"""The tempo of the first study's figures: what librosa 0.11's beat_track says, but no beats."""

import numpy as np

from secondtake_analysis.naive.autocorrelation import mean_autocorrelation
from secondtake_analysis.naive.spectrum import FRAME, HOP

CONTEXT_SECONDS = 8.0  # over which onsets are correlated with themselves
LIKELY = 120.0  # BPM, where the prior has its maximum; it falls with the octaves from there
FASTEST = 320.0  # BPM, above which it is 0
LOUDER = 1e6  # log(1 + 1e6 x) is what the prior is added to
DELAY = 1 + FRAME // (2 * HOP)  # hops: a difference comes one late, a centred frame two


def onset_strength(level: np.ndarray) -> np.ndarray:
    """Mel power in dB (hops, bands) -> the median band's rise since the hop before, (hops,)."""
    rises = np.maximum(0, level[1:] - level[:-1])
    middle = rises.shape[1] // 2  # of an even number: the mean of two
    ordered = np.sort(rises, axis=1)  # faster than asking for the two
    strength = ordered[:, middle - 1 : middle + 1].mean(axis=1)
    return np.pad(strength, (DELAY, 0))[: len(level)]


def tempo(onsets: np.ndarray, sample_rate: int) -> float:
    """Onset strength (hops,) -> BPM, one of those whose period is a whole number of hops.

    0 where nothing begins.
    """
    if not onsets.any():
        return 0.0
    length = int(CONTEXT_SECONDS * sample_rate) // HOP
    periods = np.arange(1, length)
    bpm = 60.0 * sample_rate / (HOP * periods)
    prior = -0.5 * (np.log2(bpm) - np.log2(LIKELY)) ** 2
    around = np.pad(onsets, length // 2, mode="linear_ramp")[: len(onsets) + length - 1]
    repeated = np.maximum(0, mean_autocorrelation(around, length)[1:])  # -1e-17 is rounding
    strength = np.log1p(LOUDER * repeated) + prior
    strength[bpm >= FASTEST] = -np.inf
    return float(bpm[np.argmax(strength)])
