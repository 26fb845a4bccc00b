"""The summary of a study, and its heat map: a cell for every model and question.

0 is how close other music is to the baseline, 1 how close the baseline is to itself. A cell that
is absent, or whose figure is null or not finite, is unknown. Cells are darker where a model is
closer; the number is printed in its cell, and a cell without one is hatched: the plot says the
same in grey.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from secondtake.analysis.plots import style
from secondtake.analysis.plots.panels import colour_bar
from secondtake.analysis.plots.style import RenderedFigure, readable, render_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST = 26  # letters of a model's title beside a row
WORD = 14  # of a question over a column
MOST = 999.0  # a score beyond it is written as beyond it
FLOOR, CEILING = "other music", "the baseline itself"  # what 0 and 1 are
# Inches.
ACROSS, DOWN = 1.0, 0.62  # a cell
LEFT, RIGHT = 2.0, 1.75  # the models' titles; the colour scale and its words
TOP, BOTTOM = 0.75, 0.2
SMALLEST = 1.6  # of the colour scale, which needs room for its words
HATCH = "////"
TITLE = "How close, by model and question"


@dataclass(frozen=True)
class Cell:
    """The score of a model in a question."""

    scaled: float | None  # None: unknown
    low: float | None  # of its interval
    high: float | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, where the score and both are known."""
        if self.scaled is None or self.low is None or self.high is None:
            return None
        return self.low, self.high


UNKNOWN = Cell(None, None, None)


@dataclass(frozen=True)
class Summary:
    """A table of cells."""

    titles: tuple[str, ...]  # of the models
    questions: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]  # a row a model, in the order of the questions

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to draw, not even an unknown."""
        return not self.titles or not self.questions

    def bounds(self) -> Iterator[float]:
        """Every known score and end of an interval."""
        for cell in (cell for row in self.rows for cell in row):
            if cell.scaled is not None:
                yield cell.scaled
            yield from cell.interval or ()


def parse_summary(values: Mapping[str, Any]) -> Summary:
    """The summary of plain JSON values (`comparison.summary.summarize`)."""
    questions = values["questions"]
    rows = [values["cells"].get(model["name"], {}) for model in values["models"]]
    return Summary(
        tuple(readable(model["title"], LONGEST) for model in values["models"]),
        tuple(readable(question, WORD) for question in questions),
        tuple(tuple(_cell(row.get(question)) for question in questions) for row in rows),
    )


def format_cell(score: float) -> str:
    """Two digits and a real minus, in the room of a cell; never a minus before zeros alone."""
    if abs(score) >= MOST:
        return (">" if score > 0 else "<\N{MINUS SIGN}") + f"{MOST:.0f}"
    text = f"{score:.0f}" if abs(score) >= 10 else f"{round(score, 2) + 0.0:.2f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _cell(values: Mapping[str, Any] | None) -> Cell:
    if values is None:
        return UNKNOWN
    return Cell(*(_finite(values.get(name)) for name in ("scaled", "low", "high")))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def heatmap(summary: Summary) -> RenderedFigure:
    """The heat map of a summary that is not empty."""
    height = TOP + max(DOWN * len(summary.titles), SMALLEST) + BOTTOM
    width = LEFT + ACROSS * len(summary.questions) + RIGHT
    paint = partial(_paint, width=width, height=height, summary=summary)
    return render_figure(width, height, TITLE, paint)


def _paint(figure: "Figure", width: float, height: float, summary: Summary) -> None:
    across, down = ACROSS * len(summary.questions), DOWN * len(summary.titles)
    bottom = height - TOP - down
    axes = figure.add_axes((LEFT / width, bottom / height, across / width, down / height))
    axes.set_xlim(0, len(summary.questions))
    axes.set_ylim(len(summary.titles), 0)
    axes.xaxis.tick_top()
    axes.set_xticks([column + 0.5 for column in range(len(summary.questions))], summary.questions)
    axes.set_yticks([row + 0.5 for row in range(len(summary.titles))], summary.titles)
    axes.tick_params(length=0)
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        text.set_parse_math(False)
    axes.spines[:].set_visible(False)
    for row, cells in enumerate(summary.rows):
        for column, cell in enumerate(cells):
            _draw_cell(axes, column, row, cell)
    figure.text(LEFT / width, 1 - 0.22 / height, TITLE, fontsize=11, va="center")
    tall = max(down, SMALLEST) * 0.9
    left, bottom = width - RIGHT + 0.25, height - TOP - tall
    _draw_scale(figure.add_axes((left / width, bottom / height, 0.16 / width, tall / height)))


def _draw_cell(axes: "Axes", column: int, row: int, cell: Cell) -> None:
    from matplotlib.patches import Rectangle

    colour = closeness(cell.scaled)
    box = Rectangle((column, row), 1, 1, facecolor=colour, edgecolor="white", linewidth=1.5)
    axes.add_patch(box)
    centred = {"ha": "center", "va": "center"}
    if cell.scaled is None:
        box.set_hatch(HATCH)
        box.set_edgecolor("#9a9a9a")
        behind = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none"}
        axes.text(column + 0.5, row + 0.5, "unknown", fontsize=8, bbox=behind, **centred)
        return
    ink = style.ink(colour)
    interval = cell.interval
    middle = row + (0.38 if interval else 0.5)
    axes.text(column + 0.5, middle, format_cell(cell.scaled), fontsize=12, color=ink, **centred)
    if interval:
        low, high = map(format_cell, interval)
        axes.text(column + 0.5, row + 0.74, f"{low} to {high}", fontsize=7, color=ink, **centred)


def closeness(scaled: float | None) -> style.Colour:
    """The colour of a score; those beyond 0 and 1 have the colour of these."""
    import matplotlib

    if scaled is None:
        return style.parse_hex(style.UNKNOWN)
    red, green, blue, _ = matplotlib.colormaps[style.CLOSENESS](min(max(scaled, 0.0), 1.0))
    return float(red), float(green), float(blue)


def _draw_scale(axes: "Axes") -> None:
    colour_bar(axes, (0, 1), style.CLOSENESS, interpolation="none")
    axes.set_yticks([0, 0.5, 1], [f"0  {FLOOR}", "0.5", f"1  {CEILING}"], fontsize=8)
