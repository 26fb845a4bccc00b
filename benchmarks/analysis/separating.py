"""Separation of two kinds of pairs by numbers: the area under the ROC curve."""

from dataclasses import dataclass

import numpy as np

RESAMPLES = 400
SEED = 7


@dataclass(frozen=True)
class Area:
    """1 is perfect, .5 is chance."""

    value: float
    low: float  # 95 %, bootstrap over songs
    high: float
    songs: int

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]".replace("0.", ".")


def area(
    closeness: np.ndarray, same: np.ndarray, other: np.ndarray, songs: np.ndarray
) -> Area | None:
    """Pairs of one song against others.

    closeness: (n, n) of every pair of excerpts, NaN where it is unknown; same, other: (n, n) which
    pairs are of one song and which of two; songs: (n,) the song of every excerpt. The bootstrap
    draws songs, not pairs: those of a song are not independent. None without pairs of either kind.
    """
    rows, columns = np.nonzero(np.triu((same | other) & np.isfinite(closeness), 1))
    if not len(rows):
        return None
    values, wanted = closeness[rows, columns], same[rows, columns]
    if wanted.all() or not wanted.any():
        return None
    order = np.argsort(values, kind="stable")
    values, wanted = values[order], wanted[order]
    firsts, seconds = songs[rows[order]], songs[columns[order]]
    names = np.unique(songs)
    random = np.random.default_rng(SEED)
    drawn = random.multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES)
    counts = np.zeros((RESAMPLES, songs.max() + 1))
    counts[:, names] = drawn
    samples = []
    for count in counts:
        weights = np.where(wanted, count[firsts], count[firsts] * count[seconds])
        samples.append(_weighted(values, wanted, weights))
    known = np.array([one for one in samples if one is not None])
    low, high = np.percentile(known, [2.5, 97.5])
    whole = _weighted(values, wanted, np.ones(len(values)))
    assert whole is not None
    return Area(whole, float(low), float(high), len(names))


def _weighted(values: np.ndarray, wanted: np.ndarray, weights: np.ndarray) -> float | None:
    """The area for sorted values; of equal ones half counts. None if a kind has no weight."""
    ours, theirs = np.where(wanted, weights, 0), np.where(wanted, 0, weights)
    if not ours.sum() or not theirs.sum():
        return None
    firsts = np.flatnonzero(np.diff(values, prepend=-np.inf))
    ours, theirs = np.add.reduceat(ours, firsts), np.add.reduceat(theirs, firsts)
    below = np.cumsum(theirs) - theirs / 2
    return float((ours * below).sum() / (ours.sum() * theirs.sum()))
