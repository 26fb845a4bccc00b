"""Metrics made of functions, with their question and unit, and measurements by them.

The docstring of the function is its documentation: the first sentence is for a musician, and
docs/lab/metrics.md is made from it (secondtake.analysis.metrics.document). A `Measurement` is a
number with everything that gives it a meaning beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from secondtake.analysis.features.extract import Features

Pairs = Callable[[Features, Features], np.ndarray]  # -> (reference windows, estimate windows)


@dataclass(frozen=True)
class Result:
    """A value, or None and why; the note may also say what the value hides."""

    value: float | None
    note: str = ""
    explain: Callable[[], str] | None = None  # a note that takes longer than the value

    @property
    def full_note(self) -> str:
        return self.explain() if self.explain else self.note


Whole = Callable[[Features, Features], Result]


@dataclass(frozen=True, eq=False)
class Metric:
    """One way to ask one question."""

    name: str
    question: str
    unit: str
    closer_is: str  # higher, lower, zero; "" where nearer is not better
    least_windows: int  # on either side
    least_span: float  # of ceiling against floor; within less there is no scale
    doc: str
    pairs: Pairs | None = None  # of a windowed metric
    compute: Whole | None = None  # of a global one
    whole_songs: bool = False  # other music has too few windows a piece, so songs stand for it
    needs: tuple[str, Callable[[Features], bool]] | None = None  # "clear pulse", True if it has one

    def closeness(self, values: np.ndarray) -> np.ndarray:
        """Values on an axis on which higher is closer."""
        if self.closer_is == "zero":
            return np.asarray(-np.abs(values))
        return -values if self.closer_is == "lower" else values

    def validate(self, reference: Features, estimate: Features) -> str:
        """The reason why the metric has no number for these two; "" if it has one."""
        for side, features in (("baseline", reference), ("take", estimate)):
            if not features.windows:
                return f"the {side} holds no second of sound"
            if features.windows < self.least_windows:
                return (
                    f"too short: the {side} has {features.windows} of the {self.least_windows} "
                    "windows of 3 s that this takes"
                )
        return ""

    def absence(self, reference: Features, estimate: Features) -> str:
        """The property that a side lacks, as "no clear pulse in the take"; "" if both have it.

        Two recordings that lack it agree in nothing.
        """
        if self.needs is None:
            return ""
        name, has = self.needs
        sides = (("baseline", reference), ("take", estimate))
        lacking = [side for side, features in sides if not has(features)]
        return f"no {name} in the {' or the '.join(lacking)}" if lacking else ""


def needs(name: str, has: Callable[[Features], bool]) -> Callable[[Metric], Metric]:
    """A metric that says nothing of recordings without a property."""
    return lambda metric: replace(metric, needs=(name, has))


def window_metric(
    unit: str, closer_is: str = "higher", least_span: float = 0.15, name: str = ""
) -> Callable[[Pairs], Metric]:
    """A metric from a function that compares every window with every window.

    Every window looks for a partner; of two windows of the other side the closer one counts.
    """
    return lambda pairs: Metric(
        *_named(pairs, name), unit, closer_is, 1, least_span, pairs.__doc__ or "", pairs=pairs
    )


def difference_metric(
    unit: str, least_span: float, scored: bool = True, name: str = ""
) -> Callable[[Callable[[Features], np.ndarray]], Metric]:
    """A metric from a figure that every window has; NaN where a window has none.

    Its value is the median of estimate minus reference over all pairs; nearer to zero is closer.
    """

    def metric(figure: Callable[[Features], np.ndarray]) -> Metric:
        def pairs(reference: Features, estimate: Features) -> np.ndarray:
            return np.asarray(figure(estimate)[None, :] - figure(reference)[:, None])

        closer_is, doc = "zero" if scored else "", figure.__doc__ or ""
        return Metric(*_named(figure, name), unit, closer_is, 1, least_span, doc, pairs=pairs)

    return metric


def global_metric(
    unit: str,
    closer_is: str,
    least_span: float = 0.15,
    least_windows: int = 1,
    whole_songs: bool = False,
    name: str = "",
) -> Callable[[Whole], Metric]:
    """A metric from a function of two whole recordings."""

    def metric(compute: Whole) -> Metric:
        facts = (*_named(compute, name), unit, closer_is, least_windows, least_span)
        return Metric(*facts, compute.__doc__ or "", compute=compute, whole_songs=whole_songs)

    return metric


def cosine(reference: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """(n, d) and (m, d) -> cosine of every pair of rows, (n, m); 0 where a row is all zero."""
    return np.asarray(_unit(reference) @ _unit(estimate).T)


def pearson(reference: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """(n, d) and (m, d) -> correlation of every pair of rows, (n, m); 0 for a constant row."""
    return cosine(_centred(reference), _centred(estimate))


def _named(function: Callable[..., object], name: str) -> tuple[str, str]:
    """The metric's name and its question, which is the name of the function's module."""
    question = function.__module__.rsplit(".", maxsplit=1)[-1]
    return name or function.__name__.replace("_", " "), question


def _centred(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows - rows.mean(axis=1, keepdims=True))


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(length > 1e-9, rows / np.maximum(length, 1e-9), 0.0)


Interval = tuple[float, float]


@dataclass(frozen=True)
class Measurement:
    """One metric of an estimate against a reference. None where there is no honest number."""

    name: str
    question: str  # overall, timbre, rhythm, …, lyrics; of a judge: prompt, aesthetics
    value: float | None
    unit: str
    floor: float | None = None  # what other music scores against the same reference (median)
    near: float | None = None  # what 90 of 100 pieces of other music do not reach
    ceiling: float | None = None  # what the reference scores against other parts of itself
    interval: Interval | None = None  # of the value; 95 %, bootstrap over windows
    percentile: float | None = None  # 0 to 100: share of other music that is less close
    scaled: float | None = None  # 0 is the floor, 1 the ceiling
    scaled_interval: Interval | None = None  # the interval on that scale, low end first
    near_scaled: float | None = None  # `near` on that scale
    verdict: str = "unknown"  # one of VERDICTS
    closer_is: str = ""  # higher, lower, zero; empty where nearer is not better
    mark: float | None = None  # what the sketch of the same segment scores
    mark_scaled: float | None = None
    note: str = ""

    @property
    def against_mark(self) -> str:
        """The side of the sketch on which the whole interval lies: ahead, behind, level, ""."""
        if self.mark_scaled is None or self.scaled_interval is None:
            return ""
        low, high = self.scaled_interval
        if low > self.mark_scaled:
            return "ahead"
        return "behind" if high < self.mark_scaled else "level"


VERDICTS = {
    "unknown": "there is no honest number",
    "no floor": "no other music of this kind to compare with",
    "no scale": "the baseline is hardly closer to itself than other music is: no scale here",
    "undecided": "the interval is too wide, or the evidence is missing on one side",
    "as itself": "the interval reaches what the baseline scores against itself",
    "closer": "beyond doubt closer than most other music (90 of 100 pieces)",
    "between": "closer than most other music, though not beyond doubt",
    "as other music": "not to be told from other music",
    "further": "beyond doubt further away than other music usually is",
}
CLOSE = ("as itself", "closer")  # verdicts that say that a take comes close
OPEN = ("unknown", "no floor", "no scale", "undecided")  # that say nothing about it
