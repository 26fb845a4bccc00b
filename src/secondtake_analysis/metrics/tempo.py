"""Tempo in BPM, and the ratio of two tempi with the octave shown.

A tempo is only named when the recording is long enough (5 s) and repeats clearly enough. Half and
double tempo are the same pulse counted differently; they are shown as such and never hidden.
"""

from dataclasses import dataclass

import numpy as np

from secondtake_analysis.features import Features
from secondtake_analysis.metrics.rhythm import FASTEST, SLOWEST, autocorrelation
from secondtake_analysis.spectrum import HOPS_PER_SECOND

LEAST_SECONDS = 5.0  # about ten beats at 120 BPM; with fewer, any answer is a guess
LEAST_CLARITY = 0.15  # of the onset strength's variance; noise stays below .1
TOLERANCE = 0.04  # of the ratio; half of mir_eval's, whose 8 % is a beat in twelve
GRID = np.geomspace(SLOWEST, FASTEST, 2000)  # BPM, steps of 0.09 %
MULTIPLES = np.arange(1, 9)  # beats ahead; the far ones fix the tempo to a tenth of a BPM
PREFERRED, SPREAD = 120.0, 0.9  # BPM, octaves: where people tap when several pulses fit
OCTAVES = {0.5: "half the tempo", 1.0: "the same tempo", 2.0: "double the tempo"}


@dataclass(frozen=True)
class Tempo:
    """A recording's tempo, or why it has none."""

    bpm: float | None
    clarity: float  # 0 to 1: how much of the onset strength repeats at this tempo
    why: str = ""


def tempo(features: Features) -> Tempo:
    """The tempo of a recording; `bpm` is None where it cannot be decided."""
    if features.seconds < LEAST_SECONDS or not len(features.onsets):
        return Tempo(None, 0.0, f"undecidable below {LEAST_SECONDS:g} s")
    strength = _comb(autocorrelation(features.onsets))
    weight = np.exp(-0.5 * (np.log2(GRID / PREFERRED) / SPREAD) ** 2)
    best = int(np.argmax(strength * weight))
    clarity = float(strength[best])
    if clarity < LEAST_CLARITY:
        return Tempo(None, clarity, f"undecidable: no clear pulse (clarity {clarity:.2f})")
    return Tempo(float(GRID[best]), clarity)


def ratio(reference: Tempo, estimate: Tempo) -> tuple[float | None, str]:
    """Estimate's tempo over the reference's, and in words how they relate."""
    if reference.bpm is None:
        return None, f"reference {reference.why}"
    if estimate.bpm is None:
        return None, f"take {estimate.why}"
    value = estimate.bpm / reference.bpm
    relation = next(
        (words for octave, words in OCTAVES.items() if abs(value / octave - 1) <= TOLERANCE),
        "a different tempo",
    )
    return value, f"{estimate.bpm:.1f} against {reference.bpm:.1f} BPM: {relation}"


def _comb(correlation: np.ndarray) -> np.ndarray:
    """Mean autocorrelation at 1 to 8 beats ahead, as far as there is data, for each grid tempo."""
    lags = 60.0 / GRID[:, None] * HOPS_PER_SECOND * MULTIPLES  # (tempi, multiples)
    values = np.interp(lags, np.arange(len(correlation)), correlation)
    known = lags <= 0.75 * (len(correlation) - 1)
    return np.where(known, values, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
