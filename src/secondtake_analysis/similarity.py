"""A windowed metric between two recordings: value, floor, mark, ceiling, interval.

Value: the median over all pairs of windows, without any alignment in time. Two generated takes of
a segment never agree note by note; what they can share is how they sound.
"""

import numpy as np

from secondtake_analysis.features import Features
from secondtake_analysis.measurement import Measurement
from secondtake_analysis.metrics.windowed import WindowMetric

FAR_APART = 9.0  # s between the starts of two windows that no longer share a phrase
RESAMPLES = 1000
SEED = 20  # fixed: the same files give the same interval


def similarity(
    metric: WindowMetric,
    reference: Features,
    estimate: Features,
    noise: Features,
    mark: Features | None = None,
) -> Measurement:
    """One metric with all that stands beside it. Without windows on a side: no number, and why.

    `noise` gives the floor, `mark` (the sketch) what a model should beat.
    """
    for side, features in (("reference", reference), ("take", estimate)):
        if not features.windows:
            why = f"the {side} holds no second of sound"
            return Measurement(metric.name, None, metric.unit, note=why)
    pairs = metric.pairs(reference, estimate)
    value = float(np.median(pairs))
    floor = _median(metric, reference, noise)
    top, rule = ceiling(metric, reference)
    scaled, why_not = scale(value, floor, top, metric)
    interval, few = bootstrap(pairs)
    return Measurement(
        metric.name,
        value,
        metric.unit,
        floor,
        _median(metric, reference, mark) if mark is not None and mark.windows else None,
        top,
        interval,
        scaled,
        metric.closer_is,
        "; ".join(note for note in (metric.note, rule, why_not, few) if note),
    )


def ceiling(metric: WindowMetric, reference: Features) -> tuple[float | None, str]:
    """What the reference scores against other parts of itself, and by which rule."""
    apart = np.abs(reference.starts[:, None] - reference.starts[None, :])
    if not (apart > 0).any():
        return None, "no ceiling: the reference is a single window"
    within = metric.pairs(reference, reference)
    if (apart >= FAR_APART).any():
        return float(np.median(within[apart >= FAR_APART])), ""
    farthest = float(apart.max())
    note = f"ceiling from windows {farthest:g} s apart (too short for {FAR_APART:g} s)"
    return float(np.median(within[apart == farthest])), note


def scale(
    value: float, floor: float, top: float | None, metric: WindowMetric
) -> tuple[float | None, str]:
    """(value - floor) / (ceiling - floor), or why the metric cannot say it here."""
    if top is None:
        return None, ""
    if not metric.better(top, floor) or abs(top - floor) < metric.least_span:
        return None, "not usable here: the reference is hardly closer to itself than pink noise is"
    return (value - floor) / (top - floor), ""


def bootstrap(pairs: np.ndarray) -> tuple[tuple[float, float] | None, str]:
    """95 % interval of the median when the windows of both sides are drawn again, 1000 times."""
    rows, columns = pairs.shape
    if rows < 2 or columns < 2:
        return None, "no interval: a side has a single window"
    random = np.random.default_rng(SEED)
    drawn_rows = random.integers(rows, size=(RESAMPLES, rows, 1))
    drawn_columns = random.integers(columns, size=(RESAMPLES, 1, columns))
    medians = np.median(pairs[drawn_rows, drawn_columns], axis=(1, 2))
    low, high = np.percentile(medians, [2.5, 97.5])
    return (float(low), float(high)), ""


def _median(metric: WindowMetric, reference: Features, estimate: Features) -> float:
    return float(np.median(metric.pairs(reference, estimate)))
