"""JSON that has a dataclass's fields and types, and JSON that has not."""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from secondtake.core import serialization
from secondtake.core.serialization import (
    JsonFileError,
    from_dict,
    read_checked,
    read_json,
    write_checked,
)


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
    assert from_dict(Thing, GOOD) == Thing("x", 1, 0.5, True, ("a",), {"k": "v"}, {"k": [1, None]})
    assert from_dict(Thing, {**GOOD, "level": 1}).level == 1


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
        from_dict(Thing, {**GOOD, name: value})


@pytest.mark.parametrize("value", [None, [], {}, "x", {**GOOD, "more": 1}])
def test_other_fields_are_refused(value):
    with pytest.raises(TypeError, match="Thing has "):
        from_dict(Thing, value)


@dataclass(frozen=True)
class Nest:
    thing: Thing
    pair: tuple[float, float] | None
    by_name: Mapping[str, Thing]
    state: Literal["ready", "absent"] = "ready"
    note: str = ""


NEST = {"thing": GOOD, "pair": [0, 1.5], "by_name": {"a": GOOD}, "state": "absent", "note": "x"}


def test_parts_become_their_own_dataclasses():
    thing = from_dict(Thing, GOOD)
    assert from_dict(Nest, NEST) == Nest(thing, (0, 1.5), {"a": thing}, "absent", "x")
    assert from_dict(Nest, {**NEST, "pair": None}).pair is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("thing", {**GOOD, "count": "1"}, "Thing: count is no int"),
        ("by_name", {"a": {**GOOD, "level": ""}}, "Thing: level is no float"),
        ("thing", None, "Thing has "), ("pair", [1.0], "Nest: pair is no "),
        ("pair", "ab", "Nest: pair is no "), ("state", "gone", "Nest: state is no "),
        ("state", ["ready"], "Nest: state is no "), ("note", None, "Nest: note is no "),
    ],
)  # fmt: skip
def test_what_does_not_fit_in_a_part_is_named(name, value, message):
    with pytest.raises(TypeError, match=message):
        from_dict(Nest, {**NEST, name: value})


def test_only_the_strict_want_every_field_and_no_other():
    less = {key: value for key, value in NEST.items() if key not in ("state", "note")}
    other = {**less, "thing": {**GOOD, "more": 1}, "more": 1}
    assert from_dict(Nest, other, strict=False).state == "ready"
    with pytest.raises(TypeError, match="Nest has "):
        from_dict(Nest, less)
    with pytest.raises(TypeError, match="Nest has "):
        from_dict(Nest, {"pair": None}, strict=False)


def test_a_file_that_is_whole_is_read(tmp_path: Path):
    path = tmp_path / "thing.json"
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    assert read_json(path) == GOOD
    assert read_json(path, lambda value: from_dict(Thing, value)).name == "x"


def test_a_file_that_is_not_there_is_absent_and_a_folder_is_damage(tmp_path: Path):
    with pytest.raises(JsonFileError, match=r"^No such file or directory$") as caught:
        read_json(tmp_path / "thing.json")
    assert caught.value.is_absent
    with pytest.raises(JsonFileError, match=r"^it is no file$") as caught:
        read_json(tmp_path)
    assert caught.value.state == "damaged"


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff", b"[" * 100_000, b"\0", b"9" * 5000, b"9" * 30, b"Infinity", b"1e999"],
)
def test_a_file_that_is_not_json_is_damaged(tmp_path: Path, data: bytes):
    path = tmp_path / "thing.json"
    path.write_bytes(data)
    with pytest.raises(JsonFileError, match=r"^not JSON: ") as caught:
        read_json(path)
    assert caught.value.state == "damaged"


@pytest.mark.parametrize("text", ["{}", "[]", "null", '"x"'])
def test_a_file_of_another_shape_is_damaged(tmp_path: Path, text: str):
    path = tmp_path / "thing.json"
    path.write_text(text)
    with pytest.raises(JsonFileError, match="Error: ") as caught:
        read_json(path, lambda value: int(value["count"]))
    assert caught.value.state == "damaged"


def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "thing.json")
    with pytest.raises(JsonFileError, match=r"^it is no file$"):
        read_json(tmp_path / "thing.json")


@pytest.mark.parametrize("compact", [False, True])
def test_a_checked_file_is_json_that_begins_with_its_checksum(tmp_path: Path, compact: bool):
    path, value = tmp_path / "thing.json", {"a": "é", "format": 3}
    assert write_checked(path, value, compact=compact)
    assert not write_checked(path, value, compact=compact)
    assert list(json.loads(path.read_text(encoding="utf-8"))) == ["checksum", "a", "format"]
    assert read_json(path) == read_checked(path, 3, dict) == value
    content = path.read_bytes().partition(b'",')[2]
    assert hashlib.sha256(content).hexdigest().encode() in path.read_bytes()


@pytest.mark.parametrize("compact", [False, True])
def test_every_flip_of_a_bit_of_a_checked_file_is_noticed(tmp_path: Path, compact: bool):
    path = tmp_path / "thing.json"
    write_checked(path, {"a": 1e-7, "format": 1}, compact=compact)
    whole, accepted = path.read_bytes(), []
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with suppress(JsonFileError):
            accepted.append(read_checked(path, 1, dict))
    assert accepted == []


def test_a_checksum_is_missed_from_its_first_format_on(tmp_path: Path):
    path = tmp_path / "thing.json"
    path.write_text('{"format": 2}')
    assert read_checked(path, 3, dict) == {"format": 2}
    for text, why in (('{"format": 3}', "checksum is lost"), ('{"format": 1}', "format 1")):
        path.write_text(text)
        with pytest.raises(JsonFileError, match=why):
            read_checked(path, 3, dict)


def test_a_file_that_is_too_large_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(serialization, "MAX_JSON_BYTES", 8)
    path = tmp_path / "thing.json"
    path.write_text("[1, 2, 3, 4]")
    with pytest.raises(JsonFileError, match=r"^larger than 8 bytes$"):
        read_json(path)
