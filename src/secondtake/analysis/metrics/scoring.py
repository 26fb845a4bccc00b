"""Scoring of two recordings by a metric: value, floor, ceiling, interval, verdict.

The floor is what other music of the reference's own kind scores, cut to as many windows as the
estimate has. What 90 of 100 such pieces do not reach is *near*: a take is closer only if its whole
interval lies beyond. Of n pieces it is the one in place 0.9 (n + 1), so that a stranger of the same
kind lies beyond in at most a tenth of the cases, however few they are (conformal prediction).

Nothing is aligned in time: two takes of a segment never agree note by note, but their windows may
sound alike. So every window of one side looks for a partner on the other: of two drawn there by
lot, the closer one counts, and the value is the mean over all windows of both sides and all lots.
(The closest of all would tell songs apart a little better, but favour long recordings.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from secondtake.analysis.features.corpus import LEAST_MATCHES, ReferenceCorpus
from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics.metric import Interval, Measurement, Metric, Result

FAR_APART = 9.0  # s between the starts of two windows that no longer share a phrase
SHORT_CEILING = (
    "the baseline is too short for a fair ceiling "
    "(its stretches lie {least:g} s apart, not {far:g})"
)
RESAMPLES = 1000
HALVES = 200  # random halves of the windows, for metrics that must be computed anew for each
SEED = 20  # fixed: the same files give the same interval
CONFIDENCE = (2.5, 97.5)  # percentiles
NEAR, FAR = 0.9, 0.1  # shares of other music: closer than the one, further than the other
FEW_WINDOWS = 4  # of a side; if it has fewer, an interval without width says nothing


MOST_CELLS = 2_000_000  # pairs of windows that are resampled at once: 16 MB, whatever a song lasts
MOST_WINDOWS = 4  # of a piece of other music; longer takes meet all of them
NO_FLOOR = "no floor: too few other pieces have it"


@dataclass(frozen=True)
class Scale:
    """A metric's values of the reference itself and of other music against it."""

    others: np.ndarray  # (pieces,) closeness of each piece of other music, NaN-free, in order
    floor: float | None  # the median of the pieces' values
    ceiling: float | None
    note: str  # what is wrong with floor or ceiling; "" if nothing

    def quantile(self, share: float) -> float | None:
        """The closeness that another piece lies below with this probability at least."""
        if not len(self.others):
            return None
        place = (len(self.others) + 1) * share
        index = np.ceil(place) if share > 0.5 else np.floor(place)
        return float(self.others[int(np.clip(index - 1, 0, len(self.others) - 1))])

    def ends(self, metric: Metric) -> tuple[float, float] | None:
        """Floor and ceiling in closeness; None if missing, the wrong way round or too near."""
        if not metric.closer_is or self.floor is None or self.ceiling is None:
            return None
        floor, ceiling = metric.closeness(np.array([self.floor, self.ceiling])).tolist()
        return None if ceiling - floor < metric.least_span else (floor, ceiling)


def score(
    metric: Metric,
    reference: Features,
    estimate: Features,
    corpus: ReferenceCorpus,
    control: Features | None = None,
) -> Measurement:
    """One metric with all that stands beside it. Features standardized by the corpus."""
    why, absent = metric.validate(reference, estimate), metric.absence(reference, estimate)
    result = Result(None, why or absent)
    if not result.note:
        result = _value(metric, reference, estimate)
    value, note = result.value, result.full_note
    if value is None:
        verdict = "unknown" if why else "undecided"
        return Measurement(
            metric.name, metric.question, None, metric.unit, verdict=verdict, note=note
        )
    drawn, few = _resampled(metric, reference, estimate)
    beside = None
    if control and not metric.validate(reference, control):
        beside = (
            None if metric.absence(reference, control) else _value(metric, reference, control).value
        )
    scale = reference_scale(metric, reference, corpus, min(estimate.windows, MOST_WINDOWS))
    if min(reference.windows, estimate.windows) < FEW_WINDOWS and len(drawn) and not np.ptp(drawn):
        drawn, few = np.empty(0), "no interval: too few windows"
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
    near, far = (_scaled_closeness(metric, scale, scale.quantile(share)) for share in (NEAR, FAR))
    return Measurement(
        metric.name,
        metric.question,
        value,
        metric.unit,
        floor=scale.floor,
        near=_near(metric, scale),
        ceiling=scale.ceiling,
        interval=_interval(drawn),
        percentile=_percentile(scale.others, closeness) if is_scored else None,
        scaled=scaled,
        scaled_interval=scaled_interval,
        near_scaled=near,
        verdict=_verdict(metric, scale, scaled, scaled_interval, (far, near)),
        closer_is=metric.closer_is,
        mark=control,
        mark_scaled=float(rescaled(np.array(control)))
        if rescaled and control is not None
        else None,
        note="; ".join(note for note in notes if note),
    )


def _near(metric: Metric, scale: Scale) -> float | None:
    """The value whose closeness 90 of 100 pieces do not reach."""
    closeness = scale.quantile(NEAR) if metric.closer_is else None
    if closeness is None:
        return None
    return closeness if metric.closer_is == "higher" else -closeness


