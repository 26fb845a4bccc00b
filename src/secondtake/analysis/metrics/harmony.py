"""Key and harmony: which pitch classes sound, in which key, and how far transposed."""

from dataclasses import dataclass

import numpy as np

from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics.metric import (
    Result,
    cosine,
    global_metric,
    needs,
    pearson,
    window_metric,
)

PITCHES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
PROFILES = np.array([np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)])
UNSURE = 0.05  # margin below which the first two keys are a matter of taste
LEAST_FIT = 0.7  # correlation with the best profile; noise and almost all speech stay below


@dataclass(frozen=True)
class Key:
    """The best two keys and by how much the first leads. `tonic` counts semitones from C."""

    tonic: int
    mode: str  # major, minor
    second: str
    margin: float  # difference of the two correlations
    fit: float  # the better one, -1 to 1; noise reaches .4, speech .6

    @property
    def name(self) -> str:
        return f"{PITCHES[self.tonic]} {self.mode}"

    @property
    def words(self) -> str:
        """The key as a person should read it, with its rival where the race was close."""
        rival = f" or {self.second}" if self.margin < UNSURE else ""
        return f"{self.name}{rival} (margin {self.margin:.2f})"


def _mode(index: int) -> str:
    return "major" if index < 12 else "minor"


def key(features: Features) -> Key | None:
    """The key of a recording; None if it has no windows or no pitches."""
    if not features.windows or not features.chroma.any():
        return None
    fits = pearson(features.chroma.mean(axis=0)[None], PROFILES)[0]
    first, second = np.argsort(-fits, kind="stable")[:2]
    rival = f"{PITCHES[second % 12]} {_mode(second)}"
    margin, fit = float(fits[first] - fits[second]), float(fits[first])
    return Key(int(first % 12), _mode(first), rival, margin, fit)


def has_key(features: Features) -> bool:
    """True if a key fits; noise and speech have none."""
    tonality = key(features)
    return tonality is not None and tonality.fit >= LEAST_FIT


KEY = needs("key", has_key)


@KEY
@window_metric("cosine")
def harmony(reference: Features, estimate: Features) -> np.ndarray:
    """Whether the same notes are used, whatever the octave.

    Definition: strength of the 12 pitch classes in a window, from spectral peaks and relative to
    the recording's own tuning, standardised by the reference corpus; cosine of every pair of
    windows.
    Range: -1 to 1; unrelated music scores about 0.
    Source: chroma after Fujishima (1999).
    Fails: drums and speech have hardly any; the same piece in another key scores low.
    """
    return cosine(reference.standardized("chroma"), estimate.standardized("chroma"))


@KEY
@global_metric("correlation", "higher", name="harmony, transposed")
def transposed(reference: Features, estimate: Features) -> Result:
    """Whether the same notes are used once the take is moved into the best of twelve keys.

    Definition: the highest, over 12 transpositions of the whole take, of the median correlation of
    all pairs of windows; the note says how many semitones.
    Range: -1 to 1; being a best of twelve, unrelated music scores about .6.
    Source: the optimal transposition index of cover song identification (Serrà et al., 2008).
    Fails: its floor is high, so that there is often no scale.
    """
    rolled = np.concatenate([np.roll(estimate.chroma, shift, axis=1) for shift in range(12)])
    pairs = pearson(reference.chroma, rolled).reshape(reference.windows, 12, -1)
    fits = np.median(pairs, axis=(0, 2))
    best = int(np.argmax(fits))
    semitones = best - 12 if best > 6 else best
    moved = f"take moved by {semitones:+d} semitones" if semitones else "best as it is"
    return Result(float(fits[best]), moved)


@KEY
@global_metric("MIREX score", "higher", name="key")
def key_score(reference: Features, estimate: Features) -> Result:
    """Whether both are in the same key, or in one that is easily confused with it.

    Definition: the key is the major or minor profile that correlates best with the mean chroma;
    1 same, .5 a fifth higher, .3 relative, .2 parallel, 0 otherwise.
    Range: 0 to 1; a key drawn by lot scores .08.
    Source: Krumhansl and Kessler (1982) for the profiles, the MIREX key task for the weights.
    Fails: relative major and minor share all their notes: the runner-up is named where the margin
    is below .05. Modal and atonal music has a key here too.
    """
    ours, theirs = key(reference), key(estimate)
    if ours is None or theirs is None:
        return Result(None, "no pitches on one side")
    value, relation = score(ours, theirs)
    return Result(value, f"{theirs.words} against {ours.words}: {relation}")


def score(reference: Key, estimate: Key) -> tuple[float, str]:
    """MIREX weight of an estimated key, 0 to 1, and the relation in words."""
    interval = (estimate.tonic - reference.tonic) % 12
    relative = 9 if reference.mode == "major" else 3
    if reference.mode == estimate.mode:
        relations = {0: (1.0, "the same key"), 7: (0.5, "a fifth higher")}
    else:
        relations = {0: (0.2, "the parallel key"), relative: (0.3, "the relative key")}
    return relations.get(interval, (0.0, "another key"))


METRICS = (harmony, transposed, key_score)
