"""Intervals over the segments of a song, by a bootstrap in two steps.

Which segments there might have been, then where in its own interval each one's value might lie.

Models against each other: which of two is closer, and whether that is beyond doubt.

Two models that meet in a segment meet the same original, whose chance is counted in both; that
makes the interval of their difference too wide rather than too narrow.
"""

from collections.abc import Sequence
from itertools import combinations
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


# Segments that agree by chance: of five, all do 1 time in 16; of six, 1 in 32, which is below 5 %.
LEAST_ALONE = 6


def rivals(
    questions: Sequence[str], models: Sequence[str], answers: Sequence[Values]
) -> list[Values]:
    """Every pair of models in every question that some segment asked both."""
    return [
        _pair(question, first, second, answers)
        for question in questions
        for first, second in combinations(models, 2)
        if _met(answers, question, first, second)
    ]


def _of(answers: Sequence[Values], model: str, question: str) -> list[Values]:
    return [one for one in answers if (one["model"], one["question"]) == (model, question)]


def _met(answers: Sequence[Values], question: str, first: str, second: str) -> bool:
    """Whether both models were asked the question in some segment."""
    asked = ({one["segment"] for one in _of(answers, m, question)} for m in (first, second))
    return bool(set.intersection(*asked))


def _pair(question: str, first: str, second: str, answers: Sequence[Values]) -> Values:
    """By how much the first model is closer than the second, in the segments that both play."""
    ours, theirs = (
        {one["segment"]: one for one in _of(answers, m, question) if one["scaled"] is not None}
        for m in (first, second)
    )
    shared = [number for number in ours if number in theirs]
    found: Values = {
        "question": question,
        "first": first,
        "second": second,
        "segments": shared,
        "difference": None,
        "low": None,
        "high": None,
        "decided": False,
        "note": "",
    }
    if not shared:
        return {**found, "note": "no segment in which both have a number"}
    gaps = [ours[number]["scaled"] - theirs[number]["scaled"] for number in shared]
    found["difference"] = float(np.median(gaps))
    bounded = any(ours[n]["low"] is not None and theirs[n]["low"] is not None for n in shared)
    if not bounded and len(shared) < LEAST_ALONE:
        return {**found, "note": "too short for an interval"}
    likely = [possible(ours[number], 0) - possible(theirs[number], 1) for number in shared]
    low, high = ends(drawn(likely))
    return {**found, "low": low, "high": high, "decided": bool(low > 0 or high < 0)}
