"""The figures that users read first are those of the lab's tables."""

import re

import pytest
from tests.conftest import ROOT

DOCS = ROOT / "docs"
PAGE = (DOCS / "performance.md").read_text(encoding="utf-8")
LAB = (DOCS / "lab" / "performance.md").read_text(encoding="utf-8")
SIDES = ("unmodified", "exact", "fast", "fast, batch of 8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition("eight at once |\n")[2].partition("\n\n")[0].splitlines()[1:]
]


def lab_rows(row: list[str]) -> dict[str, tuple[str, str]]:
    """By side, seconds a take and ratio, of the first table of a checkpoint in the lab's page."""
    model, checkpoint = re.findall(r"^(.*) `(.+)`", row[0])[0]
    block = f"<!-- {re.sub('[ -]', '_', model.lower())}_speed: begin -->"
    table = LAB.partition(block)[2].partition(f"**{checkpoint}**")[2].partition("\n\n|")[2]
    head, _, *lines = f"|{table}".partition("\n\n")[0].splitlines()
    names, *cells = [
        [cell.strip("* ") for cell in line.removeprefix("|").removesuffix("|").split("|")]
        for line in (head, *lines)
    ]
    seconds = "s in 100 steps" if "s in 100 steps" in names else "s a take"
    at = names.index(seconds)
    ratio = names.index("ratio", at)
    return {each[0]: (each[at], each[ratio]) for each in cells}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_repeats_the_lab(row: list[str]) -> None:
    measured = lab_rows(row)
    for side, cell in zip(SIDES, row[1:], strict=True):
        if not cell:
            assert side not in measured
            continue
        seconds, ratio = measured[side]
        expected = f"{float(seconds):.0f}"
        assert cell == (expected if side == "unmodified" else f"{expected} ({ratio})")


def test_there_are_rows() -> None:
    assert len(ROWS) == 5
