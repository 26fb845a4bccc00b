"""JSON that has a dataclass's fields and types, and JSON that has not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from secondtake.core.serialization import shaped


@dataclass(frozen=True)
class Thing:
    name: str
    count: int
    level: float
    sure: bool
    words: tuple[str, ...]
    hashes: Mapping[str, str]
    rest: Mapping[str, Any]


GOOD = {
    "name": "x", "count": 1, "level": 0.5, "sure": True, "words": ["a"], "hashes": {"k": "v"},
    "rest": {"k": [1, None]},
}  # fmt: skip


def test_what_fits_becomes_the_dataclass():
    assert shaped(Thing, GOOD) == Thing("x", 1, 0.5, True, ("a",), {"k": "v"}, {"k": [1, None]})
    assert shaped(Thing, {**GOOD, "level": 1}).level == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", 1), ("name", None), ("count", 1.0), ("count", True), ("count", "1"),
        ("level", "1"), ("level", True), ("sure", 1), ("words", "a"), ("words", [1]),
        ("hashes", ["k"]), ("hashes", {"k": 1}), ("rest", None),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(name, value):
    with pytest.raises(TypeError, match=f"Thing: {name} is no "):
        shaped(Thing, {**GOOD, name: value})


@pytest.mark.parametrize("value", [None, [], {}, "x", {**GOOD, "more": 1}])
def test_other_fields_are_refused(value):
    with pytest.raises(TypeError, match="Thing has "):
        shaped(Thing, value)
