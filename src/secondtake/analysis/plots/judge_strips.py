"""What each judge says: a panel a scale, a line a model, a mark a segment with its interval.

Dashed is the median of the floors; the band reaches from there to what 90 of 100 of the others do
not reach. Models have the marks that they have in the plot of all questions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from secondtake.analysis.comparison.summary import in_order
from secondtake.analysis.plots import style
from secondtake.analysis.plots.style import (
    MARKERS,
    MODELS,
    REFERENCE,
    RenderedFigure,
    readable,
    render_figure,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "What the judges say, with 95 % intervals"
KEY = (
    "A mark is a segment, in order downwards. Dashed: the floor; band: from there to what 90 of "
    "100 of the others do not reach."
)
BASELINE = "baseline"
TITLE_LETTERS, KEY_LETTERS = 26, 100  # in a line
TYPE = 9.0  # points
# Inches.
ACROSS, MARGIN = 6.0, 0.2
TOP, BOTTOM = 0.45, 0.5  # the title; the key
HEADING, AXIS = 0.35, 0.5  # of a panel, above and below
STEP, LEAST_LINE, PADDING = 0.09, 0.34, 0.16  # between segments of a line; a line; around it
MOST_LINE = 1.6  # of a line, however many segments there are
SPARE = 0.06  # of the range, beyond the least and the most


@dataclass(frozen=True)
class Mark:
    """A figure of a recording, in the scale's unit."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Strip:
    """A scale: its lines from top to bottom, each with a mark a segment."""

    title: str
    unit: str
    floor: float | None
    near: float | None
    lines: tuple[tuple[str, tuple[Mark, ...]], ...]  # by the model's name; BASELINE first


@dataclass(frozen=True)
class Strips:
    """All scales, and the titles of the models in the order of their marks."""

    titles: Mapping[str, str]  # by the model's name
    strips: tuple[Strip, ...]


def parse_strips(values: Mapping[str, Any]) -> Strips:
    """The strips of `across` (judged.judged_summary); those without a figure are left out."""
    scales = [(j, scale) for j in values.get("judges", ()) for scale in j["scales"]]
    rows = [row for _, scale in scales for row in scale["rows"] if row["chosen"]]
    titles = {row["model"]: readable(row["model_title"]) for row in rows}
    models = in_order([*(model["name"] for model in values["models"]), *titles])
    strips = tuple(_strip(judge["title"], scale, models) for judge, scale in scales)
    known = {name: titles.get(name, name) for name in models}
    return Strips(known, tuple(strip for strip in strips if strip.lines))


def _strip(judge: str, scale: Mapping[str, Any], models: Sequence[str]) -> Strip:
    rows = [row for row in scale["rows"] if row["chosen"] and row["value"] is not None]
    ceilings = {row["segment"]: row["ceiling"] for row in rows if row["ceiling"] is not None}
    lines = [(BASELINE, tuple(Mark(value) for value in ceilings.values()))] if ceilings else []
    for model in models:
        own = [row for row in rows if row["model"] == model]
        marks = tuple(Mark(row["value"], *(row["interval"] or (None, None))) for row in own)
        lines += [(model, marks)] if marks else []
    floors, nears = ([r[k] for r in rows if r[k] is not None] for k in ("floor", "near"))
    is_scored = bool(scale["closer_is"])
    return Strip(
        f"{scale['name'].capitalize()} ({judge}; floor: {scale['others']})"
        if is_scored
        else f"{scale['name'].capitalize()} ({judge}; no score)",
        scale["unit"],
        median(floors) if floors and is_scored else None,
        median(nears) if nears and is_scored else None,
        tuple(lines) if rows else (),
    )


def judge_strips(strips: Strips) -> RenderedFigure:
    """The plot of strips of which there is one at least."""
    left = MARGIN + max(style.text_width(wrapped(title, TITLE_LETTERS), TYPE) for title in (
        BASELINE, *strips.titles.values()
    ))  # fmt: skip
    heights = [[_line_height(marks) for _, marks in strip.lines] for strip in strips.strips]
    height = TOP + BOTTOM + sum(HEADING + AXIS + sum(lines) for lines in heights)
    width = left + ACROSS + 2 * MARGIN
    paint = partial(_paint, strips=strips, heights=heights, left=left, size=(width, height))
    return render_figure(width, height, TITLE, paint)


