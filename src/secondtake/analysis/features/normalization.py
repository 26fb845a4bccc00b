"""How a feature differs over music in general: what makes its numbers comparable.

A number by itself is neither high nor low. Against its mean over other music it is, and in units of
its spread there no dimension outweighs the others. Then, what changes from one passage of a song to
the next says little about which song it is, so that it is made to count less.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ROUND = 0.1  # of the mean variance, added to each: few recordings show the weak ones too weak


@dataclass(frozen=True, eq=False)
class Standard:
    """Of a feature with so many dimensions."""

    mean: np.ndarray  # (dimensions,)
    scale: np.ndarray  # (dimensions,) to multiply by
    directions: np.ndarray  # (dimensions, n) of length 1: in which songs change most within
    damping: np.ndarray  # (n,) 0 to 1: the share of each that is taken away

    def apply(self, rows: np.ndarray) -> np.ndarray:
        """Rows (m, dimensions) in units of how far music differs."""
        units = (rows - self.mean) * self.scale
        found: np.ndarray = units - (units @ self.directions * self.damping) @ self.directions.T
        return found

    @staticmethod
    def of(recordings: Sequence[np.ndarray], least: float, directions: int = 0) -> "Standard":
        """From recordings' rows, (windows, dimensions) each.

        The spread of each dimension becomes 1; one that hardly moves counts as if it moved by
        `least`. In so many directions in which recordings change most from window to window, they
        then change no more than in the next one: within-class covariance normalisation (Hatch et
        al., 2006) of its strongest part alone, which a few recordings suffice to learn.
        """
        rows = np.concatenate(recordings).astype(np.float64)
        mean, scale = rows.mean(axis=0), 1 / np.maximum(rows.std(axis=0), least)
        inside = np.concatenate([(one - one.mean(axis=0)) * scale for one in recordings])
        if not directions:
            return Standard(mean, scale, np.empty((len(mean), 0)), np.empty(0))
        variances, axes = np.linalg.eigh(inside.T @ inside / len(inside))
        variances = np.maximum(variances[::-1], 0) + ROUND * max(variances.mean(), 1e-12)
        damping = 1 - np.sqrt(variances[directions] / variances[:directions])
        return Standard(mean, scale, axes[:, ::-1][:, :directions], damping)
