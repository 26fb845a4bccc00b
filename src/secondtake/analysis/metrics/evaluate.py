"""Every question asked of a pair of recordings. A new metric is one function in its module."""

from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType

from secondtake.analysis.features.corpus import ReferenceCorpus, load_default
from secondtake.analysis.features.extract import Features
from secondtake.analysis.features.kind import REVERSED, Kind
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
from secondtake.analysis.metrics.metric import CLOSE, Measurement, Metric
from secondtake.analysis.metrics.overall import likeness, usable_parts
from secondtake.analysis.metrics.scoring import score

NEARER = (*CLOSE, "between")
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
    parts = usable_parts(reference, estimate, against)
    combined = likeness(against, parts) if parts else None
    metrics = (*((combined,) if combined else ()), *METRICS)
    scores = {
        metric.name: score(metric, reference, estimate, against, control) for metric in metrics
    }
    if against.weights and not combined:
        scores = {"likeness": _no_likeness()} | scores
    kinds = against.kind(pair.reference), against.kind(pair.estimate)
    scores = {name: _gated(measurement, *kinds) for name, measurement in scores.items()}
    return scores | (lyrics.evaluate(pair.words) if pair.words is not None else {})


def _no_likeness() -> Measurement:
    note = "none of its parts says anything of these two"
    return Measurement("likeness", "overall", None, "log-odds", verdict="undecided", note=note)


def _gated(measurement: Measurement, reference: Kind, estimate: Kind) -> Measurement:
    """The measurement; nothing that is no music comes close to music, whatever it shares."""
    if estimate.is_music or not reference.is_music or measurement.verdict not in NEARER:
        return measurement
    what = "played backwards" if estimate.name == REVERSED else f"{estimate.name}, not music"
    note = "; ".join(filter(None, [f"the take is {what}", measurement.note]))
    return replace(measurement, verdict="undecided", note=note)


@lru_cache(maxsize=64)  # the baseline of a segment meets every take of it
def _standardized(features: Features, corpus: ReferenceCorpus) -> Features:
    """The features as the metrics see them."""
    return corpus.standardized(features)
