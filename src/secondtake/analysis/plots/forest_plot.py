"""A study with its uncertainty: a row a question, a mark a model, a line for each interval.

Models differ by the shape of their mark, and by colour for those who see it. A model without a
figure has its mark, hollow, in the column at the right.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from secondtake.analysis.plots.overview import CEILING, FLOOR, Cell, Summary, format_cell
from secondtake.analysis.plots.style import MARKERS, MODELS, RenderedFigure, render_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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


def forest_plot(summary: Summary) -> RenderedFigure:
    """The plot of a summary that is not empty."""
    rows = (LINE * len(summary.titles) + PADDING) * len(summary.questions)
    legend = LEGEND * -(-len(summary.titles) // PER_LINE)
    height = TOP + legend + rows + BOTTOM
    width = LEFT + ACROSS + BETWEEN + GUTTER + RIGHT
    paint = partial(_paint, width=width, height=height, rows=rows, summary=summary)
    return render_figure(width, height, TITLE, paint)


def scale_limits(summary: Summary) -> tuple[float, float]:
    """The part of the scale that holds all scores, but no more than MOST."""
    bounds = list(summary.bounds())
    low = min([LEAST[0], *(value - 0.1 for value in bounds)])
    high = max([LEAST[1], *(value + 0.1 for value in bounds)])
    return max(low, MOST[0]), min(high, MOST[1])


def _paint(figure: "Figure", width: float, height: float, rows: float, summary: Summary) -> None:
    places = ((LEFT, ACROSS), (LEFT + ACROSS + BETWEEN, GUTTER))
    axes, gutter = (
        figure.add_axes((left / width, BOTTOM / height, across / width, rows / height))
        for left, across in places
    )
    limits = scale_limits(summary)
    for panel in (axes, gutter):
        panel.set_ylim(len(summary.questions), 0)
        panel.spines[["left", "right", "top"]].set_visible(False)
        for row in range(0, len(summary.questions), 2):
            panel.axhspan(row, row + 1, color="#f1f1f1", linewidth=0, zorder=0)
    axes.set_xlim(*limits)
    axes.set_yticks([row + 0.5 for row in range(len(summary.questions))], summary.questions)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"scaled score: 0 is as close as {FLOOR}, 1 as close as {CEILING}")
    _draw_ends(axes)
    gutter.set_xlim(-1, 1)
    gutter.set_xticks([])
    gutter.set_yticks([])
    _label_above(gutter, 0, "unknown")
    for model, cells in enumerate(summary.rows):
        for question, cell in enumerate(cells):
            y = question + 0.5 + _offset(model, len(summary.rows))
            _draw_mark(axes, gutter, y, cell, _style(model), limits)
    figure.text(LEFT / width, 1 - 0.22 / height, TITLE, fontsize=11, va="center")
    _draw_legend(figure, summary, (LEFT / width, 1 - 0.36 / height))


def _draw_ends(axes: "Axes") -> None:
    """The floor and the ceiling as lines, dashed and solid, with their names."""
    for x, name, dashes in ((0, FLOOR, (4, 3)), (1, CEILING, ())):
        axes.axvline(x, color="#333333", linewidth=1.0, linestyle=(0, dashes), zorder=1)
        _label_above(axes, x, name)


def _label_above(axes: "Axes", x: float, name: str) -> None:
    """A word over the axes."""
    place = axes.get_xaxis_transform()
    axes.text(x, 1.005, name, fontsize=8, ha="center", va="bottom", transform=place)


def _draw_mark(
    axes: "Axes",
    gutter: "Axes",
    y: float,
    cell: Cell,
    style: dict[str, Any],
    limits: tuple[float, float],
) -> None:
    """A mark with its interval; one beyond the limits stands at the edge with its number."""
    if cell.scaled is None:
        gutter.plot([0], [y], markerfacecolor="white", **style)
        return
    low, high = limits
    x = min(max(cell.scaled, low), high)
    if cell.interval:
        ends = [min(max(end, low), high) for end in cell.interval]
        axes.plot(ends, [y, y], color=style["color"], linewidth=1.6, zorder=2)
        for end, clipped, arrow in zip(cell.interval, ends, "<>", strict=True):
            cap = arrow if end != clipped else "|"
            axes.plot([clipped], [y], marker=cap, color=style["color"], clip_on=False, zorder=2)
    axes.plot([x], [y], clip_on=False, zorder=3, **style)
    if x != cell.scaled:
        inwards, side = (7, "left") if cell.scaled < low else (-7, "right")
        place = {"textcoords": "offset points", "ha": side, "va": "bottom"}
        axes.annotate(format_cell(cell.scaled), (x, y), (inwards, 1.5), fontsize=7, **place)


def _draw_legend(figure: "Figure", summary: Summary, corner: tuple[float, float]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **_style(model)) for model in range(len(summary.titles))]
    look = {"frameon": False, "borderaxespad": 0, "handletextpad": 0.1, "fontsize": 8.5}
    place = {"loc": "upper left", "bbox_to_anchor": corner}
    columns = min(PER_LINE, len(summary.titles))
    legend = figure.legend(handles, summary.titles, ncol=columns, **place, **look)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _offset(model: int, count: int) -> float:
    """Distance of a model's line from its row's middle, in rows."""
    return (model - (count - 1) / 2) * LINE / (LINE * count + PADDING)


def _style(model: int) -> dict[str, Any]:
    """Shape and colour of a model's mark; of more than eight models, some look alike."""
    marker, colour = MARKERS[model % len(MARKERS)], MODELS[model % len(MODELS)]
    return {"marker": marker, "color": colour, "linestyle": "none", "markersize": 6.5}
