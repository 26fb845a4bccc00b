"""The kind of a recording: sung, instrumental, speech, noise or tone.

A comparison needs to know it twice. Other music is of the baseline's own kind, or every song with a
voice looks closer than an orchestra. And a take that is no music at all comes close to nothing; nor
does music that is played backwards.
"""

from dataclasses import dataclass

import numpy as np

from secondtake.analysis.features.extract import Features

KINDS = ("sung", "instrumental", "speech", "noise", "tone")
MUSIC = ("sung", "instrumental")
SILENCE = "silence"  # no window holds any sound
REVERSED = "reversed"  # music, played backwards
BACKWARDS = -0.2  # skewness of changes; music has .3 or more, and the same backwards -.3 or less
CERTAIN = 0.8  # probability from which something is called no music; music reaches .65 by mistake
EMBEDDING_GAIN = 3.0  # the embedding's length beside the other four, in units of their spread
TONAL_DB = -60.0  # flatness; below it all is tone
LARGEST_SPREAD = 24.0  # semitones


@dataclass(frozen=True)
class Kind:
    """The likeliest kind. probability: 0 to 1, the mean over windows of its logarithm."""

    name: str  # one of KINDS, SILENCE or REVERSED
    probability: float

    @property
    def is_music(self) -> bool:
        """False only for what is certainly none."""
        return self.name in MUSIC or (self.name in KINDS and self.probability < CERTAIN)


@dataclass(frozen=True, eq=False)
class KindClassifier:
    """Multinomial logistic regression on a window's embedding, voice and flatness."""

    mean: np.ndarray  # (753,) of the embedding over music
    scale: np.ndarray  # (753,) to multiply by
    weights: np.ndarray  # (SIZE, kinds)

    def classify(self, features: Features) -> Kind:
        """The kind of a recording."""
        if not features.windows:
            return Kind(SILENCE, 1.0)
        scores = self.inputs(features) @ self.weights
        scores = scores - scores.max(axis=1, keepdims=True)
        log_probabilities = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        mean = np.exp(log_probabilities.mean(axis=0))
        best = int(mean.argmax())
        if KINDS[best] in MUSIC and features.attack.mean() < BACKWARDS:
            return Kind(REVERSED, 1.0)
        return Kind(KINDS[best], float(mean[best] / mean.sum()))

    def inputs(self, features: Features) -> np.ndarray:
        """The regression's input, (windows, SIZE); the last column is 1."""
        width = len(self.mean)
        embedding = (features.embedding - self.mean) * self.scale * EMBEDDING_GAIN / np.sqrt(width)
        spread = np.minimum(np.nan_to_num(features.spread, nan=0.0), LARGEST_SPREAD)
        flatness = np.clip(np.nan_to_num(features.flatness, nan=TONAL_DB), TONAL_DB, 0)
        others = np.stack(
            [features.speech, features.voiced, flatness / 10 + 2, spread / 12], axis=1
        )
        return np.concatenate([embedding, others, np.ones((features.windows, 1))], axis=1)


SIZE = 753 + 4 + 1
