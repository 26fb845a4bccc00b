"""Intervals over the segments of a song, by a bootstrap in two steps.

Which segments there might have been, then where in its own interval each one's value might lie.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

RESAMPLES = 1000
SEED = 20  # fixed: the same figures give the same intervals
CONFIDENCE = (2.5, 97.5)  # percentiles
TWO_SIDED = 1.959964  # standard deviations from the middle to either end of a 95 % interval

Values = dict[str, Any]


def possible(answer: Values, side: int = 0) -> np.ndarray:
    """Values that an answer may as well have had, (RESAMPLES,): a normal half on either side."""
    middle = answer["scaled"]
    if answer["low"] is None:
        return np.full(RESAMPLES, middle)
    seed = [SEED, side, answer["segment"], *answer["question"].encode()]
    steps = np.random.default_rng(seed).standard_normal(RESAMPLES) / TWO_SIDED
    below, above = max(middle - answer["low"], 0.0), max(answer["high"] - middle, 0.0)
    return np.asarray(middle + np.where(steps < 0, below, above) * steps)


def drawn(possible: Sequence[np.ndarray]) -> np.ndarray:
    """Medians over segments that might have been there, (RESAMPLES,)."""
    values = np.stack(possible, axis=1)  # (resamples, segments)
    random = np.random.default_rng(SEED)
    drawn = random.integers(values.shape[1], size=values.shape)
    return np.asarray(np.median(np.take_along_axis(values, drawn, axis=1), axis=1))


def ends(drawn: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(drawn, CONFIDENCE)
    return float(low), float(high)
