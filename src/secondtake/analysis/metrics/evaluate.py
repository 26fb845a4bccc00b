"""Every question asked of a pair of recordings. A new metric is one function in its module."""

from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

from secondtake.analysis.features.corpus import Calibration, shipped
from secondtake.analysis.features.extract import Features
from secondtake.analysis.lyrics.transcripts import Words
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
from secondtake.analysis.metrics.scoring import measure

QUESTIONS: dict[str, ModuleType] = {
    "timbre": timbre,
    "rhythm": rhythm,
    "harmony": harmony,
    "spectrum": spectrum,
    "voice": voice,
    "level": level,
    "artefacts": artefacts,
}
METRICS: tuple[Metric, ...] = tuple(
    metric for module in QUESTIONS.values() for metric in module.METRICS
)


@dataclass(frozen=True, eq=False)
class Pair:
    """An original and a take of it, as they were described; and the sketch of the segment."""

    reference: Features
    estimate: Features
    mark: Features | None = None
    words: Words | None = None  # of the take and its original; None where nobody was to sing


def evaluate(pair: Pair, calibration: Calibration | None = None) -> dict[str, Measurement]:
    """All measurements of a take against an original, by the metric's name.

    A metric that cannot say anything of these two has a measurement too, without a value: its
    note says why.
    """
    against = calibration or shipped()
    reference, estimate = _seen(pair.reference, against), _seen(pair.estimate, against)
    mark = _seen(pair.mark, against) if pair.mark is not None else None
    combined = likeness(against)
    asked = (*((combined,) if combined else ()), *METRICS)
    found = {metric.name: measure(metric, reference, estimate, against, mark) for metric in asked}
    return found | (lyrics.evaluate(pair.words) if pair.words is not None else {})


@lru_cache(maxsize=64)  # the original of a segment meets every take of it
def _seen(features: Features, calibration: Calibration) -> Features:
    """The features as the metrics see them."""
    return calibration.standardised(features)
