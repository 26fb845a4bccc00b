import pytest
from scipy.stats import binom
from tests.analysis.votes.made_votes import LISTENING, abx, rating

from secondtake.analysis.votes.abx_and_ratings import abx_results, corrected, rating_results
from secondtake.analysis.votes.clip_systems import systems_of

SYSTEMS = systems_of(LISTENING)


def test_right_answers_are_counted_over_listeners_whichever_is_a(listeners):
    one = [abx(number, "bark", "sketch", right=number <= 12) for number in range(1, 17)]
    other = [abx(number, "sketch", "bark", right=True, segment=2) for number in range(1, 11)]
    (result,) = abx_results(listeners(one, other), SYSTEMS)
    assert (result.first, result.second) == ("bark", "sketch")
    assert (result.right, result.trials, result.listeners) == (22, 26, 2)
    assert result.p == pytest.approx(binom.sf(21, 26, 0.5)) and result.p_corrected == result.p


def test_several_pairs_are_corrected(listeners):
    one = [abx(number, "bark", "sketch", right=number <= 8) for number in range(1, 11)]
    other = [abx(number, "musicgen", "sketch", right=number <= 9) for number in range(1, 11)]
    first, second = abx_results(listeners(one, other), SYSTEMS)
    assert second.p == pytest.approx(11 / 1024) and second.p_corrected == pytest.approx(22 / 1024)
    assert first.p_corrected == first.p == pytest.approx(56 / 1024)


def test_holm():
    assert corrected([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert corrected([0.9, 0.8]) == [1.0, 1.0]
    assert corrected([]) == []


def test_medians_and_quartiles(listeners):
    one = [rating(1, baseline=100, bark=40, anchor=10), rating(2, baseline=95, bark=50, anchor=12)]
    other = [rating(1, baseline=90, bark=60, anchor=14), rating(3, baseline=92, bark=90, anchor=30)]
    baseline, bark, anchor = rating_results(listeners(one, other), SYSTEMS)
    assert [each.system for each in (baseline, bark, anchor)] == ["baseline", "bark", "anchor"]
    assert (bark.ratings, bark.listeners) == (4, 2)
    assert (bark.low_quartile, bark.median, bark.high_quartile) == (47.5, 55.0, 67.5)
    assert anchor.median == 13
