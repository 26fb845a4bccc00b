"""Intervals over the segments of a song, by a bootstrap in two steps, and models in pairs.

The bootstrap draws the segments that there might have been, then the value of each from its own
interval. Two models in the same segment meet the same baseline, whose chance is counted in both;
that makes the interval of their difference too wide rather than too narrow.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from secondtake.analysis.findings.claims import is_open
from secondtake.analysis.formatting import JsonObject

RESAMPLES = 1000
SEED = 20  # fixed: the same figures give the same intervals
CONFIDENCE = (2.5, 97.5)  # percentiles
TWO_SIDED = 1.959964  # standard deviations from the middle to either end of a 95 % interval
NEITHER = "neither is for certain closer than other music"


def bootstrap_values(answer: JsonObject, side: int = 0) -> np.ndarray:
    """Values that an answer may as well have had, (RESAMPLES,): a normal half on either side."""
    middle = answer["scaled"]
    seed = [SEED, side, answer["segment"], *answer["question"].encode()]
    steps = np.random.default_rng(seed).standard_normal(RESAMPLES) / TWO_SIDED
    below, above = max(middle - answer["low"], 0.0), max(answer["high"] - middle, 0.0)
    return np.asarray(middle + np.where(steps < 0, below, above) * steps)


def bootstrap_medians(segments: Sequence[np.ndarray]) -> np.ndarray:
    """The values of each segment, (RESAMPLES,) -> medians over drawn segments, (RESAMPLES,)."""
    values = np.stack(segments, axis=1)  # (resamples, segments)
    indices = np.random.default_rng(SEED).integers(values.shape[1], size=values.shape)
    return np.asarray(np.median(np.take_along_axis(values, indices, axis=1), axis=1))


def percentile_interval(medians: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of bootstrapped medians."""
    low, high = np.percentile(medians, CONFIDENCE)
    return float(low), float(high)


def answers_of(answers: Sequence[JsonObject], model: str, question: str) -> list[JsonObject]:
    """A model's answers to a question."""
    return [
        answer for answer in answers if (answer["model"], answer["question"]) == (model, question)
    ]


def compare_models(
    questions: Sequence[str], models: Sequence[str], answers: Sequence[JsonObject]
) -> list[JsonObject]:
    """Every pair of models in every question that some segment asked both."""
    return [
        _compare_pair(question, first, second, answers)
        for question in questions
        for first, second in combinations(models, 2)
        if _segments(answers, first, question) & _segments(answers, second, question)
    ]


def _segments(answers: Sequence[JsonObject], model: str, question: str) -> set[int]:
    return {answer["segment"] for answer in answers_of(answers, model, question)}


def _compare_pair(
    question: str, first: str, second: str, answers: Sequence[JsonObject]
) -> JsonObject:
    """By how much the first model is closer than the second, where both have a verdict.

    It is decided only if the closer one is closer than other music.
    """
    ours, theirs = (
        {
            answer["segment"]: answer
            for answer in answers_of(answers, model, question)
            if not is_open(answer)
        }
        for model in (first, second)
    )
    shared = [number for number in ours if number in theirs]
    pair: JsonObject = {
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
        return {**pair, "note": "no segment in which both have a verdict"}
    differences = [ours[number]["scaled"] - theirs[number]["scaled"] for number in shared]
    values = [
        (bootstrap_values(ours[number], 0), bootstrap_values(theirs[number], 1))
        for number in shared
    ]
    low, high = percentile_interval(bootstrap_medians([first - other for first, other in values]))
    pair |= {"difference": float(np.median(differences)), "low": low, "high": high}
    if low <= 0 <= high:
        return pair
    closer = [both[0 if low > 0 else 1] for both in values]
    is_above = percentile_interval(bootstrap_medians(closer))[0] > 0
    return {**pair, "decided": is_above, "note": "" if is_above else NEITHER}
