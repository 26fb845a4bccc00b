"""What all windowed metrics share: how to be read, and how rows are correlated."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from secondtake_analysis.features import Features

Pairs = Callable[[Features, Features], np.ndarray]  # -> (reference windows, estimate windows)


@dataclass(frozen=True)
class WindowMetric:
    """A metric that compares every window of one recording with every window of another."""

    name: str
    unit: str
    pairs: Pairs
    closer_is: str = "higher"  # or "lower", for a distance
    least_span: float = 0.15  # of ceiling against floor; within less, "how far" means nothing
    note: str = ""

    def better(self, one: float, other: float) -> bool:
        """Whether `one` is closer to the reference than `other`."""
        return one > other if self.closer_is == "higher" else one < other


def cosine(reference: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """(n, d) and (m, d) -> cosine of every pair of rows, (n, m); 0 where a row is all zero."""
    return _unit(reference) @ _unit(estimate).T


def pearson(reference: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """(n, d) and (m, d) -> correlation of every pair of rows, (n, m); 0 for a constant row."""
    return cosine(_centred(reference), _centred(estimate))


def _centred(rows: np.ndarray) -> np.ndarray:
    return rows - rows.mean(axis=1, keepdims=True)


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(length > 1e-9, rows / np.maximum(length, 1e-9), 0.0)
