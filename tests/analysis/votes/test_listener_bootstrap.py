import numpy as np
import pytest

from secondtake.analysis.votes import listener_bootstrap
from secondtake.analysis.votes.bradley_terry import PairCounts, PairModel
from secondtake.analysis.votes.listener_bootstrap import PairFit, share


def two(*listeners: tuple[int, int, int]) -> PairFit:
    """A fit to the counts of each listener, on two systems."""
    return PairFit(PairCounts(2, np.array(listeners, dtype=float)[:, None, :]))


def test_one_listener_has_about_the_interval_of_a_proportion():
    middle, low, high = map(share, two((14, 6, 0)).differences[0, 1])
    assert (middle, low, high) == pytest.approx((0.7, 0.46, 0.87), abs=0.01)  # exactly .457 to .881


def test_all_who_agree_are_no_point():
    fit = two(*[(5, 0, 0)] * 3)
    _, low, high = fit.differences[0, 1]
    assert low > 0 and high - low > 2


def test_listeners_who_disagree_widen_the_interval():
    alike = two(*[(10, 10, 0)] * 6).differences[0, 1]
    apart = two(*[(20, 0, 0), (0, 20, 0)] * 3).differences[0, 1]
    assert alike[0] == pytest.approx(apart[0], abs=1e-6)
    assert apart[2] - apart[1] > 2 * (alike[2] - alike[1])


def test_the_same_votes_give_the_same_interval():
    listeners = [(7, 3, 1), (4, 4, 4), (9, 1, 0)]
    assert two(*listeners).differences[0, 1] == two(*listeners).differences[0, 1]


def test_a_difference_has_no_side():
    fit = two((7, 3, 1), (4, 4, 4))
    middle, low, high = fit.differences[0, 1]
    assert fit.differences[1, 0] == pytest.approx((-middle, -high, -low))
    assert fit.strengths[0][0] == pytest.approx(middle / 2)


def test_systems_that_cannot_be_told_apart_share_ranks():
    counts = np.zeros((4, 3, 3))
    counts[:] = [[6, 5, 1], [12, 0, 0], [12, 0, 0]]  # 0 as 1, both above 2
    assert PairFit(PairCounts(3, counts)).ranks() == [(1, 2), (1, 2), (3, 3)]


def test_between_groups_nothing_is_known():
    votes = np.array([[0, 0, 1, 0]] * 30 + [[0, 2, 3, 1]] * 30)
    fit = PairFit(PairCounts.of(4, 1, votes))
    assert (0, 2) not in fit.differences and (0, 1) in fit.differences
    assert fit.ranks() == [(1, 1), (2, 2), (2, 2), (1, 1)]
    assert fit.strengths[0][0] == pytest.approx(-fit.strengths[1][0])


def test_what_one_of_two_listeners_was_asked_is_not_decided_by_that_one():
    votes = np.array([[0, 0, 1, 0]] * 30 + [[1, 2, 3, 1]] * 30)
    assert set(PairFit(PairCounts.of(4, 2, votes)).ranks()) == {(1, 2)}


def test_intervals_hold_the_truth(monkeypatch):
    """In 94 to 98 % of many studies (the benchmark); here of 80, each of 5 listeners."""
    monkeypatch.setattr(listener_bootstrap, "RESAMPLES", 200)
    generator = np.random.default_rng(11)
    truth = np.array([0.7, 0.0, -0.7])
    first, second = np.triu_indices(3, 1)
    inside = []
    for _ in range(80):
        strengths = truth + 0.3 * generator.standard_normal((5, 3))
        one, other = np.exp(strengths[:, first]), np.exp(strengths[:, second])
        weights = np.stack([one, other, 0.5 * np.sqrt(one * other)], axis=-1)
        counts = generator.multinomial(5, weights / weights.sum(axis=-1, keepdims=True))
        fit = PairFit(PairCounts(3, counts.astype(float)))
        for pair in zip(first, second, strict=True):
            _, low, high = fit.differences[pair]
            inside.append(low <= truth[pair[0]] - truth[pair[1]] <= high)
    assert 0.9 <= np.mean(inside) <= 0.995


def test_a_study_without_votes_has_a_model():
    assert PairModel(2).fit(np.zeros((1, 3))) == pytest.approx([0, 0, np.log(2)])
