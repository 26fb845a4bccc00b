"""Blind pairs to strengths: who is preferred, who is closer, and how surely that can be said.

Where fewer than LEAST_VOTES stand behind a figure, there is none. Ties are not among them.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from secondtake.analysis.votes.bradley_terry import PairCounts, PairModel
from secondtake.analysis.votes.clip_systems import THE_BASELINE, SystemByClip
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

LEAST_VOTES = 10  # of nine, eight or more go to one of two equals in 1 of 25 studies


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
    few = _seldom_voted_on(votes)
    over = _compared_with(names, fit, few)
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
        systems=_strengths(names, fit, order, over, few),
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


def found_baselines(listeners: Sequence[ListenerVotes], systems: SystemByClip) -> tuple[int, int]:
    """In how many pairs the hidden baseline was named as closer to the baseline, and of how many.

    Pages used to ask that. It is a check of attention, and says nothing of the other version.
    """
    found = [
        systems.get(vote.closer) == THE_BASELINE
        for listener in listeners
        for vote in listener.pairs
        if vote.closer is not None and _holds_baseline(vote, systems)
    ]
    return sum(found), len(found)


def _holds_baseline(vote: PairVote, systems: SystemByClip) -> bool:
    return THE_BASELINE in (systems[vote.first], systems[vote.second])


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
    """Nothing is closer to the baseline than itself, so such a pair has no answer to that."""
    if question == "closer" and (vote.closer is None or _holds_baseline(vote, systems)):
        return False
    return systems[vote.first] != systems[vote.second]


def _row(
    question: Question, vote: PairVote, systems: SystemByClip, names: list[VotedSystem]
) -> tuple[int, int, int]:
    """The two systems by number, and 0, 1 or 2: for the first, for the second, for neither."""
    answer = vote.prefer if question == "prefer" else vote.closer
    outcome = {vote.first: 0, vote.second: 1}.get(str(answer), 2)
    return names.index(systems[vote.first]), names.index(systems[vote.second]), outcome


def _seldom_voted_on(votes: PairCounts) -> frozenset[int]:
    """The systems with fewer than LEAST_VOTES, whatever they stood beside."""
    preferences = votes.total[:, :2].sum(axis=1)
    first, second = np.triu_indices(votes.systems, 1)
    own = [preferences[(first == n) | (second == n)].sum() for n in range(votes.systems)]
    return frozenset(place for place, count in enumerate(own) if count < LEAST_VOTES)


def _compared_with(names: list[VotedSystem], fit: PairFit, few: frozenset[int]) -> int:
    """The control, else the baseline, else the strongest, of those with votes enough."""
    places = [place for place in range(len(names)) if place not in few] or list(range(len(names)))
    for role in ("control", "baseline"):
        if fitting := [place for place in places if names[place].role == role]:
            return fitting[0]
    return min(places, key=lambda place: _key(names, fit, place))


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
    names: list[VotedSystem], fit: PairFit, order: list[int], over: int, few: frozenset[int]
) -> tuple[Strength, ...]:
    ranks = fit.ranks(undecided=few)
    result = []
    for place in order:
        strength, low, high = fit.strengths[place]
        has_figure = not {place, over} & few
        difference = fit.differences.get((place, over)) if has_figure else None
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
        has_figure = one + other >= LEAST_VOTES
        difference = fit.differences.get((first, second)) if has_figure else None
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
