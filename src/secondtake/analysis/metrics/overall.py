"""Overall: the best metrics of four questions in one number, weighed by what they know.

Not a question of its own but a summary; the questions above it say what it is made of.
"""

from functools import lru_cache

import numpy as np

from secondtake.analysis.features.corpus import ReferenceCorpus
from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics import harmony, rhythm, spectrum, timbre
from secondtake.analysis.metrics.metric import Metric

PARTS: tuple[Metric, ...] = (  # the best of each question: a second one adds nothing beside it
    timbre.embedding,
    rhythm.pulse,
    harmony.harmony,
    spectrum.character,
)
BIAS = "bias"

LIKENESS = """Whether the two could be parts of one song, the best of four questions together.

Definition: log-odds that two windows are of one song rather than of two, by logistic regression on
embedding, pulse, harmony and spectral character; of every pair of windows.
Range: 0 is undecided; 1 means e times as likely as not, -1 the reverse.
Source: weights learned on the reference corpus (benchmarks/analysis/calibrate.py), tested
on other albums.
Fails: learned on parts of recordings. A faithful second take in other instruments is not one.
"""


@lru_cache(maxsize=8)
def likeness(corpus: ReferenceCorpus) -> Metric | None:
    """The combined metric of a calibration; None if it has no weights."""
    if not (weights := corpus.weights):
        return None

    def pairs(reference: Features, estimate: Features) -> np.ndarray:
        total = np.full((reference.windows, estimate.windows), weights[BIAS])
        for metric in PARTS:
            assert metric.pairs is not None
            total += weights[metric.name] * metric.closeness(metric.pairs(reference, estimate))
        return total

    return Metric("likeness", "overall", "log-odds", "higher", 1, 0.5, LIKENESS, pairs=pairs)
