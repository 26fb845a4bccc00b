"""Overall: the best metrics of four questions in one number, weighed by what they know.

Not a question of its own but a summary; the questions above it say what it is made of.
"""

from functools import lru_cache

import numpy as np

from secondtake.analysis.features.corpus import ReferenceCorpus
from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics import harmony, rhythm, spectrum, timbre
from secondtake.analysis.metrics.metric import Metric
from secondtake.analysis.metrics.scoring import reference_scale

PARTS: tuple[Metric, ...] = (  # the best of each question: a second one adds nothing beside it
    timbre.embedding,
    rhythm.pulse,
    harmony.harmony,
    spectrum.character,
)
BIAS = "bias"
NEUTRAL = "neutral "  # before the name of a part: the closeness that speaks for neither side

LIKENESS = """Whether the two could be parts of one song, the best of four questions together.

Definition: log-odds that two windows are of one song rather than of two, by logistic regression on
embedding, pulse, harmony and spectral character; of every pair of windows. A part counts only if it
has a scale for this baseline and both sides have what it asks for (a clear pulse, a key).
Range: 0 is undecided; 1 means e times as likely as not, -1 the reverse.
Source: weights learned on the design set (benchmarks/analysis/calibrate.py), among whose strangers
are noises, tones, voices and sketches, and among whose songs second takes; tested on other sources.
Fails: learned on parts of recordings. A faithful second take in other instruments is not one.
"""


def usable_parts(
    reference: Features, estimate: Features, corpus: ReferenceCorpus
) -> tuple[Metric, ...]:
    """The parts that say something of these two."""
    return tuple(
        part
        for part in PARTS
        if not part.validate(reference, estimate)
        and not part.absence(reference, estimate)
        and has_scale(part, reference, corpus)
    )


def has_scale(metric: Metric, reference: Features, corpus: ReferenceCorpus) -> bool:
    """True if the reference is closer to itself than other music is."""
    return reference_scale(metric, reference, corpus).ends(metric) is not None


@lru_cache(maxsize=64)
def likeness(corpus: ReferenceCorpus, parts: tuple[Metric, ...] = PARTS) -> Metric | None:
    """The combined metric of a calibration, of these parts; None if it has no weights."""
    if not (weights := corpus.weights):
        return None

    def pairs(reference: Features, estimate: Features) -> np.ndarray:
        total = np.full((reference.windows, estimate.windows), weights[BIAS])
        for part in parts:
            assert part.pairs is not None
            closeness = part.closeness(part.pairs(reference, estimate))
            total += weights[part.name] * (closeness - weights[NEUTRAL + part.name])
        return total

    return Metric("likeness", "overall", "log-odds", "higher", 1, 0.5, LIKENESS, pairs=pairs)
