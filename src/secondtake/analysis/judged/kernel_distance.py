"""Kernel audio distance: how far two sets of embedded windows lie apart, segment by segment.

Windows of one segment are alike, by their prompt and by their recording. So a segment counts as one
draw: pairs of windows of the same segment are left out everywhere, whole segments are resampled,
and whole segments change sides in the test. With such pairs, two sets of the same songs would look
apart, the more so the longer their recordings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from math import comb
from typing import Any

import numpy as np

from secondtake.analysis.metrics.scoring import RESAMPLES, SEED

# Segments: of five, no exchange of sides gives a p below 2 / 2**5 = .06, whatever is heard.
LEAST_SEGMENTS = 6
LEAST_HALVED = 4  # segments that can be halved: within a half, windows of two are paired
MOST_EXACT = 10  # segments whose 2**10 exchanges are all tried; of more, RESAMPLES by lot
MOST_WINDOWS = 1000  # of which the median distance is taken

Side = Mapping[Any, np.ndarray]  # by segment, its windows' embeddings, (windows, dimensions)


@dataclass(frozen=True, eq=False)
class Sides:
    """Two sets of segments, and the sums of the kernel over pairs of their windows."""

    first: Side
    second: Side
    bandwidth: float  # of the Gaussian kernel, in the embedding's own unit

    @cached_property
    def labels(self) -> list[Any]:
        """The segment of every row: those of the first side, then those of the second."""
        return [*self.first, *self.second]

    @property
    def given(self) -> np.ndarray:
        """The weights of the first side's rows as they are, (1, rows): 1 or 0."""
        return (np.arange(len(self.labels)) < len(self.first))[None].astype(float)

    @cached_property
    def sums(self) -> tuple[np.ndarray, np.ndarray]:
        """Sum of the kernel, and number of pairs, for every two rows; 0 within a segment."""
        rows = [*self.first.values(), *self.second.values()]
        starts = np.cumsum([0, *(len(windows) for windows in rows[:-1])])
        every = np.concatenate(rows).astype(np.float64)
        kernel = [
            np.add.reduceat(_kernel(windows, every, self.bandwidth).sum(axis=0), starts)
            for windows in rows
        ]
        counts = np.array([len(windows) for windows in rows], dtype=float)
        apart = np.array([[a != b for b in self.labels] for a in self.labels], dtype=float)
        return np.stack(kernel) * apart, np.outer(counts, counts) * apart

    def values(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Unbiased MMD² for weights of rows on either side, (draws, rows) each; NaN without pairs.

        Weights are how often a segment was drawn.
        """

        def mean(left: np.ndarray, right: np.ndarray) -> np.ndarray:
            total, pairs = (((left @ matrix) * right).sum(axis=1) for matrix in self.sums)
            return np.asarray(np.where(pairs > 0, total / np.maximum(pairs, 1), np.nan))

        within, beyond = mean(first, first), mean(second, second)
        return np.asarray(within + beyond - 2 * mean(first, second))


def kernel_distance(sides: Sides) -> float | None:
    """Unbiased MMD² of two sets; None if a side has a single segment, and so no pairs."""
    value = float(sides.values(sides.given, 1 - sides.given)[0])
    return None if np.isnan(value) else value


def median_distance(side: Side) -> float:
    """The median Euclidean distance between windows of a set: the kernel's bandwidth."""
    windows = np.concatenate(list(side.values())).astype(np.float64)
    if len(windows) > MOST_WINDOWS:
        windows = windows[np.linspace(0, len(windows) - 1, MOST_WINDOWS).astype(int)]
    squares = _squares(windows, windows)[np.triu_indices(len(windows), 1)]
    return float(np.sqrt(np.median(squares))) if len(squares) else 0.0


def resampled_distances(sides: Sides) -> np.ndarray:
    """Distances when other segments might have been there, each drawn with both its sides."""
    labels = list(dict.fromkeys(sides.labels))
    column = np.array([labels.index(label) for label in sides.labels])
    drawn = np.random.default_rng(SEED).multinomial(
        len(labels), np.full(len(labels), 1 / len(labels)), size=RESAMPLES
    )
    weights = drawn[:, column].astype(float)
    values = sides.values(weights * sides.given, weights * (1 - sides.given))
    return np.asarray(values[np.isfinite(values)])


def p_of_same(sides: Sides) -> float:
    """How often segments whose two sides are exchanged by lot lie as far apart.

    Both sides have the same segments. Exact under "the two sides of a segment are drawn alike",
    however alike the segments are.
    """
    count = len(sides.first)
    assert list(sides.first) == list(sides.second)
    if count <= MOST_EXACT:
        turned = np.array(list(product((0.0, 1.0), repeat=count)))
    else:
        lot = np.random.default_rng(SEED).integers(2, size=(RESAMPLES, count))
        turned = np.concatenate([np.zeros((1, count)), lot])
    first = np.concatenate([1 - turned, turned], axis=1)
    values = sides.values(first, 1 - first)
    return float(np.mean(values >= values[0] - 1e-12))  # equal ones differ by rounding


def halves_apart(side: Side, bandwidth: float) -> np.ndarray:
    """Distances between one half of a set's segments and the other, of at most RESAMPLES splits.

    They scatter around 0, by as much as chance does; none if there are few segments.
    """
    count = len(side)
    if count < LEAST_HALVED:
        return np.empty(0)
    sides = Sides(side, {}, bandwidth)
    first = _halves(count)
    return sides.values(first, 1 - first)


def _halves(count: int) -> np.ndarray:
    """Splits into halves, (splits, count): 1 for what is in the first one."""
    half = count // 2
    if comb(count, half) <= RESAMPLES:
        chosen = [list(indices) for indices in combinations(range(count), half)]
    else:
        random = np.random.default_rng(SEED)
        chosen = [list(random.permutation(count)[:half]) for _ in range(RESAMPLES)]
    splits = np.zeros((len(chosen), count))
    for row, indices in zip(splits, chosen, strict=True):
        row[indices] = 1
    return splits


def _kernel(rows: np.ndarray, others: np.ndarray, bandwidth: float) -> np.ndarray:
    """Gaussian kernel of every pair, (rows, others)."""
    return np.asarray(np.exp(-_squares(rows, others) / (2 * max(bandwidth, 1e-12) ** 2)))


def _squares(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared Euclidean distance of every pair, (rows, others)."""
    lengths = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None]
    return np.asarray(np.maximum(lengths - 2 * rows @ others.T, 0))