def _line_height(marks: Sequence[Mark]) -> float:
    return min(max(LEAST_LINE, STEP * len(marks) + PADDING), MOST_LINE)


def _paint(
    figure: "Figure",
    strips: Strips,
    heights: list[list[float]],
    left: float,
    size: tuple[float, float],
) -> None:
    width, height = size
    top = height - TOP
    for strip, lines in zip(strips.strips, heights, strict=True):
        tall = sum(lines)
        top -= HEADING + tall
        place = (left / width, top / height, ACROSS / width, tall / height)
        _panel(figure.add_axes(place), strip, lines, strips.titles)
        top -= AXIS
    figure.text(MARGIN / width, 1 - 0.22 / height, TITLE, fontsize=11, va="center")
    key = wrapped(KEY, KEY_LETTERS)
    figure.text(MARGIN / width, 0.22 / height, key, fontsize=8, va="center")


def _panel(axes: "Axes", strip: Strip, heights: Sequence[float], titles: Mapping[str, str]) -> None:
    edges = [sum(heights[:place]) for place in range(len(heights) + 1)]
    axes.set_ylim(edges[-1], 0)
    axes.set_xlim(*_limits(strip))
    axes.spines[["left", "right", "top"]].set_visible(False)
    names = [wrapped(titles.get(name, name), TITLE_LETTERS) for name, _ in strip.lines]
    middles = [(upper + lower) / 2 for upper, lower in pairwise(edges)]
    axes.set_yticks(middles, names)
    axes.tick_params(axis="y", length=0)
    for text in axes.get_yticklabels():
        text.set_parse_math(False)
    axes.set_title(strip.title, loc="left", fontsize=10)
    axes.set_xlabel(strip.unit, labelpad=2)
    if strip.floor is not None and strip.near is not None:
        axes.axvspan(strip.floor, strip.near, color="#e8e8e8", linewidth=0, zorder=0)
    if strip.floor is not None:
        axes.axvline(strip.floor, color="#333333", linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
    for edge in edges[1:-1]:
        axes.axhline(edge, color="#d0d0d0", linewidth=0.6, zorder=0)
    for (name, marks), span in zip(strip.lines, pairwise(edges), strict=True):
        _line(axes, marks, span, _look(name, list(titles)))


def _line(
    axes: "Axes", marks: Sequence[Mark], span: tuple[float, float], look: dict[str, Any]
) -> None:
    """A model's marks, the first segment at the top."""
    upper, lower = span
    step = (lower - upper - PADDING) / len(marks)
    for place, mark in enumerate(marks):
        y = upper + PADDING / 2 + step * (place + 0.5)
        if mark.low is not None and mark.high is not None:
            axes.plot([mark.low, mark.high], [y, y], color=look["color"], linewidth=1.2, zorder=2)
        axes.plot([mark.value], [y], zorder=3, **look)


def _limits(strip: Strip) -> tuple[float, float]:
    """The range of all figures. An interval beyond twice the range of the values is cut off."""
    marks = [mark for _, marks in strip.lines for mark in marks]
    values = [mark.value for mark in marks]
    values += [end for end in (strip.floor, strip.near) if end is not None]
    low, high = min(values), max(values)
    spare = max(high - low, abs(high) * 0.05, 1e-3)
    ends = [end for m in marks for end in (m.low, m.high) if end is not None]
    low = max(min([low, *ends]), low - spare)
    high = min(max([high, *ends]), high + spare)
    return low - SPARE * spare, high + SPARE * spare


def _look(name: str, models: Sequence[str]) -> dict[str, Any]:
    """Shape and colour: the model's of the plot of all questions, a bar for the baseline."""
    plain = {"linestyle": "none", "markersize": 6.0}
    if name == BASELINE:
        return {"marker": "|", "color": REFERENCE, "markeredgewidth": 2.0, **plain}
    place = models.index(name)
    return {"marker": MARKERS[place % 8], "color": MODELS[place % 8], **plain}
