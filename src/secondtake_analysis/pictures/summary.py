"""What the pictures of a study are drawn from: a scaled score for each model and question.

As plain JSON values:

    {"models": [{"name": "bark", "title": "Bark"}],
     "questions": ["timbre", "rhythm"],
     "cells": {"bark": {"timbre": {"scaled": 0.4, "low": 0.2, "high": 0.6, "note": ""}}}}

0 is how close other music is to the reference, 1 how close the reference is to itself. A cell that
is absent, or whose figure is null or not finite, is unknown.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from secondtake_analysis.pictures.canvas import readable

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
