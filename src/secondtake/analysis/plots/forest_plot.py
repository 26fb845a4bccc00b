"""A study with its uncertainty: a row a question, a mark a model, a line for each interval.

Models differ by the shape of their mark, and by colour for those who see it. A model without a
figure has its mark, hollow, in the column at the right.
"""

from typing import Any

from secondtake.analysis.plots import style as colours
from secondtake.analysis.plots.overview import CEILING, FLOOR, Cell, Summary, written
from secondtake.analysis.plots.style import Drawn, draw

# Inches.
ACROSS, GUTTER = 6.0, 0.95  # the scores; the column of the unknown
LEFT, RIGHT, BETWEEN = 1.15, 0.2, 0.1
TOP, BOTTOM = 0.6, 0.6
LINE = 0.22  # from model to model within a question
PADDING = 0.2  # around the models of a question
LEGEND = 0.27  # a line of the legend
PER_LINE = 4  # models in a line of it
LEAST, MOST = (-0.25, 1.25), (-1.5, 2.5)  # how much of the scale is shown at least and at most
TITLE = "How close, with 95 % intervals"


def dots(table: Summary) -> Drawn:
    """The picture of a summary that is not empty."""
    rows = (LINE * len(table.titles) + PADDING) * len(table.questions)
    legend = LEGEND * -(-len(table.titles) // PER_LINE)
    height = TOP + legend + rows + BOTTOM
    width = LEFT + ACROSS + BETWEEN + GUTTER + RIGHT
    return draw(width, height, TITLE, lambda figure: _paint(figure, width, height, rows, table))


def shown(table: Summary) -> tuple[float, float]:
    """The stretch of the scale that holds all scores, but no more than MOST."""
    known = list(table.bounds())
    low = min([LEAST[0], *(value - 0.1 for value in known)])
    high = max([LEAST[1], *(value + 0.1 for value in known)])
    return max(low, MOST[0]), min(high, MOST[1])


def _paint(figure: Any, width: float, height: float, rows: float, table: Summary) -> None:
    places = ((LEFT, ACROSS), (LEFT + ACROSS + BETWEEN, GUTTER))
    axis, gutter = (
        figure.add_axes((left / width, BOTTOM / height, across / width, rows / height))
        for left, across in places
    )
    limits = shown(table)
    for each in (axis, gutter):
        each.set_ylim(len(table.questions), 0)
        each.spines[["left", "right", "top"]].set_visible(False)
        for row in range(0, len(table.questions), 2):
            each.axhspan(row, row + 1, color="#f1f1f1", linewidth=0, zorder=0)
    axis.set_xlim(*limits)
    axis.set_yticks([row + 0.5 for row in range(len(table.questions))], table.questions)
    axis.tick_params(axis="y", length=0)
    axis.set_xlabel(f"scaled score: 0 is as close as {FLOOR}, 1 as close as {CEILING}")
    _ends(axis)
    gutter.set_xlim(-1, 1)
    gutter.set_xticks([])
    gutter.set_yticks([])
    _above(gutter, 0, "unknown")
    for model, cells in enumerate(table.rows):
        for question, cell in enumerate(cells):
            y = question + 0.5 + _offset(model, len(table.rows))
            _mark(axis, gutter, y, cell, _style(model), limits)
    figure.text(LEFT / width, 1 - 0.22 / height, TITLE, fontsize=11, va="center")
    _legend(figure, table, (LEFT / width, 1 - 0.36 / height))


def _ends(axis: Any) -> None:
    """The floor and the ceiling as lines, dashed and solid, with their names."""
    for at, name, dashes in ((0, FLOOR, (4, 3)), (1, CEILING, ())):
        axis.axvline(at, color="#333333", linewidth=1.0, linestyle=(0, dashes), zorder=1)
        _above(axis, at, name)


def _above(axis: Any, x: float, name: str) -> None:
    """A word over the axes."""
    place = axis.get_xaxis_transform()
    axis.text(x, 1.005, name, fontsize=8, ha="center", va="bottom", transform=place)


def _mark(
    axis: Any, gutter: Any, y: float, cell: Cell, style: dict[str, Any], limits: tuple[float, float]
) -> None:
    """A mark with its interval; one beyond the limits stands at the edge with its number."""
    if cell.scaled is None:
        gutter.plot([0], [y], markerfacecolor="white", **style)
        return
    low, high = limits
    x = min(max(cell.scaled, low), high)
    if cell.interval:
        ends = [min(max(end, low), high) for end in cell.interval]
        axis.plot(ends, [y, y], color=style["color"], linewidth=1.6, zorder=2)
        for end, clipped, arrow in zip(cell.interval, ends, "<>", strict=True):
            beyond = end != clipped
            cap = arrow if beyond else "|"
            axis.plot([clipped], [y], marker=cap, color=style["color"], clip_on=False, zorder=2)
    axis.plot([x], [y], clip_on=False, zorder=3, **style)
    if x != cell.scaled:
        inwards, side = (7, "left") if cell.scaled < low else (-7, "right")
        axis.annotate(
            written(cell.scaled), (x, y), (inwards, 1.5), textcoords="offset points",
            ha=side, va="bottom", fontsize=7,
        )  # fmt: skip


def _legend(figure: Any, table: Summary, corner: tuple[float, float]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **_style(model)) for model in range(len(table.titles))]
    legend = figure.legend(
        handles,
        table.titles,
        loc="upper left",
        bbox_to_anchor=corner,
        ncol=min(PER_LINE, len(table.titles)),
        frameon=False,
        borderaxespad=0,
        handletextpad=0.1,
        fontsize=8.5,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _offset(model: int, count: int) -> float:
    """Of a model's line from its row's middle, in rows."""
    return (model - (count - 1) / 2) * LINE / (LINE * count + PADDING)


def _style(model: int) -> dict[str, Any]:
    """Shape and colour of a model's mark; of more than eight models, some look alike."""
    return {
        "marker": colours.MARKERS[model % len(colours.MARKERS)],
        "color": colours.MODELS[model % len(colours.MODELS)],
        "linestyle": "none",
        "markersize": 6.5,
    }
