"""docs/record-format.md says what the code writes."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from secondtake.core.jobs import Job
from secondtake.core.outcomes import FORMAT, STATUSES, Outcome
from secondtake.core.ranking_file import RankedGroup, RankedTake, as_json
from secondtake.core.takes import FORMAT as RECORD_FORMAT
from secondtake.core.takes import Licence, Provenance, Take, Wav

PAGE = (Path(__file__).parents[2] / "docs" / "record-format.md").read_text(encoding="utf-8")


def described(title: str) -> list[str]:
    """The fields in the table below a heading, in order."""
    (part,) = re.findall(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)


def examples() -> list[dict]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("`job`", Job),
        ("`licence`", Licence),
        ("`wav`", Wav),
        ("`made`", Provenance),
        ("The outcomes", Outcome),
        ("A group of takes", RankedGroup),
        ("A take in its place", RankedTake),
    ],
)
def test_every_field_is_described(title: str, kind: type) -> None:
    assert described(title) == [field.name for field in fields(kind)]


def test_the_record_is_described() -> None:
    take = Take.from_json(examples()[0])
    assert described("The record") == ["checksum", *take.to_json()]


def test_the_example_is_a_record_as_it_is_written() -> None:
    example = examples()[0]
    assert example["format"] == RECORD_FORMAT and example.pop("checksum")
    assert Take.from_json(example).to_json() == example


def test_the_example_of_outcomes_is_one() -> None:
    example = examples()[1]
    assert example["format"] == FORMAT
    assert [Outcome(**entry).status for entry in example["outcomes"].values()] == ["blocked"]
    assert all(f"`{status}`" in PAGE for status in STATUSES)


def test_the_ranking_is_described() -> None:
    assert described("The ranking") == ["checksum", *as_json("song", [])]
