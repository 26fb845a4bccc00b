"""Headers of safetensors files: what torch could map, and what is refused before it tries."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from secondtake.core.errors import ModelError
from secondtake.models.inference.safetensors_header import check_header

FOUR = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}


def write(path: Path, header: Any, room: int = 16, length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if length is None else length
    path.write_bytes(struct.pack("<Q", size) + text + bytes(room))
    return path


def test_whole_files_pass(tmp_path: Path) -> None:
    both = {"a": FOUR, "b": {"dtype": "I8", "shape": [0, 4], "data_offsets": [16, 16]}}
    check_header(write(tmp_path / "a", {**both, "__metadata__": {"format": "pt"}}), "fetch")
    check_header(write(tmp_path / "b", {}, room=0), "fetch")


PLANTED: dict[str, tuple[Any, int | None]] = {
    "a header of 4 EB": ({"a": FOUR}, 1 << 62),
    "a header of 20 MB": (b" " * (20 << 20), None),
    "a header longer than the file": ({"a": FOUR}, 999),
    "a name twice": (b'{"a": {}, "a": {}}', None),
    "a key twice": (b'{"a": {"dtype": "F32", "dtype": "I8"}}', None),
    "lists within each other": (b"[" * 100_000, None),
    "no object": (b"[1]", None),
    "no text": (b"\xff\xfe{}", None),
    "a number of many digits": (b'{"a": ' + b"9" * 9999 + b"}", None),
    "offsets outside": ({"a": {**FOUR, "shape": [8], "data_offsets": [0, 32]}}, None),
    "offsets the other way round": ({"a": {**FOUR, "data_offsets": [16, 0]}}, None),
    "negative offsets": ({"a": {**FOUR, "data_offsets": [-16, 0]}}, None),
    "three offsets": ({"a": {**FOUR, "data_offsets": [0, 16, 16]}}, None),
    "tensors that overlap": ({"a": FOUR, "b": FOUR}, None),
    "a gap between tensors": ({"a": {**FOUR, "shape": [1], "data_offsets": [12, 16]}}, None),
    "more than its tensors": ({"a": {**FOUR, "shape": [1], "data_offsets": [0, 4]}}, None),
    "metadata that is no text": ({"a": FOUR, "__metadata__": {"format": 1}}, None),
    "metadata that has no names": ({"a": FOUR, "__metadata__": []}, None),
    "half a character for a name": ({"\ud800": FOUR}, None),
    "another size than its shape's": ({"a": {**FOUR, "shape": [5]}}, None),
    "a shape that wraps": ({"a": {**FOUR, "shape": [1 << 32, 1 << 32]}}, None),
    "an empty shape beyond 2**63": (
        {"a": {**FOUR, "shape": [0, 1 << 40, 1 << 40], "data_offsets": [0, 0]}}, None
    ),
    "many dimensions": ({"a": {**FOUR, "shape": [1] * 999}}, None),
    "a size that is no number": ({"a": {**FOUR, "shape": ["4"]}}, None),
    "an unknown type": ({"a": {**FOUR, "dtype": "PICKLE"}}, None),
    "no type": ({"a": {"shape": [4], "data_offsets": [0, 16]}}, None),
}  # fmt: skip


@pytest.mark.parametrize("label", PLANTED)
def test_planted_headers_are_one_error(tmp_path: Path, label: str) -> None:
    header, length = PLANTED[label]
    path = write(tmp_path / "a", header, length=length)
    with pytest.raises(ModelError) as caught:
        check_header(path, "fetch")
    assert (caught.value.code, caught.value.hint) == ("bad_weights", "fetch")
    assert str(path) in caught.value.message and len(caught.value.message) < len(str(path)) + 300


def test_an_empty_file_and_none_are_errors_too(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for name in ("empty", "absent"):
        with pytest.raises(ModelError, match=name):
            check_header(tmp_path / name, "fetch")
