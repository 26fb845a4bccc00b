"""Scoring of two recordings by a metric: value, floor, ceiling, interval, verdict.

Nothing is aligned in time: two takes of a segment never agree note by note, but their windows may
sound alike. So every window of one side looks for a partner on the other: of two drawn there by
lot, the closer one counts, and the value is the mean over all windows of both sides and all lots.
(The closest of all would tell songs apart a little better, but favour long recordings.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from secondtake.analysis.features.corpus import ReferenceCorpus
from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics.metric import Interval, Measurement, Metric

FAR_APART = 9.0  # s between the starts of two windows that no longer share a phrase
RESAMPLES = 1000
HALVES = 200  # random halves of the windows, for metrics that must be computed anew for each
SEED = 20  # fixed: the same files give the same interval
CONFIDENCE = (2.5, 97.5)  # percentiles
MIN_PERCENTILE = 90.0  # of 100 other pieces must be less close before a take is called closer


@dataclass(frozen=True)
class Scale:
    """A metric's values of the reference itself and of other music against it."""

    others: np.ndarray  # (pieces,) closeness of each piece of other music, NaN-free
    floor: float | None  # the median of the pieces' values
    ceiling: float | None
    note: str  # what is wrong with the ceiling; "" if nothing


def score(
    metric: Metric,
    reference: Features,
    estimate: Features,
    corpus: ReferenceCorpus,
    control: Features | None = None,
) -> Measurement:
    """One metric with all that stands beside it. Features standardized by the corpus."""
    why = metric.validate(reference, estimate)
    value, note = (None, why) if why else _value(metric, reference, estimate)
    if value is None:
        return Measurement(metric.name, metric.question, None, metric.unit, note=note)
    drawn, few = _resampled(metric, reference, estimate)
    beside = _value(metric, reference, control)[0] if control and control.windows else None
    scale = reference_scale(metric, reference, corpus)
    return score_value(metric, value, drawn, beside, scale, (note, few, scale.note))


def score_value(
    metric: Metric,
    value: float,
    drawn: np.ndarray,
    control: float | None,
    scale: Scale,
    notes: tuple[str, ...],
) -> Measurement:
    """The measurement of a value, of `drawn` values from resampled windows (maybe none)."""
    rescaled = _rescaling(metric, scale)
    closeness = float(metric.closeness(np.array(value)))
    scaled = float(rescaled(np.array(value))) if rescaled else None
    scaled_interval = _interval(rescaled(drawn)) if rescaled else None
    is_scored = metric.closer_is and len(scale.others)
    percentile = _percentile(scale.others, closeness) if is_scored else None
    return Measurement(
        metric.name,
        metric.question,
        value,
        metric.unit,
        scale.floor,
        scale.ceiling,
        _interval(drawn),
        percentile,
        scaled,
        scaled_interval,
        _verdict(scaled, scaled_interval, percentile),
        metric.closer_is,
        control,
        float(rescaled(np.array(control))) if rescaled and control is not None else None,
        "; ".join(note for note in notes if note),
    )


def _percentile(others: np.ndarray, closeness: float) -> float:
    """The share of others that are less close, 0 to 100; of those as close, half."""
    return float(50 * (np.mean(others < closeness) + np.mean(others <= closeness)))


def _rescaling(metric: Metric, scale: Scale) -> Callable[[np.ndarray], np.ndarray] | None:
    """Values -> their place between floor (0) and ceiling (1), in closeness.

    None where the ends are missing, the wrong way round or too near each other.
    """
    if not metric.closer_is or scale.floor is None or scale.ceiling is None:
        return None
    floor, ceiling = metric.closeness(np.array([scale.floor, scale.ceiling])).tolist()
    if ceiling - floor < metric.least_span:
        return None
    return lambda values: (metric.closeness(values) - floor) / (ceiling - floor)


def _verdict(scaled: float | None, interval: Interval | None, percentile: float | None) -> str:
    """One of metric.VERDICTS, except unknown."""
    if scaled is None or percentile is None:
        return "no scale"
    low, high = interval or (scaled, scaled)
    if high < 0:
        return "further"
    if high >= 1 and scaled > 0.5 and low > 0:
        return "as itself"
    if low <= 0:
        return "as other music"
    return "closer" if percentile >= MIN_PERCENTILE else "between"


@lru_cache(maxsize=512)  # every take of a segment meets the same baseline
def reference_scale(metric: Metric, reference: Features, corpus: ReferenceCorpus) -> Scale:
    """Floor and ceiling of a metric for a reference."""
    others = corpus.albums if metric.by_album else corpus.pieces
    values = [
        value
        for piece in others
        if not metric.validate(reference, piece.features)
        and (value := _size(metric, reference, piece.features)) is not None
    ]
    floor = float(np.median(values)) if values else None
    ceiling, note = _ceiling(metric, reference)
    return Scale(metric.closeness(np.array(values)), floor, ceiling, note)


