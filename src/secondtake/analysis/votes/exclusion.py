"""Listeners whose votes do not count: the rules of `core.votes_file.RULES`, each with its figures.

A rule excludes a listener from one part of the test. The ABX test has none: who hears no difference
there has answered its question.
"""

from scipy.stats import binomtest

from secondtake.analysis.votes.merge import ListenerVotes
from secondtake.core.formatting import plural
from secondtake.core.votes_file import ANCHOR, Mode

LEAST_ANSWERED = 0.5  # of the planned trials
LEAST_PAIRS = 10  # with a preference; fewer all go to one side by chance in 1 of 256 listeners
ONE_SIDE_P = 0.01
# ITU-R BS.1534-3: post-screening of assessors.
HIDDEN_SCORE = 90
MISSED_SHARE = 0.15


def exclusions(listener: ListenerVotes) -> dict[Mode, str]:
    """Why votes of a listener do not count, by the part of the test; empty for most."""
    pairs = _incomplete(listener, "pairs") or _one_side(listener)
    ratings = (
        _incomplete(listener, "ratings")
        or _missed_baseline(listener)
        or _preferred_anchor(listener)
    )
    reasons: dict[Mode, str] = {"pairs": pairs, "ratings": ratings}
    return {mode: reason for mode, reason in reasons.items() if reason}


def _incomplete(listener: ListenerVotes, mode: Mode) -> str:
    answered, planned = listener.answered[mode], listener.planned[mode]
    if not answered or answered >= LEAST_ANSWERED * planned:
        return ""
    return f"incomplete: {answered} of {planned} {mode}"


def _one_side(listener: ListenerVotes) -> str:
    """A is where the first clip stood, in random order for every listener."""
    for_a = sum(vote.prefer == vote.first for vote in listener.pairs)
    for_b = sum(vote.prefer == vote.second for vote in listener.pairs)
    total = for_a + for_b
    if total < LEAST_PAIRS or binomtest(for_a, total).pvalue >= ONE_SIDE_P:
        return ""
    side, count = max(("A", for_a), ("B", for_b), key=lambda entry: entry[1])
    return f"one side: {side} in {count} of {plural(total, 'pair')}"


def _missed_baseline(listener: ListenerVotes) -> str:
    missed = sum(vote.scores[vote.hidden] < HIDDEN_SCORE for vote in listener.ratings)
    if missed <= MISSED_SHARE * len(listener.ratings):
        return ""
    total = plural(len(listener.ratings), "rating")
    return f"hidden baseline: below {HIDDEN_SCORE} in {missed} of {total}"


def _preferred_anchor(listener: ListenerVotes) -> str:
    above = sum(vote.scores.get(ANCHOR, 0) > vote.scores[vote.hidden] for vote in listener.ratings)
    if above <= MISSED_SHARE * len(listener.ratings):
        return ""
    return (
        f"anchor: above the hidden baseline in {above} of {plural(len(listener.ratings), 'rating')}"
    )
