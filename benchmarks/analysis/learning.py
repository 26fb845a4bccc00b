"""Learning how much each metric says about two windows being of one song."""

from collections.abc import Sequence

import numpy as np
from benchmarks.analysis.excerpts import Excerpt

from secondtake.analysis.features.corpus import ReferenceCorpus, concatenate
from secondtake.analysis.metrics.overall import BIAS, PARTS

STEPS = 30  # of Newton's method, which needs a dozen
RIDGE = 1e-3  # keeps weights finite where a metric alone would separate


def learned(excerpts: Sequence[Excerpt], corpus: ReferenceCorpus) -> dict[str, float]:
    """Weights of the combined score: logistic regression on pairs of windows.

    Of one song are windows from different excerpts of it; of two, those of any other songs. Both
    kinds count alike, however many there are.
    """
    standardized = corpus.standardized(concatenate([one.features for one in excerpts]))
    songs, parts = owners(excerpts)
    first, second = np.triu_indices(len(songs), 1)
    apart = parts[first] != parts[second]
    first, second = first[apart], second[apart]
    same = songs[first] == songs[second]
    columns = [
        metric.closeness(metric.pairs(standardized, standardized))[first, second]
        for metric in PARTS
    ]
    rows = np.stack([*columns, np.ones(len(first))], axis=1).astype(np.float64)
    weights = _logistic(rows, same, np.where(same, 0.5 / same.mean(), 0.5 / (1 - same.mean())))
    names = [*(metric.name for metric in PARTS), BIAS]
    return {name: float(f"{weight:.4g}") for name, weight in zip(names, weights, strict=True)}


def owners(excerpts: Sequence[Excerpt]) -> tuple[np.ndarray, np.ndarray]:
    """For every window of all excerpts: its song's number and its excerpt's."""
    names = {song: number for number, song in enumerate(sorted({e.song for e in excerpts}))}
    counts = [one.features.windows for one in excerpts]
    songs = np.repeat([names[one.song] for one in excerpts], counts)
    return songs, np.repeat(np.arange(len(excerpts)), counts)


def _logistic(rows: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Newton's method for weighted logistic regression; the last column is the bias."""
    weights = np.zeros(rows.shape[1])
    ridge = RIDGE * np.eye(rows.shape[1]) * counts.sum() / len(counts)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (counts * (wanted - chance)) - ridge @ weights
        curvature = (rows * (counts * chance * (1 - chance))[:, None]).T @ rows + ridge
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights
