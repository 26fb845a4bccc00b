"""Standardization of a feature over music in general, which makes its numbers comparable.

A number by itself is neither high nor low. Against its mean over other music it is, and in units of
its spread no dimension outweighs the others. Then, what changes from one passage of a song to the
next says little about which song it is, so it is made to count less.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ROUND = 0.1  # of the mean variance, added to each: few recordings show the weak ones too weak


@dataclass(frozen=True, eq=False)
class Standardizer:
    """Mean, spread and within-song axes of a feature."""

    mean: np.ndarray  # (dimensions,)
    scale: np.ndarray  # (dimensions,) to multiply by
    within_song_axes: np.ndarray  # (dimensions, n) of length 1: songs change most along them
    shrinkage: np.ndarray  # (n,) 0 to 1: the share of each that is taken away

    def apply(self, rows: np.ndarray) -> np.ndarray:
        """Rows (m, dimensions) in units of how far music differs."""
        units = (rows - self.mean) * self.scale
        inside = units @ self.within_song_axes * self.shrinkage
        return np.asarray(units - inside @ self.within_song_axes.T)

    @staticmethod
    def of(recordings: Sequence[np.ndarray], least: float, axes: int = 0) -> "Standardizer":
        """From recordings' rows, (windows, dimensions) each.

        The spread of each dimension becomes 1; one that hardly moves counts as if it moved by
        `least`. Along so many axes, those of the most change from window to window, recordings then
        change no more than along the next one: within-class covariance normalisation (Hatch et
        al., 2006) of its strongest part alone, which a few recordings suffice to learn.
        """
        rows = np.concatenate(recordings).astype(np.float64)
        mean, scale = rows.mean(axis=0), 1 / np.maximum(rows.std(axis=0), least)
        if not axes:
            return Standardizer(mean, scale, np.empty((len(mean), 0)), np.empty(0))
        inside = np.concatenate([(own - own.mean(axis=0)) * scale for own in recordings])
        variances, vectors = np.linalg.eigh(inside.T @ inside / len(inside))
        variances = np.maximum(variances[::-1], 0) + ROUND * max(variances.mean(), 1e-12)
        shrinkage = 1 - np.sqrt(variances[axes] / variances[:axes])
        return Standardizer(mean, scale, vectors[:, ::-1][:, :axes], shrinkage)
