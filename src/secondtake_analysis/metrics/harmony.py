"""Harmony: which pitch classes sound, in this key and in the best of all twelve.

The correlation of the windows' chroma. The best transposition forgives another key; being a
maximum of twelve, it scores about .6 between pieces that have nothing in common.
"""

import numpy as np

from secondtake_analysis.features import Features
from secondtake_analysis.metrics.windowed import WindowMetric, pearson


def pairs(reference: Features, estimate: Features) -> np.ndarray:
    """Pearson correlation of chroma, (reference windows, estimate windows), -1 to 1."""
    return pearson(reference.chroma, estimate.chroma)


def transposed_pairs(reference: Features, estimate: Features) -> np.ndarray:
    """The same after the one transposition of the whole estimate that fits best."""
    shift = transposition(reference, estimate)
    return pearson(reference.chroma, np.roll(estimate.chroma, shift, axis=1))


def transposition(reference: Features, estimate: Features) -> int:
    """Semitones to move the estimate by so that its median correlation is highest, -5 to 6."""
    fits = [
        float(np.median(pearson(reference.chroma, np.roll(estimate.chroma, shift, axis=1))))
        for shift in range(12)
    ]
    best = int(np.argmax(fits))
    return best - 12 if best > 6 else best


METRIC = WindowMetric("harmony", "correlation", pairs)
TRANSPOSED = WindowMetric(
    "harmony, best key",
    "correlation",
    transposed_pairs,
    note="a best of twelve: unrelated music scores about .6",
)
