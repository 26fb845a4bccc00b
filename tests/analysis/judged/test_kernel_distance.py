"""Sets whose distance is known: drawn alike, and shifted."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from secondtake.analysis.judged.kernel_distance import (
    LEAST_SEGMENTS,
    Side,
    Sides,
    halves_apart,
    kernel_distance,
    median_distance,
    p_of_same,
    resampled_distances,
)

DIMENSIONS, WINDOWS, STUDIES = 16, 4, 60


def a_side(seed: int, segments: int = 8, shift: float = 0.0) -> Side:
    """Segments around centres of their own; windows lie near their segment's centre."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((segments, 1, DIMENSIONS)) + shift / DIMENSIONS**0.5
    rows = centres + 0.5 * random.standard_normal((segments, WINDOWS, DIMENSIONS))
    return dict(enumerate(rows))


def two_sides(seed: int, shift: float = 0.0, segments: int = 8) -> Sides:
    first = a_side(2 * seed, segments)
    return Sides(first, a_side(2 * seed + 1, segments, shift), median_distance(first))


def every_window_apart(sides: Sides) -> Sides:
    """The same with each window a segment of its own, as other programs pair them."""
    first, second = (
        {(name, place): row[None] for place, row in enumerate(np.concatenate(list(side.values())))}
        for name, side in (("first", sides.first), ("second", sides.second))
    )
    return Sides(first, second, sides.bandwidth)


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Of two Gaussians that were fitted to rows."""
    covariances = [np.cov(rows, rowvar=False) for rows in (first, second)]
    apart = first.mean(axis=0) - second.mean(axis=0)
    root = np.real(sqrtm(covariances[0] @ covariances[1]))
    return float(apart @ apart + np.trace(covariances[0] + covariances[1] - 2 * root))


@pytest.fixture(scope="module")
def alike() -> list[Sides]:
    return [two_sides(seed) for seed in range(STUDIES)]


def test_sets_that_are_drawn_alike_lie_0_apart_on_average(alike):
    values = [kernel_distance(sides) for sides in alike]
    error = np.std(values) / STUDIES**0.5
    assert abs(np.mean(values)) < 3 * error < 0.03


def test_with_pairs_of_one_segment_they_would_look_apart(alike):
    values = [kernel_distance(every_window_apart(sides)) for sides in alike]
    assert np.mean(values) > 10 * np.std(values) / STUDIES**0.5


def test_0_lies_in_their_interval_and_p_is_small_as_often_as_chance_has_it(alike):
    intervals = [np.percentile(resampled_distances(sides), (2.5, 97.5)) for sides in alike]
    assert np.mean([low <= 0 <= high for low, high in intervals]) > 0.9
    small = np.mean([p_of_same(sides) <= 0.05 for sides in alike])
    assert small <= 0.15


def test_what_is_shifted_is_clearly_apart():
    for seed in range(10):
        sides = two_sides(seed, shift=6.0)
        low, _ = np.percentile(resampled_distances(sides), (2.5, 97.5))
        assert kernel_distance(sides) > low > 0
        assert p_of_same(sides) == pytest.approx(2 / 2**8)


def test_the_further_the_larger():
    values = [kernel_distance(two_sides(1, shift)) for shift in (0.0, 3.0, 6.0, 12.0)]
    assert values == sorted(values)


def test_the_value_is_the_mean_of_kernels_by_hand():
    first = {1: np.array([[0.0], [1.0]]), 2: np.array([[2.0]])}
    second = {1: np.array([[1.0]]), 2: np.array([[3.0]])}

    def kernel(apart: float) -> float:
        return float(np.exp(-(apart**2) / 2))

    within = (kernel(2) + kernel(1)) / 2  # 0 and 1 of the one, with 2 of the other segment
    beyond = kernel(2)
    across = (kernel(3) + kernel(2) + kernel(1)) / 3
    assert kernel_distance(Sides(first, second, 1.0)) == pytest.approx(within + beyond - 2 * across)


def test_a_single_segment_has_no_distance():
    first = a_side(0, 1)
    assert kernel_distance(Sides(first, a_side(1, 1), 1.0)) is None


def test_fewer_segments_than_the_least_can_never_be_told_apart():
    far = {n: two_sides(0, shift=20.0, segments=n) for n in (LEAST_SEGMENTS - 1, LEAST_SEGMENTS)}
    fewer, least = (p_of_same(sides) for sides in far.values())
    assert fewer > 0.05 > least


def test_of_many_segments_exchanges_are_drawn_by_lot():
    sides = two_sides(0, shift=12.0, segments=14)
    assert 0 < p_of_same(sides) < 0.01
    assert p_of_same(sides) == p_of_same(sides)


def test_halves_of_one_set_scatter_around_0():
    side = a_side(3, 12)
    halves = halves_apart(side, median_distance(side))
    assert len(halves) == 924 and abs(np.median(halves)) < 0.03
    assert np.percentile(halves, 95) > 0.02
    assert len(halves_apart(a_side(3, 3), 1.0)) == 0
    assert len(halves_apart(a_side(3, 30), 1.0)) == 1000


def test_the_bandwidth_is_the_median_distance():
    side = {1: np.array([[0.0], [1.0]]), 2: np.array([[3.0]])}
    assert median_distance(side) == 2.0
    assert median_distance({1: np.array([[0.0]])}) == 0.0
    many = {1: np.random.default_rng(0).standard_normal((3000, 2))}
    assert median_distance(many) == pytest.approx(1.67, abs=0.1)


def test_a_frechet_distance_tells_the_number_of_windows_instead():
    """Why there is none: of sets that are drawn alike, it is the larger the fewer windows there
    are, and far from 0 where there are not many times as many as dimensions."""
    random = np.random.default_rng(0)
    means = {
        count: np.mean(
            [frechet_distance(*random.standard_normal((2, count, DIMENSIONS))) for _ in range(20)]
        )
        for count in (DIMENSIONS // 2, 2 * DIMENSIONS, 40 * DIMENSIONS)
    }
    few, some, many = means.values()
    assert few > 8 and some > 2 and many < 0.4
