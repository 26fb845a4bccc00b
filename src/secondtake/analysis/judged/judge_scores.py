"""A take on the scales of a judge: value, interval, floor, ceiling and verdict, for any judge.

The floor is what a judge says of `others`: of the same take under other prompts where the take's
judgment has them, else of damaged copies of the baseline. The ceiling is what it says of the
baseline itself, under the same words. So "as other music" means here: no better than those.

A take of 14 s has a window or two, which say nothing of how much windows differ. So the interval
rests on all recordings of the song that the judge has heard: how far a window lies from the mean of
its recording, which is taken to be alike in all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t as student

from secondtake.analysis.comparison.material import ComparedTake, SegmentMaterial
from secondtake.analysis.judged.readings import JudgedTake, SongJudge, every_judgment
from secondtake.analysis.metrics.metric import Measurement, Metric
from secondtake.analysis.metrics.scoring import RESAMPLES, Scale, score_value
from secondtake.core.judgments import Judgment
from secondtake.core.registry.judge import JudgeScale, JudgeSpec

LEAST_OTHERS = 3  # of which a median says something
NO_INTERVAL = "no interval: no recording of the song has two windows"


@dataclass(frozen=True)
class Spread:
    """How much a second of sound differs from the mean of its recording, on a scale."""

    variance: float  # of a mean over one second; over n seconds, an n-th of it
    degrees: int  # of freedom: windows beyond the first of each recording

    def draws(self, value: float, own: Judgment, values: Sequence[float]) -> np.ndarray:
        """Means of a recording that there may as well have been, (RESAMPLES,); none if unknown.

        Quantiles of Student's t around its own. Where the recording itself varies more than the
        others do, its own variance counts.
        """
        if not self.degrees:
            return np.empty(0)
        squares, expected = _residuals(own, values)
        variance = max(self.variance, squares / expected if expected else 0.0)
        weights = _weights(own)
        error = np.sqrt(variance * weights @ _shared(own) @ weights)
        places = (np.arange(RESAMPLES) + 0.5) / RESAMPLES
        return np.asarray(value + error * student.ppf(places, self.degrees))


@dataclass(frozen=True)
class JudgeScores:
    """A judge of a song's takes, with the spread of every scale."""

    judge: SongJudge
    spreads: Mapping[str, Spread]

    def of_take(self, material: SegmentMaterial, compared: ComparedTake) -> list[Measurement]:
        """A measurement on every scale; [] for a take that the judge is not asked about.

        One without a value says why the take's judgment is missing.
        """
        judged = self.judge.of_take(material, compared)
        scales = self.judge.judge.scales if judged is not None else ()
        return [self._measurement(scale, judged) for scale in scales if judged is not None]

    def _measurement(self, scale: JudgeScale, judged: JudgedTake) -> Measurement:
        metric, own = scale_metric(self.judge.judge, scale), judged.own
        if isinstance(own, str):
            return Measurement(metric.name, metric.question, None, metric.unit, note=own)
        reading = own.scales.get(scale.name)
        if reading is None:
            note = f"{self.judge.judge.title} says nothing of it: it is silent"
            return Measurement(metric.name, metric.question, None, metric.unit, note=note)
        value = mean_of(reading.values, own)
        drawn = self.spreads[scale.name].draws(value, own, reading.values)
        span = _scale(metric, scale, judged, own)
        notes = ("" if len(drawn) else NO_INTERVAL, span.note)
        measured = score_value(metric, value, drawn, None, span, notes)
        if judged.control is None:
            return measured
        # Under other prompts the control has values of its own, and so a floor of its own.
        control = self._measurement(scale, replace(judged, own=judged.control, control=None))
        return replace(measured, mark=control.value, mark_scaled=control.scaled)


def scale_metric(judge: JudgeSpec, scale: JudgeScale) -> Metric:
    """A judge's scale as a metric, with its unit and its documentation."""
    facts = (scale.name, judge.question, scale.unit, scale.closer_is, 1, scale.least_span)
    return Metric(*facts, scale.doc)


def song_scores(judge: SongJudge, materials: Sequence[SegmentMaterial]) -> JudgeScores:
    """A judge with what all recordings of the song say of its scales."""
    judgments = [judgment for _, judgment in every_judgment(judge, materials)]
    spreads = {scale.name: window_spread(scale.name, judgments) for scale in judge.judge.scales}
    return JudgeScores(judge, spreads)


def window_spread(scale: str, judgments: Iterable[Judgment]) -> Spread:
    """The spread of windows around the means of their recordings, over all recordings."""
    squares = expected = 0.0
    degrees = 0
    for judgment in judgments:
        if (reading := judgment.scales.get(scale)) is not None:
            own, weight = _residuals(judgment, reading.values)
            squares, expected = squares + own, expected + weight
            degrees += len(reading.values) - 1
    return Spread(squares / expected if expected else 0.0, degrees)


def mean_of(values: Sequence[float], judgment: Judgment) -> float:
    """The mean of values of a judgment's windows, each by its length."""
    return float(_weights(judgment) @ np.array(values))


def _residuals(judgment: Judgment, values: Sequence[float]) -> tuple[float, float]:
    """Squares of the windows' distances from their mean, and what they would sum up to if a second
    of sound had a variance of 1."""
    weights = _weights(judgment)
    centred = np.eye(len(weights)) - weights[None]
    apart = centred @ np.array(values)
    expected = np.trace(centred @ _shared(judgment) @ centred.T)
    return float(apart @ apart), float(expected)


def _shared(judgment: Judgment) -> np.ndarray:
    """Covariance of windows of which a second has a variance of 1, (windows, windows).

    Windows that overlap share what they hold: each is a mean over its own seconds.
    """
    begin, end = np.array(judgment.windows, dtype=float).T
    overlap = np.minimum(end[:, None], end) - np.maximum(begin[:, None], begin)
    lengths = end - begin
    return np.asarray(np.maximum(overlap, 0) / np.outer(lengths, lengths))


def _weights(judgment: Judgment) -> np.ndarray:
    """The share of each window in a mean, by its length, (windows,)."""
    begin, end = np.array(judgment.windows, dtype=float).T
    return np.asarray((end - begin) / (end - begin).sum())


def _scale(metric: Metric, scale: JudgeScale, judged: JudgedTake, own: Judgment) -> Scale:
    """Floor and ceiling of a take. own: its judgment."""
    baseline, note = judged.baseline, ""
    ceiling, others = None, _others(own, scale)
    if isinstance(baseline, str):
        note = baseline
    elif reading := baseline.scales.get(scale.name):
        ceiling = mean_of(reading.values, baseline)
        others = others or _others(baseline, scale)
    else:
        note = "no ceiling: the baseline is silent"
    if not scale.closer_is:
        return Scale(np.empty(0), None, ceiling, note)
    if len(others) < LEAST_OTHERS:
        why = f"no floor: fewer than {LEAST_OTHERS} {scale.others}"
        return Scale(np.empty(0), None, ceiling, "; ".join(filter(None, [why, note])))
    closeness = np.sort(metric.closeness(np.array(others)))
    return Scale(closeness, float(np.median(others)), ceiling, note)


def _others(judgment: Judgment, scale: JudgeScale) -> list[float]:
    """The means of what the floor is made of; [] if a judgment has none."""
    reading = judgment.scales.get(scale.name)
    others = reading.others.values() if reading else ()
    return [mean_of(values, judgment) for values in others]
