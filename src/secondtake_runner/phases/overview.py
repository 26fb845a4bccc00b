"""What comparison_results.json says over all segments: findings, and a table of all models."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = {
    "strength": "Strengths",
    "weakness": "Weaknesses",
    "surprise": "Surprises",
    "undecided": "What could not be decided",
}
ANCHOR = re.compile(r"[\w-]+", re.ASCII)  # of a row in comparison_results.md


@dataclass(frozen=True)
class Row:
    """Where a figure of a finding stands."""

    segment: int
    model: str
    take: str
    metric: str
    anchor: str


@dataclass(frozen=True)
class Finding:
    """A sentence, and the rows that it was made from."""

    kind: str  # one of KINDS
    text: str
    rows: tuple[Row, ...]

    @property
    def takes(self) -> set[str]:
        return {row.take for row in self.rows}


@dataclass(frozen=True)
class Cell:
    """One model in one question: 0 is other music, 1 the original itself."""

    scaled: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Overview:
    """All models and questions, over all segments with an original."""

    titles: Mapping[str, str]  # of the models, by name
    questions: tuple[str, ...]
    cells: Mapping[str, Mapping[str, Cell]]  # by model, then by question
    takes: frozenset[str]  # those that it was made from


def read_findings(entries: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """The findings; KeyError, TypeError, ValueError or AttributeError where they are damaged."""
    return tuple(_finding(entry) for entry in entries)


def read_overview(across: Mapping[str, Any]) -> Overview | None:
    """The table; None where nothing was compared. Errors as for the findings."""
    if not across.get("models"):
        return None
    return Overview(
        {str(model["name"]): str(model["title"]) for model in across["models"]},
        tuple(map(str, across["questions"])),
        {
            str(model): {str(question): _cell(one) for question, one in cells.items()}
            for model, cells in across["cells"].items()
        },
        frozenset(str(one["take"]) for one in across["answers"]),
    )


def _finding(entry: Mapping[str, Any]) -> Finding:
    kind = str(entry["kind"])
    if kind not in KINDS:
        raise ValueError(f"no finding is a {kind!r}")
    return Finding(kind, str(entry["text"]), tuple(_row(one) for one in entry["evidence"]))


def _row(one: Mapping[str, Any]) -> Row:
    anchor = str(one["anchor"])
    if not ANCHOR.fullmatch(anchor):
        raise ValueError(f"no row is called {anchor!r}")
    return Row(int(one["segment"]), str(one["model"]), str(one["take"]), str(one["metric"]), anchor)


def _cell(one: Mapping[str, Any]) -> Cell:
    if one["scaled"] is None:
        return Cell(None, None)
    low, high = one.get("low"), one.get("high")
    known = None if low is None or high is None else (float(low), float(high))
    return Cell(float(one["scaled"]), known)
