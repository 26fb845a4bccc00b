"""The tables of the ABX test and of the ratings."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest

from secondtake.analysis.votes.clip_systems import SystemByClip
from secondtake.analysis.votes.merge import ListenerVotes
from secondtake.core.votes_file import AbxResult, RatingResult

QUARTILES = (25, 50, 75)


def abx_results(listeners: Sequence[ListenerVotes], systems: SystemByClip) -> tuple[AbxResult, ...]:
    """Every pair of systems in the ABX test, by name. Takes of one model are no pair."""
    trials: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for listener in listeners:
        for vote in listener.abx:
            first, second = sorted((systems[vote.a].system, systems[vote.b].system))
            if first != second:
                answer = (listener.listener, vote.chosen == vote.x)
                trials.setdefault((first, second), []).append(answer)
    pairs = sorted(trials)
    right = [sum(is_right for _, is_right in trials[pair]) for pair in pairs]
    p = [
        float(binomtest(count, len(trials[pair]), alternative="greater").pvalue)
        for pair, count in zip(pairs, right, strict=True)
    ]
    return tuple(
        AbxResult(
            *pair, count, len(trials[pair]), len({name for name, _ in trials[pair]}), own, holm
        )
        for pair, count, own, holm in zip(pairs, right, p, corrected(p), strict=True)
    )


def corrected(p: Sequence[float]) -> list[float]:
    """Holm's method (1979): the chance of any false alarm stays below the level."""
    result, last = [0.0] * len(p), 0.0
    for done, place in enumerate(sorted(range(len(p)), key=lambda place: p[place])):
        last = max(last, min(1.0, p[place] * (len(p) - done)))
        result[place] = last
    return result


def rating_results(
    listeners: Sequence[ListenerVotes], systems: SystemByClip
) -> tuple[RatingResult, ...]:
    """Medians and quartiles of every system, the anchor included; the highest median first."""
    scores: dict[str, list[tuple[str, float]]] = {}
    for listener in listeners:
        for vote in listener.ratings:
            for clip, score in vote.scores.items():
                entry = (listener.listener, score)
                scores.setdefault(systems[clip].system, []).append(entry)
    results = []
    for system, entries in scores.items():
        low, median, high = np.percentile([score for _, score in entries], QUARTILES)
        raters = len({name for name, _ in entries})
        results.append(
            RatingResult(system, len(entries), raters, float(median), float(low), float(high))
        )
    return tuple(sorted(results, key=lambda result: (-result.median, result.system)))
