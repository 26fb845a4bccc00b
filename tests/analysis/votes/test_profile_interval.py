import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.stats import binomtest

from secondtake.analysis.votes.bradley_terry import PairModel
from secondtake.analysis.votes.profile_interval import DROP, profile_intervals


@pytest.mark.parametrize(
    "counts",
    [
        [[5, 2, 1], [3, 3, 0], [0, 6, 2]],
        [[9, 0, 0], [9, 0, 0], [9, 0, 0]],
        [[90, 80, 30], [0, 1, 0], [0, 0, 5]],
    ],
)
@pytest.mark.parametrize("side", [1, -1])
def test_another_way_to_the_same_end(counts, side):
    """The upper end for the first system over the second, or the lower one."""
    table, prior = np.array(counts, dtype=float), np.full((4, 2), 0.5)
    first, second = PairModel(3).fit(table)[:2]
    if (first - second) * side < 0:  # the end that is nearer to 0
        prior[0], prior[1] = ((0.95, 0.05), (0.05, 0.95))[::side]
    model = PairModel(3, prior)
    top = model.fit(table)

    def excess(difference: float) -> float:
        """With the first strength put in terms of the second, over the others freely."""

        def minus(free: np.ndarray) -> float:
            return -float(model.log_likelihood(np.array([free[0] + difference, *free]), table))

        best = -minimize(minus, top[1:], method="BFGS", options={"gtol": 1e-8}).fun
        return best - float(model.log_likelihood(top, table)) + DROP

    middle = float(top[0] - top[1])
    ((low, high),) = profile_intervals(table, np.array([[1.0, -1.0, 0.0, 0.0]]))
    assert brentq(excess, middle, middle + 30 * side) == pytest.approx(
        high if side > 0 else low, abs=1e-3
    )


def test_many_votes_make_it_the_usual_interval():
    ((low, high),) = profile_intervals(np.array([[2000, 1000, 500]]), np.array([[1.0, -1.0, 0.0]]))
    assert (low + high) / 2 == pytest.approx(np.log(2), abs=0.01)
    assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(1 / 2000 + 1 / 1000), rel=0.05)


@pytest.mark.parametrize(
    ("wins", "losses"),
    [
        (3, 0),
        (5, 0),
        (6, 0),
        (9, 0),
        (300, 0),
        (7, 1),
        (8, 1),
        (14, 6),
        (15, 5),
        (38, 22),
        (39, 21),
    ],
)
def test_it_decides_when_an_exact_test_does(wins, losses):
    ((low, high),) = profile_intervals(np.array([[wins, losses, 0]]), np.array([[1.0, -1.0, 0.0]]))
    assert (low > 0) == (binomtest(wins, wins + losses).pvalue < 0.05)
    assert np.isfinite([low, high]).all() and high > low


def test_nothing_asked_is_nothing_answered():
    assert profile_intervals(np.array([[3, 1, 0]]), np.zeros((0, 3))).shape == (0, 2)


def test_any_votes_have_intervals():
    generator = np.random.default_rng(6)
    for _ in range(60):
        systems = int(generator.integers(2, 6))
        pairs = systems * (systems - 1) // 2
        counts = generator.integers(0, 30, (pairs, 3)) * (generator.random((pairs, 3)) < 0.3)
        contrasts = np.zeros((systems - 1, systems + 1))
        contrasts[:, 0] = 1
        contrasts[np.arange(systems - 1), np.arange(1, systems)] = -1
        parameters = PairModel(systems).fit(counts.astype(float))
        for (low, high), middle in zip(
            profile_intervals(counts, contrasts), contrasts @ parameters, strict=True
        ):
            assert low < middle < high and high - low < 60
