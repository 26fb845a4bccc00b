"""Every question asked of a pair of recordings. A new metric is one function in its module."""

from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

from secondtake.analysis.features.corpus import ReferenceCorpus, load_default
from secondtake.analysis.features.extract import Features
from secondtake.analysis.lyrics.transcripts import TranscriptPair
from secondtake.analysis.metrics import (
    artefacts,
    harmony,
    level,
    lyrics,
    rhythm,
    spectrum,
    timbre,
    voice,
)
from secondtake.analysis.metrics.metric import Measurement, Metric
from secondtake.analysis.metrics.overall import likeness
from secondtake.analysis.metrics.scoring import score

MODULES = (timbre, rhythm, harmony, spectrum, voice, level, artefacts)
QUESTIONS: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module for module in MODULES
}
METRICS: tuple[Metric, ...] = tuple(
    metric for module in QUESTIONS.values() for metric in module.METRICS
)


@dataclass(frozen=True, eq=False)
class Pair:
    """The features of a baseline and of a take; and of the sketch of the segment."""

    reference: Features
    estimate: Features
    control: Features | None = None
    words: TranscriptPair | None = None  # of take and baseline; None where nobody was to sing


def evaluate(pair: Pair, corpus: ReferenceCorpus | None = None) -> dict[str, Measurement]:
    """All measurements of a take against a baseline, by the metric's name.

    A metric that says nothing of these two has a measurement without a value; its note says why.
    """
    against = corpus or load_default()
    reference = _standardized(pair.reference, against)
    estimate = _standardized(pair.estimate, against)
    control = _standardized(pair.control, against) if pair.control is not None else None
    combined = likeness(against)
    metrics = (*((combined,) if combined else ()), *METRICS)
    scores = {
        metric.name: score(metric, reference, estimate, against, control) for metric in metrics
    }
    return scores | (lyrics.evaluate(pair.words) if pair.words is not None else {})


@lru_cache(maxsize=64)  # the baseline of a segment meets every take of it
def _standardized(features: Features, corpus: ReferenceCorpus) -> Features:
    """The features as the metrics see them."""
    return corpus.standardized(features)
