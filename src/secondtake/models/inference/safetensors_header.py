"""The header of a safetensors file, looked at before a library maps the file into memory."""

import json
import math
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.escape import plain
from secondtake.core.serialization import SHAPE_ERRORS

LARGEST_HEADER = 8 << 20  # bytes; a thousand tensors need 0.1 MB
MOST_ITEMS = 1 << 48  # of a tensor, the empty dimensions left out
MOST_DIMENSIONS = 8
BITS = {
    "F64": 64, "F32": 32, "F16": 16, "BF16": 16, "F8_E4M3": 8, "F8_E5M2": 8,
    "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U8": 8, "BOOL": 8,
}  # fmt: skip


def check_header(path: Path, remedy: str) -> None:
    """ModelError bad_weights, with the remedy, if the file is none of the format: its tensors must
    lie one after the other and fill it, each of the size that its shape needs."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(LARGEST_HEADER, size - 8):
                raise ValueError(f"a header of {length} bytes")
            header = json.loads(file.read(length).decode(), object_pairs_hook=_without_twins)
        _check_tensors(header, size - 8 - length)
    except (OSError, RecursionError, struct.error, *SHAPE_ERRORS) as error:
        message = f"{path} is no file of tensors: {plain(str(error)[:200])}"
        raise ModelError("bad_weights", message, remedy) from None


def _without_twins(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    if len(named := dict(pairs)) < len(pairs):
        raise ValueError("a name that is there twice")
    return named


def _check_tensors(header: dict[str, Any], room: int) -> None:
    metadata = header.pop("__metadata__", {})
    if not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("metadata that is no text")
    stretches = []
    for name, entry in header.items():
        name.encode()  # UnicodeEncodeError: half of a character
        shape, (start, end) = entry["shape"], entry["data_offsets"]
        numbers = [start, end, *shape]
        if not all(type(number) is int and 0 <= number < MOST_ITEMS for number in numbers):
            raise ValueError(f"{name} has a size that cannot be")
        if len(shape) > MOST_DIMENSIONS or math.prod(n or 1 for n in shape) >= MOST_ITEMS:
            raise ValueError(f"{name} has a shape that cannot be")
        if 8 * (end - start) != math.prod(shape) * BITS[entry["dtype"]]:
            raise ValueError(f"{name} has {end - start} bytes, which do not fit its shape")
        stretches.append((start, end))
    place = 0
    for start, end in sorted(stretches):
        if start != place:
            raise ValueError("tensors that overlap, or leave a gap")
        place = end
    if place != room:
        raise ValueError(f"its tensors have {place} bytes, and it has {room}")
