import pytest
from tests.analysis.votes.made_votes import LISTENING, SONG, abx, pair, rating, vote_file, written

from secondtake.analysis.votes.exclusion import exclusions
from secondtake.analysis.votes.merge import merge


@pytest.fixture
def reasons(tmp_path):
    """Why a listener of these votes is excluded."""

    def run(votes, **changes):
        path = written(tmp_path, "votes.json", vote_file(1, votes, **changes))
        (listener,) = merge([path], SONG, LISTENING).listeners
        return exclusions(listener)

    return run


def sides(for_a, for_b, ties=0):
    """Votes for A, for B and for neither; which system stands first alternates."""
    answers = [0] * for_a + [1] * for_b + [2] * ties
    votes = []
    for number, answer in enumerate(answers, 1):
        order = ("bark", "sketch") if number % 2 else ("sketch", "bark")
        votes.append(pair(number, number, *order, (*order, "tie")[answer]))
    return votes


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ((5, 5), ""),
        ((9, 0, 40), ""),  # 9 alone are too few
        ((10, 0), "one side: A in 10 of 10 pairs"),
        ((0, 10, 5), "one side: B in 10 of 10 pairs"),
        ((9, 1), ""),  # p = .021
        ((12, 1), "one side: A in 12 of 13 pairs"),  # p = .003
        ((24, 8), "one side: A in 24 of 32 pairs"),  # p = .007
        ((23, 9), ""),  # p = .020
    ],
)
def test_always_the_same_side(reasons, counts, says):
    assert reasons(sides(*counts)).get("pairs", "") == says


def test_always_the_same_system_is_a_taste(reasons):
    votes = [
        pair(number, number, *(("bark", "sketch") if number % 2 else ("sketch", "bark")), "bark")
        for number in range(1, 21)
    ]
    assert reasons(votes) == {}


def test_fewer_than_half_of_what_was_planned(reasons):
    planned = {"pairs": 20, "abx": 16, "ratings": 5}
    votes = [*sides(5, 4), abx(1, "bark", "sketch", right=True), rating(1, baseline=99, bark=1)]
    assert reasons(votes, planned=planned) == {
        "pairs": "incomplete: 9 of 20 pairs",
        "ratings": "incomplete: 1 of 5 ratings",
    }
    assert reasons(sides(5, 5), planned=planned) == {}


def test_a_part_that_was_not_begun_excludes_nobody(reasons):
    assert reasons(sides(5, 5), planned={"pairs": 10, "abx": 16, "ratings": 6}) == {}


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ([(90, 20), (95, 20), (100, 20)], ""),
        ([(89, 20), (95, 20), (100, 20)], "hidden baseline: below 90 in 1 of 3 ratings"),
        ([(90, 91), (95, 20), (100, 20)], "anchor: above the hidden baseline in 1 of 3 ratings"),
        ([(90, 90), (95, 95), (100, 100)], ""),
    ],
)
def test_who_does_not_hear_the_hidden_baseline(reasons, scores, says):
    votes = [
        rating(segment, baseline=baseline, anchor=anchor, bark=50)
        for segment, (baseline, anchor) in enumerate(scores, 1)
    ]
    assert reasons(votes).get("ratings", "") == says
