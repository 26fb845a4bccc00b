"""The summary of a study, and its heat map: a cell for every model and question.

0 is how close other music is to the baseline, the floor, and 1 how close the baseline is to itself,
the ceiling. A cell that is absent, or whose figure is null or not finite, is undecided. Cells are
white at the floor, bluer above it, more orange below it, and hatched where the whole interval lies
below it: there a model is further than other music. A score beyond the colours has a triangle at
its cell's edge, and every score is printed: the plot says the same in grey.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from secondtake.analysis.findings import phrases
from secondtake.analysis.plots import style
from secondtake.analysis.plots.style import RenderedFigure, readable, render_figure, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEVEL = "level"  # the question
MOST = 999.0  # a score beyond it is written as beyond it
FLOOR, CEILING = "other music", "the baseline itself"  # what 0 and 1 are
ENDS = (-1.0, 1.0)  # of the colours
BELOW, ABOVE = "<", ">"  # marks of what is off a scale: triangles that point outwards
TITLE = "How close, by model and question"
KEY = "hatched: further than other music (the whole interval below 0); triangle: beyond −1 or 1"
TITLE_LETTERS, QUESTION_LETTERS = 28, 30  # in a line beside a row, and over a column
TYPE, KEY_TYPE = 9.0, 8.0  # points; of the names, and of the scale
# Inches.
ACROSS, DOWN = 1.0, 0.62  # the smallest cell
NARROWEST = 5.2  # all columns together: the room of the key
MARGIN = 0.2  # at the edges, and between names and cells
HEADING = 0.5  # the title
BETWEEN, BAR, WORDS = 0.18, 0.16, 0.4  # from the cells to the scale, its height, what is below it
BAR_ACROSS, POINT = 3.4, 0.14  # the scale from end to end, and each of its points
UNDECIDED_HATCH, FURTHER_HATCH = "////", r"\\\\"
HATCH_INK = 0.3  # of black in the lines over a colour


@dataclass(frozen=True)
class Cell:
    """The score of a model in a question."""

    scaled: float | None  # None: undecided
    low: float | None  # of its interval
    high: float | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, where the score and both are known."""
        if self.scaled is None or self.low is None or self.high is None:
            return None
        return self.low, self.high


UNDECIDED = Cell(None, None, None)


