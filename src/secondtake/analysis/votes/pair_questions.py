"""Blind pairs to strengths: who is preferred, who is closer, and how surely that can be said."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from secondtake.analysis.votes.bradley_terry import PairCounts, PairModel
from secondtake.analysis.votes.clip_systems import SystemByClip
from secondtake.analysis.votes.listener_bootstrap import Interval, PairFit, share
from secondtake.analysis.votes.merge import ListenerVotes
from secondtake.analysis.votes.vote_export import PairVote
from secondtake.core.votes_file import (
    PairResult,
    Question,
    QuestionResult,
    Strength,
    VotedSystem,
)


def question_result(
    question: Question,
    counted: Sequence[ListenerVotes],
    everybody: Sequence[ListenerVotes],
    systems: SystemByClip,
) -> QuestionResult | None:
    """One question's answer by the listeners that count; None if nobody was asked."""
    names, votes = _count(question, counted, systems)
    if not names:
        return None
    fit, total = PairFit(votes), votes.total
    over = _compared_with(names, fit)
    order = sorted(range(len(names)), key=lambda place: _key(names, fit, place))
    all_names, all_votes = _count(question, everybody, systems)
    all_order = _order(all_names, all_votes)
    return QuestionResult(
        question=question,
        votes=int(total.sum()),
        ties=int(total[:, 2].sum()),
        listeners=len(votes.counts),
        over=names[over].system,
        tie_parameter=float(np.exp(fit.parameters[-1])),
        systems=_strengths(names, fit, order, over),
        pairs=_pairs(names, fit, order),
        without_exclusions=all_order if all_order != _order(names, votes) else (),
    )


def ungrouped_votes(listeners: Sequence[ListenerVotes], systems: SystemByClip) -> int:
    """Votes between two takes of one model: they say nothing about models."""
    return sum(
        systems[vote.first] == systems[vote.second]
        for listener in listeners
        for vote in listener.pairs
    )


def _count(
    question: Question, listeners: Sequence[ListenerVotes], systems: SystemByClip
) -> tuple[list[VotedSystem], PairCounts]:
    """The systems that were voted on, and the votes of each listener who did."""
    asked = [
        votes
        for listener in listeners
        if (votes := [vote for vote in listener.pairs if _is_asked(question, vote, systems)])
    ]
    names = sorted(
        {systems[clip] for votes in asked for vote in votes for clip in (vote.first, vote.second)},
        key=lambda system: system.system,
    )
    rows = [
        (place, *_row(question, vote, systems, names))
        for place, votes in enumerate(asked)
        for vote in votes
    ]
    return names, PairCounts.of(len(names), len(asked), np.array(rows, dtype=int))


def _is_asked(question: Question, vote: PairVote, systems: SystemByClip) -> bool:
    is_answered = question == "prefer" or vote.closer is not None
    return is_answered and systems[vote.first] != systems[vote.second]


def _row(
    question: Question, vote: PairVote, systems: SystemByClip, names: list[VotedSystem]
) -> tuple[int, int, int]:
    """The two systems by number, and 0, 1 or 2: for the first, for the second, for neither."""
    answer = vote.prefer if question == "prefer" else vote.closer
    outcome = {vote.first: 0, vote.second: 1}.get(str(answer), 2)
    return names.index(systems[vote.first]), names.index(systems[vote.second]), outcome


def _compared_with(names: list[VotedSystem], fit: PairFit) -> int:
    """The control, else the baseline, else the strongest."""
    for role in ("control", "baseline"):
        if places := [place for place, system in enumerate(names) if system.role == role]:
            return places[0]
    return min(range(len(names)), key=lambda place: _key(names, fit, place))


def _key(names: list[VotedSystem], fit: PairFit, place: int) -> tuple[int, float, str]:
    """By group, then the strongest first; equal ones (to rounding) by name."""
    strength = round(float(fit.parameters[place]), 9)
    return int(fit.votes.groups[place]), -strength, names[place].system


def _order(names: list[VotedSystem], votes: PairCounts) -> tuple[str, ...]:
    """The systems, the strongest first."""
    if not names:
        return ()
    parameters = PairModel(votes.systems).fit(votes.total)
    groups = votes.groups
    places = sorted(
        range(len(names)), key=lambda p: (groups[p], -round(float(parameters[p]), 9), p)
    )
    return tuple(names[place].system for place in places)


def _strengths(
    names: list[VotedSystem], fit: PairFit, order: list[int], over: int
) -> tuple[Strength, ...]:
    ranks = fit.ranks()
    result = []
    for place in order:
        strength, low, high = fit.strengths[place]
        difference = fit.differences.get((place, over))
        group = int(fit.votes.groups[place]) + 1
        own = Strength(
            names[place].system, group, strength, low, high, *ranks[place], *_shares(difference)
        )
        result.append(own)
    return tuple(result)


def _pairs(names: list[VotedSystem], fit: PairFit, order: list[int]) -> tuple[PairResult, ...]:
    """Every pair, the stronger one first."""
    table = np.zeros((len(names), len(names), 3))
    table[np.triu_indices(len(names), 1)] = fit.votes.total
    result = []
    for first, second in combinations(order, 2):
        low, high = min(first, second), max(first, second)
        one, other, ties = (int(count) for count in table[low, high])
        if first > second:
            one, other = other, one
        difference = fit.differences.get((first, second))
        is_decided = difference is not None and not difference[1] <= 0 <= difference[2]
        pair = PairResult(
            names[first].system,
            names[second].system,
            one,
            other,
            ties,
            *_shares(difference),
            is_decided,
        )
        result.append(pair)
    return tuple(result)


def _shares(difference: Interval | None) -> tuple[float | None, float | None, float | None]:
    """A difference of log strengths, as how many of those with a preference choose the first."""
    if difference is None:
        return None, None, None
    middle, low, high = difference
    return share(middle), share(low), share(high)
