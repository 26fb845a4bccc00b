"""What the pictures of a study are drawn from: a scaled score for each model and question.

As plain JSON values:

    {"models": [{"name": "bark", "title": "Bark"}],
     "questions": ["timbre", "rhythm"],
     "cells": {"bark": {"timbre": {"scaled": 0.4, "low": 0.2, "high": 0.6, "note": ""}}}}

0 is how close other music is to the reference, 1 how close the reference is to itself. A cell that
is absent, or whose figure is null or not finite, is unknown.

A study at a glance: a cell for every model and question, darker where it is closer.

The number is printed in its cell, with its interval; a cell without a figure is hatched. So the
picture says the same in grey.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from secondtake.analysis.plots import style
from secondtake.analysis.plots.panels import SHADES
from secondtake.analysis.plots.style import Drawn, draw, readable

LONGEST = 26  # letters of a model's title beside a row
WORD = 14  # of a question over a column
MOST = 999.0  # a score beyond it is written as beyond it
FLOOR, CEILING = "other music", "the reference itself"  # what 0 and 1 are


@dataclass(frozen=True)
class Cell:
    """How close one model is in one question."""

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
    def empty(self) -> bool:
        """Whether there is nothing to draw, not even an unknown."""
        return not self.titles or not self.questions

    def bounds(self) -> Iterator[float]:
        """Every known score and end of an interval."""
        for cell in (cell for row in self.rows for cell in row):
            if cell.scaled is not None:
                yield cell.scaled
            yield from cell.interval or ()


def summary(values: Mapping[str, Any]) -> Summary:
    """Read the plain values."""
    names = [model["name"] for model in values["models"]]
    questions, cells = values["questions"], values["cells"]
    return Summary(
        tuple(readable(model["title"], LONGEST) for model in values["models"]),
        tuple(readable(question, WORD) for question in questions),
        tuple(tuple(_cell(cells.get(name, {}).get(one)) for one in questions) for name in names),
    )


def written(score: float) -> str:
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
            _draw_cell(axis, column, row, cell)
    figure.text(LEFT / width, 1 - 0.22 / height, TITLE, fontsize=11, va="center")
    tall = max(down, SMALLEST) * 0.9
    left, bottom = width - RIGHT + 0.25, height - TOP - tall
    _scale(figure.add_axes((left / width, bottom / height, 0.16 / width, tall / height)))


def _draw_cell(axis: Any, column: int, row: int, cell: Cell) -> None:
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
    ink = style.ink(colour)
    span = cell.interval
    middle = row + (0.38 if span else 0.5)
    axis.text(column + 0.5, middle, written(cell.scaled), fontsize=12, color=ink, **centred)
    if span:
        low, high = (written(end) for end in span)
        axis.text(column + 0.5, row + 0.74, f"{low} to {high}", fontsize=7, color=ink, **centred)


def closeness(scaled: float | None) -> style.Colour:
    """The colour of a score; those beyond 0 and 1 have the colour of these."""
    import matplotlib

    if scaled is None:
        return style.parsed(style.UNKNOWN)
    red, green, blue, _ = matplotlib.colormaps[style.CLOSENESS](min(max(scaled, 0.0), 1.0))
    return float(red), float(green), float(blue)


def _scale(axis: Any) -> None:
    import numpy as np

    axis.imshow(
        np.linspace(0, 1, SHADES)[:, None],
        origin="lower",
        aspect="auto",
        cmap=style.CLOSENESS,
        extent=(0, 1, 0, 1),
        interpolation="none",
    )
    axis.set_xticks([])
    axis.yaxis.tick_right()
    axis.set_yticks([0, 0.5, 1], [f"0  {FLOOR}", "0.5", f"1  {CEILING}"], fontsize=8)
