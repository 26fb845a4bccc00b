import numpy as np
import pytest
from scipy.optimize import minimize

from secondtake.analysis.votes.bradley_terry import PRIOR, PairCounts, PairModel

STRENGTHS = np.array([0.9, 0.2, -0.4, -0.7])
PAIRS = np.triu_indices(4, 1)


def expected(strengths: np.ndarray, nu: float, votes: float) -> np.ndarray:
    """The counts that so many votes on every pair would give on average, (pairs, 3)."""
    first, second = np.triu_indices(len(strengths), 1)
    one, other = np.exp(strengths[first]), np.exp(strengths[second])
    weights = np.stack([one, other, nu * np.sqrt(one * other)], axis=1)
    return votes * weights / weights.sum(axis=1, keepdims=True)


def negative_log_posterior(parameters: np.ndarray, counts: np.ndarray) -> float:
    """Davidson's likelihood as he writes it, a vote at a time, with Jeffreys' prior."""
    worth, nu = np.exp(parameters[:-1]), np.exp(parameters[-1])
    total = 0.0
    for (first, second), (one, other, ties) in zip(zip(*PAIRS, strict=True), counts, strict=True):
        both = nu * np.sqrt(worth[first] * worth[second])
        norm = worth[first] + worth[second] + both
        total += one * np.log(worth[first] / norm) + other * np.log(worth[second] / norm)
        total += ties * np.log(both / norm)
    total += PRIOR * np.sum(np.log(worth / (1 + worth)) + np.log(1 / (1 + worth)))
    total += PRIOR * (np.log(nu / (2 + nu)) + np.log(2 / (2 + nu)))
    return -total


def test_known_strengths_are_found():
    fitted = PairModel(4).fit(expected(STRENGTHS, 0.6, 20_000))
    assert fitted[:-1] - fitted[0] == pytest.approx(STRENGTHS - STRENGTHS[0], abs=2e-3)
    assert np.exp(fitted[-1]) == pytest.approx(0.6, abs=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_another_way_to_the_same_maximum(seed):
    counts = np.random.default_rng(seed).integers(0, 7, size=(6, 3)).astype(float)
    other = minimize(negative_log_posterior, np.zeros(5), args=(counts,), options={"gtol": 1e-9})
    assert PairModel(4).fit(counts) == pytest.approx(other.x, abs=1e-5)


def test_gradient_information_and_likelihood_fit_together():
    counts = np.random.default_rng(3).integers(1, 9, size=(6, 3)).astype(float)
    model, step = PairModel(4), 1e-4
    top = model.fit(counts)
    bumps = step * np.eye(5)
    curvature = [
        [
            (
                negative_log_posterior(top + one + other, counts)
                - negative_log_posterior(top + one - other, counts)
                - negative_log_posterior(top - one + other, counts)
                + negative_log_posterior(top - one - other, counts)
            )
            / (4 * step**2)
            for other in bumps
        ]
        for one in bumps
    ]
    slope, information = model.derivatives(top, counts)
    assert information == pytest.approx(np.array(curvature), rel=1e-3, abs=1e-5)
    assert slope == pytest.approx(np.zeros(5), abs=1e-8)
    here, there = (negative_log_posterior(point, counts) for point in (top, top + 0.3))
    assert model.log_likelihood(top, counts) == pytest.approx(-here)
    assert model.log_likelihood(top + 0.3, counts) == pytest.approx(-there)


def test_who_wins_all_is_strong_but_not_infinite():
    strength, other, _ = PairModel(2).fit(np.array([[20.0, 0.0, 0.0]]))
    assert 3 < strength - other < 6


def test_many_fits_at_once_are_those_one_by_one():
    counts = np.random.default_rng(1).integers(0, 9, size=(7, 6, 3)).astype(float)
    model = PairModel(4)
    assert model.fit(counts) == pytest.approx(np.stack([model.fit(each) for each in counts]))


def test_votes_are_counted_on_the_side_of_their_system():
    votes = np.array([[0, 0, 1, 0], [0, 1, 0, 0], [1, 1, 0, 1], [1, 2, 1, 2], [1, 0, 2, 1]])
    counts = PairCounts.of(3, 2, votes)
    assert counts.counts[0].tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert counts.counts[1].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert counts.total.sum() == len(votes)


def test_systems_that_no_votes_connect_are_groups():
    votes = np.array([[0, 0, 2, 0], [0, 1, 3, 0]])
    assert PairCounts.of(4, 1, votes).groups.tolist() == [0, 1, 0, 1]
    assert PairCounts.of(3, 0, np.zeros((0, 4))).groups.tolist() == [0, 1, 2]
