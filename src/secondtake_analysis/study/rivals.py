"""Models against each other: which of two is closer, and whether that is beyond doubt.

Two models that meet in a segment meet the same original, whose chance is counted in both; that
makes the interval of their difference too wide rather than too narrow.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from secondtake_analysis.study.over_segments import drawn, ends, possible

# Segments that agree by chance: of five, all do 1 time in 16; of six, 1 in 32, which is below 5 %.
LEAST_ALONE = 6

Values = dict[str, Any]


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
