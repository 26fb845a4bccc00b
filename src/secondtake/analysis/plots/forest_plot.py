"""A study with its uncertainty: a row a question, a mark a model, a line for each interval.

Models differ by the shape of their mark, and by colour for those who see it. What is off the scale
stands in a strip beside it, in order but not to scale: a value with its number, the end of a line
as a triangle that points outwards, with its number. A model without a figure has its mark, hollow,
in the column at the right.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from secondtake.analysis.plots import style
from secondtake.analysis.plots.overview import (
    ABOVE,
    BELOW,
    CEILING,
    FLOOR,
    Cell,
    Summary,
    format_cell,
)
from secondtake.analysis.plots.style import MARKERS, MODELS, RenderedFigure, render_figure, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEAST, MOST = (-0.25, 1.25), (-1.5, 2.5)  # how much of the scale is shown at least and at most
TICKS = 0.5
TITLE = "How close, with 95 % intervals"
LABEL = f"scaled score: 0 is as close as {FLOOR} (floor), 1 as close as {CEILING} (ceiling)"
TITLE_LETTERS, QUESTION_LETTERS = 60, 24  # in a line of the legend, and beside a row
TYPE, LEGEND_TYPE = 9.0, 8.5  # points
# Inches.
ACROSS, UNKNOWN = 6.0, 0.85  # the scores; the column of the unknown
STRIP = 1.2  # of what is off the scale
PLACES = (0.07, 0.6, 1.06)  # in a strip, from its outer edge: an outer end, a value, an inner end
MARGIN = 0.2
TOP, BOTTOM = 0.4, 0.6  # the title; the axis
HEADING = 0.25  # the words above the scores
LINE = 0.22  # from model to model within a question
PADDING = 0.2  # around the models of a question
HANDLE = 0.22  # a mark in the legend


@dataclass(frozen=True)
class ScoreAxis:
    """The part of the scores that is drawn to scale, and what is beside it."""

    low: float
    high: float
    strips: tuple[bool, bool]  # whether there is anything below, and above
    unknown: bool  # whether there is anything unknown

    @property
    def inches(self) -> float:
        """Across all of it."""
        return ACROSS + STRIP * sum(self.strips) + UNKNOWN * self.unknown

    @property
    def per_inch(self) -> float:
        """Scores in an inch."""
        return (self.high - self.low) / ACROSS

    @property
    def limits(self) -> tuple[float, float]:
        """Of the axes with everything beside the scale, in scores."""
        start = self.low - STRIP * self.strips[0] * self.per_inch
        return start, start + self.inches * self.per_inch

    @property
    def beside(self) -> float:
        """Where the unknown stand."""
        return self.limits[1] - UNKNOWN / 2 * self.per_inch

    def place(self, score: float, rank: int) -> float:
        """Where a score is drawn; `rank` is 0 for a low end, 1 for a value, 2 for a high end."""
        if score < self.low:
            return self.low + (PLACES[rank] - STRIP) * self.per_inch
        if score > self.high:
            return self.high + (STRIP - PLACES[2 - rank]) * self.per_inch
        return score

    def is_off(self, score: float) -> bool:
        """True if it is drawn in a strip."""
        return not self.low <= score <= self.high


def score_axis(summary: Summary) -> ScoreAxis:
    """The part of the scale that holds all scores, but no more than MOST."""
    bounds = list(summary.bounds())
    low = max(min([LEAST[0], *(value - 0.1 for value in bounds)]), MOST[0])
    high = min(max([LEAST[1], *(value + 0.1 for value in bounds)]), MOST[1])
    strips = any(value < low for value in bounds), any(value > high for value in bounds)
    return ScoreAxis(low, high, strips, any(cell.scaled is None for cell in summary.cells()))


def forest_plot(summary: Summary) -> RenderedFigure:
    """The plot of a summary that is not empty."""
    page = _layout(summary)
    paint = partial(_paint, summary=summary, page=page)
    return render_figure(page.width, page.height, TITLE, paint)


@dataclass(frozen=True)
class _ForestLayout:
    """Where things are, in inches."""

    titles: list[str]  # names, in as many lines as they need
    questions: list[str]
    scale: ScoreAxis
    columns: int  # of the legend
    lines: list[float]  # heights of its rows
    left: float  # of the scores
    row: float  # height of a question

    @property
    def rows(self) -> float:
        return self.row * len(self.questions)

    @property
    def width(self) -> float:
        return self.left + self.scale.inches + MARGIN

    @property
    def height(self) -> float:
        return TOP + sum(self.lines) + HEADING + self.rows + BOTTOM

    def axes(self, figure: "Figure", bottom: float, height: float) -> "Axes":
        """Axes over the scores and what is beside them."""
        across = self.scale.inches / self.width
        place = (self.left / self.width, bottom / self.height, across, height / self.height)
        return figure.add_axes(place)


def _layout(summary: Summary) -> _ForestLayout:
    scale = score_axis(summary)
    titles = [wrapped(title, TITLE_LETTERS) for title in summary.titles]
    questions = [wrapped(question, QUESTION_LETTERS) for question in summary.questions]
    entry = max(style.text_width(title, LEGEND_TYPE) for title in titles) + HANDLE + MARGIN
    columns = max(1, min(len(titles), int(scale.inches / entry)))
    heights = [style.text_height(title, LEGEND_TYPE) + 0.1 for title in titles]
    return _ForestLayout(
        titles,
        questions,
        scale,
        columns,
        lines=[max(heights[at : at + columns]) for at in range(0, len(titles), columns)],
        left=max(style.text_width(question, TYPE) for question in questions) + 1.5 * MARGIN,
        row=max(
            LINE * len(titles) + PADDING,
            *(style.text_height(question, TYPE) + 0.1 for question in questions),
        ),
    )


def _paint(figure: "Figure", summary: Summary, page: _ForestLayout) -> None:
    axes = page.axes(figure, BOTTOM, page.rows)
    axes.set_xlim(*page.scale.limits)
    axes.set_ylim(len(page.questions), 0)
    axes.set_yticks([row + 0.5 for row in range(len(page.questions))], page.questions)
    axes.tick_params(axis="y", length=0)
    for text in axes.get_yticklabels():
        text.set_parse_math(False)
    for row in range(0, len(page.questions), 2):
        axes.axhspan(row, row + 1, color="#f1f1f1", linewidth=0, zorder=0)
    _draw_scale(axes, page.scale)
    for model, cells in enumerate(summary.rows):
        for question, cell in enumerate(cells):
            y = question + 0.5 + (model - (len(summary.rows) - 1) / 2) * LINE / page.row
            _draw_mark(axes, y, cell, _look(model), page.scale)
    figure.text(page.left / page.width, 1 - 0.22 / page.height, TITLE, fontsize=11, va="center")
    _draw_legend(page.axes(figure, BOTTOM + page.rows + HEADING, sum(page.lines)), page)


def _draw_scale(axes: "Axes", scale: ScoreAxis) -> None:
    """The axis, the floor and the ceiling dashed and solid, and the edges of what is beside."""
    low, high = scale.low, scale.high
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_bounds(low, high)
    ticks = [place * TICKS for place in range(-10, 11) if low <= place * TICKS <= high]
    axes.set_xticks(ticks, [f"{tick:.1f}".replace("-", "\N{MINUS SIGN}") for tick in ticks])
    place = {"transform": axes.get_xaxis_transform(), "ha": "center"}
    axes.text((low + high) / 2, -0.4 / _inches_high(axes), LABEL, va="center", **place)
    words = {**place, "fontsize": 8, "va": "bottom"}
    above = 1 + 0.03 / _inches_high(axes)
    for x, name, dashes in ((0, FLOOR, (4, 3)), (1, CEILING, ())):
        axes.axvline(x, color="#333333", linewidth=1.0, linestyle=(0, dashes), zorder=1)
        axes.text(x, above, name, **words)
    edge = {"color": "#8a8a8a", "linewidth": 0.8, "zorder": 1}
    half = STRIP / 2 * scale.per_inch
    if scale.strips[0]:
        axes.axvline(low, linestyle=":", **edge)
        axes.text(low - half, above, f"below {format_cell(low)}", **words)
    if scale.strips[1]:
        axes.axvline(high, linestyle=":", **edge)
        axes.text(high + half, above, f"above {format_cell(high)}", **words)
    if scale.unknown:
        axes.axvline(scale.limits[1] - UNKNOWN * scale.per_inch, linestyle="-", **edge)
        axes.text(scale.beside, above, "undecided", **words)


def _inches_high(axes: "Axes") -> float:
    return float(axes.get_position().height * axes.figure.get_figheight())


def _draw_mark(axes: "Axes", y: float, cell: Cell, look: dict[str, Any], scale: ScoreAxis) -> None:
    """A mark with its interval; what is off the scale has its number."""
    if cell.scaled is None:
        axes.plot([scale.beside], [y], markerfacecolor="white", **look)
        return
    line = {"color": look["color"], "zorder": 2}
    if cell.interval:
        ends = [scale.place(end, rank) for end, rank in zip(cell.interval, (0, 2), strict=True)]
        axes.plot(ends, [y, y], linewidth=1.6, **line)
    for score, rank, shape in line_ends(cell, scale):
        axes.plot([scale.place(score, rank)], [y], marker=shape, markersize=6, **line)
        if cell.interval:
            _write_number(axes, y, score, rank, scale)
    axes.plot([scale.place(cell.scaled, 1)], [y], zorder=3, **look)
    _write_number(axes, y, cell.scaled, 1, scale)


def line_ends(cell: Cell, scale: ScoreAxis) -> Iterator[tuple[float, int, str]]:
    """Score, rank and shape of what a line ends in: a bar, or a triangle that points off the scale.

    A value off the scale whose interval is not known has a triangle, and no line.
    """
    if cell.interval is None and cell.scaled is not None and scale.is_off(cell.scaled):
        below = cell.scaled < scale.low
        yield cell.scaled, 0 if below else 2, BELOW if below else ABOVE
    for score, rank in zip(cell.interval or (), (0, 2), strict=False):
        shape = "|"
        if score < scale.low and rank == 0:
            shape = BELOW
        if score > scale.high and rank == 2:
            shape = ABOVE
        yield score, rank, shape


def _write_number(axes: "Axes", y: float, score: float, rank: int, scale: ScoreAxis) -> None:
    """The number of what is off the scale, above it."""
    if not scale.is_off(score):
        return
    x, side = scale.place(score, rank), ("left", "center", "right")[rank]
    inwards = (-5, 0, 5)[rank]
    place = {"textcoords": "offset points", "ha": side, "va": "bottom"}
    axes.annotate(format_cell(score), (x, y), (inwards, 3), fontsize=7, **place)


def _draw_legend(axes: "Axes", page: _ForestLayout) -> None:
    """Marks and names of the models, row by row."""
    across, down = page.scale.inches, sum(page.lines)
    axes.set(xlim=(0, across), ylim=(down, 0))
    axes.set_axis_off()
    for model, title in enumerate(page.titles):
        row, column = divmod(model, page.columns)
        x, y = across / page.columns * column, sum(page.lines[:row]) + page.lines[row] / 2
        axes.plot([x + 0.08], [y], **_look(model))
        text = axes.text(x + HANDLE, y, title, fontsize=LEGEND_TYPE, va="center")
        text.set_parse_math(False)


def _look(model: int) -> dict[str, Any]:
    """Shape and colour of a model's mark; of more than eight models, some look alike."""
    marker, colour = MARKERS[model % len(MARKERS)], MODELS[model % len(MODELS)]
    return {"marker": marker, "color": colour, "linestyle": "none", "markersize": 6.5}
