"""Key: the major or minor key whose profile fits the pitch classes best.

Krumhansl and Kessler's probe-tone profiles (1982), Pearson correlation with the mean chroma. A
relative or parallel key is a common and small mistake, so the runner-up and the margin are shown
and two keys are compared with the weights of the MIREX key task.
"""

from dataclasses import dataclass

import numpy as np

from secondtake_analysis.features import Features
from secondtake_analysis.metrics.windowed import pearson

PITCHES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
UNSURE = 0.05  # margin below which the first two keys are a matter of taste
CHANCE = (1.0 + 0.5 + 0.3 + 0.2) / 24  # mean score of a key drawn by lot


@dataclass(frozen=True)
class Key:
    """The best two keys and by how much the first leads. `tonic` counts semitones from C."""

    tonic: int
    mode: str  # major, minor
    second: str
    margin: float  # difference of the two correlations

    @property
    def name(self) -> str:
        return f"{PITCHES[self.tonic]} {self.mode}"

    @property
    def words(self) -> str:
        """The key as a person should read it, with its rival where the race was close."""
        rival = f" or {self.second}" if self.margin < UNSURE else ""
        return f"{self.name}{rival} (margin {self.margin:.2f})"


def key(features: Features) -> Key | None:
    """The key of a recording; None if it has no windows or no pitches."""
    if not features.windows or not features.chroma.any():
        return None
    profiles = np.array([np.roll(p, tonic) for p in (MAJOR, MINOR) for tonic in range(12)])
    fits = pearson(features.chroma.mean(axis=0)[None], profiles)[0]
    first, second = np.argsort(-fits, kind="stable")[:2]
    rival = f"{PITCHES[second % 12]} {_mode(second)}"
    return Key(int(first % 12), _mode(first), rival, float(fits[first] - fits[second]))


def score(reference: Key, estimate: Key) -> tuple[float, str]:
    """MIREX weight of an estimated key, 0 to 1, and the relation in words."""
    interval = (estimate.tonic - reference.tonic) % 12
    if reference.mode == estimate.mode:
        if interval in (0, 7):
            return (1.0, "the same key") if interval == 0 else (0.5, "a fifth higher")
        return 0.0, "another key"
    if interval == (9 if reference.mode == "major" else 3):
        return 0.3, "the relative key"
    return (0.2, "the parallel key") if interval == 0 else (0.0, "another key")


def _mode(index: int) -> str:
    return "major" if index < 12 else "minor"