@dataclass(frozen=True)
class Summary:
    """A table of cells."""

    titles: tuple[str, ...]  # of the models
    questions: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]  # a row a model, in the order of the questions

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to draw, not even an undecided cell."""
        return not self.titles or not self.questions

    def cells(self) -> Iterator[Cell]:
        """Every cell, row by row."""
        return (cell for row in self.rows for cell in row)

    def bounds(self) -> Iterator[float]:
        """Every known score and end of an interval."""
        for cell in self.cells():
            if cell.scaled is not None:
                yield cell.scaled
            yield from cell.interval or ()


def parse_summary(values: Mapping[str, Any]) -> Summary:
    """The summary of plain JSON values (`comparison.summary.summarize`)."""
    questions, metrics = values["questions"], values.get("metrics", {})
    rows = [values["cells"].get(model["name"], {}) for model in values["models"]]
    return Summary(
        tuple(readable(model["title"]) for model in values["models"]),
        tuple(readable(_heading(question, metrics)) for question in questions),
        tuple(tuple(_cell(row.get(question)) for question in questions) for row in rows),
    )


def _heading(question: str, metrics: Mapping[str, str]) -> str:
    """The question; of level also what was judged, which is never how loud a take is."""
    metric = metrics.get(question, question) if question == LEVEL else question
    return phrases.column(question, metric)


def format_cell(score: float) -> str:
    """Two digits and a real minus, in the room of a cell; never a minus before zeros alone."""
    if abs(score) >= MOST:
        return (">" if score > 0 else "<\N{MINUS SIGN}") + f"{MOST:.0f}"
    text = f"{score:.0f}" if abs(score) >= 10 else f"{round(score, 2) + 0.0:.2f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _cell(values: Mapping[str, Any] | None) -> Cell:
    if values is None:
        return UNDECIDED
    return Cell(*(_finite(values.get(name)) for name in ("scaled", "low", "high")))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def heatmap(summary: Summary) -> RenderedFigure:
    """The heat map of a summary that is not empty."""
    page = _layout(summary)
    paint = partial(_paint, summary=summary, page=page)
    return render_figure(page.width, page.height, TITLE, paint)


@dataclass(frozen=True)
class _HeatmapLayout:
    """Where things are, in inches."""

    titles: list[str]  # names, in as many lines as they need
    questions: list[str]
    left: float  # of the cells
    top: float  # of the cells, from the figure's upper edge
    across: float  # a cell
    edges: list[float]  # of the rows, downwards from the first one's upper edge

    @property
    def table(self) -> tuple[float, float]:
        return self.across * len(self.questions), self.edges[-1]

    @property
    def width(self) -> float:
        return self.left + self.table[0] + MARGIN

    @property
    def height(self) -> float:
        return self.top + self.table[1] + BETWEEN + BAR + WORDS + 2 * MARGIN

    def axes(
        self, figure: "Figure", left: float, top: float, width: float, height: float
    ) -> "Axes":
        """Axes in inches from their own upper left corner."""
        bottom = self.height - top - height
        place = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        axes = figure.add_axes(place, xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        return axes


def _layout(summary: Summary) -> _HeatmapLayout:
    """A cell holds its numbers, and the longest word over it; a row the lines of its title."""
    word = max(len(word) for question in summary.questions for word in question.split() or [""])
    letters = min(max(word, 11), QUESTION_LETTERS)
    questions = [wrapped(question, letters) for question in summary.questions]
    titles = [wrapped(title, TITLE_LETTERS) for title in summary.titles]
    widest = max(style.text_width(question, TYPE) for question in questions)
    heading = max(style.text_height(question, TYPE) for question in questions)
    rows = (max(DOWN, style.text_height(title, TYPE) + 0.12) for title in titles)
    return _HeatmapLayout(
        titles,
        questions,
        left=max(style.text_width(title, TYPE) for title in titles) + 2 * MARGIN,
        top=HEADING + heading + MARGIN / 2,
        across=max(ACROSS, widest + 0.1, NARROWEST / len(questions)),
        edges=list(accumulate(rows, initial=0.0)),
    )


def _paint(figure: "Figure", summary: Summary, page: _HeatmapLayout) -> None:
    axes = page.axes(figure, page.left, page.top, *page.table)
    axes.text(0, -page.top + 0.22, TITLE, fontsize=11, va="center")
    for column, question in enumerate(page.questions):
        *above, _ = question.split("\n")  # so that the last lines stand on one line
        baseline = -MARGIN / 2 - len(above) * style.text_height("", TYPE)
        _write(axes, (column + 0.5) * page.across, baseline, question, "center", "baseline")
    for row, title in enumerate(page.titles):
        middle = (page.edges[row] + page.edges[row + 1]) / 2
        _write(axes, -MARGIN, middle, title, "right", "center")
        for column, cell in enumerate(summary.rows[row]):
            corner = (column * page.across, page.edges[row])
            _draw_cell(axes, corner, page.across, page.edges[row + 1] - page.edges[row], cell)
    _draw_scale(page.axes(figure, page.left, page.top + page.table[1] + BETWEEN, NARROWEST, BAR))


def _write(axes: "Axes", x: float, y: float, name: str, side: str, level: str) -> None:
    text = axes.text(x, y, name, fontsize=TYPE, ha=side, va=level, linespacing=style.LINE_SPACING)
    text.set_parse_math(False)


def _draw_cell(
    axes: "Axes", corner: tuple[float, float], across: float, down: float, cell: Cell
) -> None:
    """Its colour, hatched where it is certainly further, and its numbers on plain ground."""
    from matplotlib.patches import Rectangle

    ground = cell_colour(cell.scaled)
    axes.add_patch(Rectangle(corner, across, down, facecolor=ground, edgecolor="none"))
    if hatch := _hatch(cell):
        _hatch_over(axes, corner, across, down, hatch, ground)
    border = {"facecolor": "none", "edgecolor": "white", "linewidth": 1.5}
    axes.add_patch(Rectangle(corner, across, down, **border))
    x, y = corner[0] + across / 2, corner[1] + down / 2
    plain = {"boxstyle": "round,pad=0.15", "facecolor": ground, "edgecolor": "none"}
    look = {"ha": "center", "va": "center", "color": style.ink(ground), "bbox": plain}
    if cell.scaled is None:
        axes.text(x, y, "undecided", fontsize=8, **look)
        return
    if interval := cell.interval:
        low, high = map(format_cell, interval)
        axes.text(x, y + 0.16, f"{low} to {high}", fontsize=7, **look)
        y -= 0.08
    axes.text(x, y, format_cell(cell.scaled), fontsize=12, **look)
    shown = round(cell.scaled, 2)
    arrow = {"markersize": 8, "color": style.ink(ground)}
    if shown < ENDS[0]:
        axes.plot([corner[0] + 0.09], [y], marker=BELOW, **arrow)
    if shown > ENDS[1]:
        axes.plot([corner[0] + across - 0.09], [y], marker=ABOVE, **arrow)


def cell_colour(scaled: float | None) -> style.Colour:
    """The colour of a score; grey where it is undecided."""
    return style.parse_hex(style.UNKNOWN) if scaled is None else style.closeness(scaled)


def _hatch(cell: Cell) -> str | None:
    """The lines over a cell, by the numbers printed; those of the undecided lean the other way."""
    if cell.scaled is None:
        return UNDECIDED_HATCH
    return FURTHER_HATCH if cell.interval and round(cell.interval[1], 2) < 0 else None


def _hatch_over(
    axes: "Axes",
    corner: tuple[float, float],
    across: float,
    down: float,
    hatch: str,
    ground: style.Colour,
) -> None:
    from matplotlib.patches import Rectangle

    lines = style.mixed(ground, style.parse_hex(style.BLACK), HATCH_INK)
    look = {"facecolor": "none", "edgecolor": lines, "linewidth": 0}
    axes.add_patch(Rectangle(corner, across, down, hatch=hatch, **look))


def _draw_scale(axes: "Axes") -> None:
    """The colours from end to end with a point at both; and the key."""
    from matplotlib.patches import Polygon

    steps = [place / 50 for place in range(-50, 51)]
    low, high = POINT, POINT + BAR_ACROSS
    look = {"aspect": "auto", "interpolation": "none", "extent": (low, high, BAR, 0)}
    axes.imshow([[style.closeness(step) for step in steps]], **look)
    middle = (low + high) / 2
    for base, tip, end in ((low, 0.0, ENDS[0]), (high, high + POINT, ENDS[1])):
        corners = [(base, 0), (tip, BAR / 2), (base, BAR)]
        axes.add_patch(Polygon(corners, facecolor=style.closeness(end), edgecolor="none"))
    axes.set_xlim(0, NARROWEST)
    axes.set_ylim(BAR, 0)
    words = {"ha": "center", "va": "top", "fontsize": KEY_TYPE}
    names = {0.0: f"{FLOOR}\n(floor)", 1.0: f"{CEILING}\n(ceiling)"}
    for score in (-1.0, -0.5, 0.0, 0.5, 1.0):
        x = middle + score * BAR_ACROSS / 2
        axes.text(x, BAR + 0.04, f"{score:g}".replace("-", "\N{MINUS SIGN}"), **words)
        axes.text(x, BAR + 0.18, names.get(score, ""), **words)
    axes.text(0, BAR + WORDS + MARGIN, KEY, fontsize=KEY_TYPE, va="center")
