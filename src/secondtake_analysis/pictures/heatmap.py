"""A study at a glance: a cell for every model and question, darker where it is closer.

The number is printed in its cell, with its interval; a cell without a figure is hatched. So the
picture says the same in grey.
"""

from typing import Any

from secondtake_analysis.pictures import colours
from secondtake_analysis.pictures.canvas import Drawn, draw
from secondtake_analysis.pictures.panels import SHADES
from secondtake_analysis.pictures.summary import CEILING, FLOOR, Cell, Summary, written

# Inches.
ACROSS, DOWN = 1.0, 0.62  # a cell
LEFT, RIGHT = 2.0, 1.75  # the models' titles; the colour scale and its words
TOP, BOTTOM = 0.75, 0.2
SMALLEST = 1.6  # of the colour scale, which needs room for its words
HATCH = "////"
TITLE = "How close, by model and question"


def heatmap(table: Summary) -> Drawn:
    """The picture of a summary that is not empty."""
    height = TOP + max(DOWN * len(table.titles), SMALLEST) + BOTTOM
    width = LEFT + ACROSS * len(table.questions) + RIGHT
    return draw(width, height, TITLE, lambda figure: _paint(figure, width, height, table))


def _paint(figure: Any, width: float, height: float, table: Summary) -> None:
    across, down = ACROSS * len(table.questions), DOWN * len(table.titles)
    bottom = height - TOP - down
    axis = figure.add_axes((LEFT / width, bottom / height, across / width, down / height))
    axis.set_xlim(0, len(table.questions))
    axis.set_ylim(len(table.titles), 0)
    axis.xaxis.tick_top()
    axis.set_xticks([at + 0.5 for at in range(len(table.questions))], table.questions)
    axis.set_yticks([at + 0.5 for at in range(len(table.titles))], table.titles)
    axis.tick_params(length=0)
    for text in (*axis.get_xticklabels(), *axis.get_yticklabels()):
        text.set_parse_math(False)
    axis.spines[:].set_visible(False)
    for row, cells in enumerate(table.rows):
        for column, cell in enumerate(cells):
            _cell(axis, column, row, cell)
    figure.text(LEFT / width, 1 - 0.22 / height, TITLE, fontsize=11, va="center")
    tall = max(down, SMALLEST) * 0.9
    left, bottom = width - RIGHT + 0.25, height - TOP - tall
    _scale(figure.add_axes((left / width, bottom / height, 0.16 / width, tall / height)))


def _cell(axis: Any, column: int, row: int, cell: Cell) -> None:
    from matplotlib.patches import Rectangle

    colour = closeness(cell.scaled)
    box = Rectangle((column, row), 1, 1, facecolor=colour, edgecolor="white", linewidth=1.5)
    axis.add_patch(box)
    centred = {"ha": "center", "va": "center"}
    if cell.scaled is None:
        box.set_hatch(HATCH)
        box.set_edgecolor("#9a9a9a")
        behind = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none"}
        axis.text(column + 0.5, row + 0.5, "unknown", fontsize=8, bbox=behind, **centred)
        return
    ink = colours.ink(colour)
    span = cell.interval
    middle = row + (0.38 if span else 0.5)
    axis.text(column + 0.5, middle, written(cell.scaled), fontsize=12, color=ink, **centred)
    if span:
        low, high = (written(end) for end in span)
        axis.text(column + 0.5, row + 0.74, f"{low} to {high}", fontsize=7, color=ink, **centred)


def closeness(scaled: float | None) -> colours.Colour:
    """The colour of a score; those beyond 0 and 1 have the colour of these."""
    import matplotlib

    if scaled is None:
        return colours.parsed(colours.UNKNOWN)
    red, green, blue, _ = matplotlib.colormaps[colours.CLOSENESS](min(max(scaled, 0.0), 1.0))
    return float(red), float(green), float(blue)


def _scale(axis: Any) -> None:
    import numpy as np

    axis.imshow(
        np.linspace(0, 1, SHADES)[:, None],
        origin="lower",
        aspect="auto",
        cmap=colours.CLOSENESS,
        extent=(0, 1, 0, 1),
        interpolation="none",
    )
    axis.set_xticks([])
    axis.yaxis.tick_right()
    axis.set_yticks([0, 0.5, 1], [f"0  {FLOOR}", "0.5", f"1  {CEILING}"], fontsize=8)