def _scaled_closeness(metric: Metric, scale: Scale, closeness: float | None) -> float | None:
    """The place of a closeness between floor (0) and ceiling (1)."""
    ends = scale.ends(metric)
    return (
        None if ends is None or closeness is None else (closeness - ends[0]) / (ends[1] - ends[0])
    )


def _percentile(others: np.ndarray, closeness: float) -> float:
    """The share of others that are less close, 0 to 100; of those as close, half."""
    return float(50 * (np.mean(others < closeness) + np.mean(others <= closeness)))


def _rescaling(metric: Metric, scale: Scale) -> Callable[[np.ndarray], np.ndarray] | None:
    """Values -> their place between floor (0) and ceiling (1), in closeness; None without ends."""
    if (ends := scale.ends(metric)) is None:
        return None
    floor, ceiling = ends
    return lambda values: (metric.closeness(values) - floor) / (ceiling - floor)


def _verdict(
    metric: Metric,
    scale: Scale,
    scaled: float | None,
    interval: Interval | None,
    limits: tuple[float | None, float | None],
) -> str:
    """One of metric.VERDICTS, except unknown. limits: far and near, scaled."""
    far, near = limits
    if metric.closer_is and scale.floor is None:
        return "no floor"
    if scaled is None or far is None or near is None:
        return "no scale"
    if interval is None:
        return "undecided"
    low, high = interval
    if low <= 0 and high >= 1:
        return "undecided"
    if high < far:
        return "further"
    if low > near:
        return "as itself" if high >= 1 and scaled > 0.5 else "closer"
    return "between" if scaled > near and low > 0 else "as other music"


@lru_cache(maxsize=1024)  # every take of a segment meets the same baseline
def reference_scale(
    metric: Metric, reference: Features, corpus: ReferenceCorpus, windows: int = MOST_WINDOWS
) -> Scale:
    """Floor and ceiling of a metric for a reference. windows: of an estimate, at most."""
    values = []
    pieces = corpus.matched(reference, metric.whole_songs)
    for piece in pieces:
        features = piece.features
        if not metric.whole_songs and windows < features.windows:
            features = features.take_windows(np.arange(windows))
        if metric.validate(reference, features) or metric.absence(reference, features):
            continue
        if (value := _size(metric, reference, features)) is not None:
            values.append(value)
    ceiling, note = _ceiling(metric, reference)
    if len(values) < LEAST_MATCHES:
        kind = corpus.kind(reference).name
        why = f"no floor for this kind of baseline ({kind})" if not pieces else NO_FLOOR
        return Scale(np.empty(0), None, ceiling, "; ".join(filter(None, [why, note])))
    others = np.sort(metric.closeness(np.array(values)))
    return Scale(others, float(np.median(values)), ceiling, note)


def _ceiling(metric: Metric, reference: Features) -> tuple[float | None, str]:
    """The reference's score against other parts of itself, and what is wrong with that."""
    if metric.pairs is None:
        return _halves(metric, reference)
    apart = np.abs(reference.starts[:, None] - reference.starts[None, :])
    if not (apart > 0).any():
        return None, "no ceiling: the baseline is too short to be held against itself"
    within = metric.pairs(reference, reference)
    within = np.abs(within) if metric.closer_is in ("zero", "") else within
    least = min(FAR_APART, float(apart.max()))
    value = aggregate(metric, np.where(apart >= least, within, np.nan))
    if value is None:
        return None, "no ceiling: the baseline has no such thing to measure"
    short = least < FAR_APART
    return value, SHORT_CEILING.format(least=least, far=FAR_APART) if short else ""


def _halves(metric: Metric, reference: Features) -> tuple[float | None, str]:
    """The reference's first half against its second."""
    assert metric.compute is not None
    first, second = reference.halves()
    if metric.validate(first, second) or metric.absence(first, second):
        return None, "no ceiling: the baseline is too short to be halved, or changes too much"
    value = metric.compute(first, second).value
    if value is None:
        return None, "no ceiling: undecidable in one half of the baseline"
    return (abs(value) if metric.closer_is == "zero" else value), ""


def _value(metric: Metric, reference: Features, estimate: Features) -> Result:
    """The value and its note; None and why."""
    if metric.pairs is not None:
        value = aggregate(metric, metric.pairs(reference, estimate))
        why = "" if value is not None else "one side has no such thing to measure"
        return Result(value, why)
    assert metric.compute is not None
    return metric.compute(reference, estimate)


def _size(metric: Metric, reference: Features, estimate: Features) -> float | None:
    """The value without its sign where only its size says how close: a piece's, for the floor."""
    value = _value(metric, reference, estimate).value
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
    step = max(1, MOST_CELLS // pairs.size)
    parts = (slice(start, start + step) for start in range(0, RESAMPLES, step))
    drawn = [aggregate_all(metric, pairs[drawn_rows[part], drawn_columns[part]]) for part in parts]
    return np.concatenate(drawn), ""


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
        lacks = metric.validate(*halves) or metric.absence(*halves)
        result = None if lacks else metric.compute(*halves)
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