def _ceiling(metric: Metric, reference: Features) -> tuple[float | None, str]:
    """The reference's score against other parts of itself, and what is wrong with that."""
    if metric.pairs is None:
        return _halves(metric, reference)
    apart = np.abs(reference.starts[:, None] - reference.starts[None, :])
    if not (apart > 0).any():
        return None, "no ceiling: the baseline is a single window"
    within = metric.pairs(reference, reference)
    within = np.abs(within) if metric.closer_is in ("zero", "") else within
    least = min(FAR_APART, float(apart.max()))
    value = aggregate(metric, np.where(apart >= least, within, np.nan))
    if value is None:
        return None, "no ceiling: the baseline has no such thing to measure"
    short = least < FAR_APART
    why = f"ceiling from windows {least:g} s apart (too short for {FAR_APART:g} s)" if short else ""
    return value, why


def _halves(metric: Metric, reference: Features) -> tuple[float | None, str]:
    """The reference's first half against its second."""
    assert metric.compute is not None
    first, second = reference.halves()
    if metric.validate(first, second):
        return None, "no ceiling: the baseline is too short to be halved"
    value = metric.compute(first, second).value
    if value is None:
        return None, "no ceiling: undecidable in one half of the baseline"
    return (abs(value) if metric.closer_is == "zero" else value), ""


def _value(metric: Metric, reference: Features, estimate: Features) -> tuple[float | None, str]:
    """The value and its note; None and why."""
    if metric.pairs is not None:
        value = aggregate(metric, metric.pairs(reference, estimate))
        return value, "" if value is not None else "one side has no such thing to measure"
    assert metric.compute is not None
    result = metric.compute(reference, estimate)
    return result.value, result.note


def _size(metric: Metric, reference: Features, estimate: Features) -> float | None:
    """The value without its sign where only its size says how close: a piece's, for the floor."""
    value, _ = _value(metric, reference, estimate)
    if value is None or metric.closer_is in ("higher", "lower"):
        return value
    return abs(value)


def _resampled(metric: Metric, reference: Features, estimate: Features) -> tuple[np.ndarray, str]:
    """Values when other windows might have been there; none if a side has a single one."""
    if reference.windows < 2 or estimate.windows < 2:
        return np.empty(0), "no interval: a side has a single window"
    random = np.random.default_rng(SEED)
    if metric.pairs is None:
        return _in_halves(metric, reference, estimate, random)
    pairs = metric.pairs(reference, estimate)
    rows, columns = pairs.shape
    drawn_rows = random.integers(rows, size=(RESAMPLES, rows, 1))
    drawn_columns = random.integers(columns, size=(RESAMPLES, 1, columns))
    return aggregate_all(metric, pairs[drawn_rows, drawn_columns]), ""


def _in_halves(
    metric: Metric, reference: Features, estimate: Features, random: np.random.Generator
) -> tuple[np.ndarray, str]:
    """Values of random halves of both sides' windows.

    They scatter around the value of all windows as that scatters around the truth (McCarthy 1969),
    and no window comes twice, which would make a set of windows look closer to itself.
    """
    assert metric.compute is not None
    values = []
    for _ in range(HALVES):
        halves = [
            side.take_windows(np.sort(random.choice(side.windows, -(-side.windows // 2), False)))
            for side in (reference, estimate)
        ]
        result = None if metric.validate(*halves) else metric.compute(*halves)
        if result is not None and result.value is not None:
            values.append(result.value)
    if len(values) < HALVES / 2:
        return np.empty(0), "no interval: half of the windows decide nothing"
    return np.array(values), ""


def aggregate(metric: Metric, pairs: np.ndarray) -> float | None:
    """The value of a metric from its pairs of windows; NaN is no pair. None if there is none."""
    values = aggregate_all(metric, pairs[None])
    return float(values[0]) if len(values) else None


def aggregate_all(metric: Metric, drawn: np.ndarray) -> np.ndarray:
    """(resamples, rows, columns) -> the value of each that has any pair.

    Differences keep their sign and have no partners to choose: their value is the median.
    """
    drawn = drawn[np.isfinite(drawn).any(axis=(1, 2))]
    if metric.closer_is in ("zero", ""):
        _, rows, columns = drawn.shape
        return np.asarray(np.nanmedian(drawn.reshape(-1, rows * columns), axis=1))
    close = metric.closeness(drawn)
    partners = [np.nanmean(_closer_of_two(side), axis=1) for side in (close, close.swapaxes(1, 2))]
    return metric.closeness((partners[0] + partners[1]) / 2)


def _closer_of_two(close: np.ndarray) -> np.ndarray:
    """(..., rows, columns) -> score of the closer of two columns drawn by lot, (..., rows).

    Of n sorted values, the i-th (from 0) is the higher of two in i of the n (n - 1) / 2 draws. A
    row with a single partner has that one; NaN for none.
    """
    ordered = np.sort(close, axis=-1)  # NaN last
    count = np.isfinite(ordered).sum(axis=-1, keepdims=True)
    place = np.arange(close.shape[-1])
    draws = np.maximum(count * (count - 1) / 2, 1)
    weights = np.where(count == 1, place == 0, place / draws) * (place < count)
    expected = (np.where(place < count, ordered, 0) * weights).sum(axis=-1)
    return np.where(count[..., 0] > 0, expected, np.nan)


def _interval(drawn: np.ndarray) -> Interval | None:
    if not len(drawn):
        return None
    low, high = np.percentile(drawn, CONFIDENCE)
    return float(low), float(high)
