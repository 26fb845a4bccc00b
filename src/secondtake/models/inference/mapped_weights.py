"""A file of quantized matrices in the safetensors format: written as they come, mapped when read.

A matrix is one or several tensors, which are called <matrix>/0, <matrix>/1 and so on.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from torch import Tensor

HEADER_BYTES = 1 << 20  # room for the names of some thousand matrices
STORED_TYPES = {
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "int16": "I16",
    "int8": "I8",
}


class MappedWeights(Mapping[str, "list[Tensor]"]):
    """The tensors of each matrix. OSError or SafetensorError if the file is absent or not whole.

    Each access maps the file anew: what was copied of a matrix, to be laid out for its product, is
    in memory once.
    """

    def __init__(self, path: Path) -> None:
        from safetensors import safe_open

        self.path, self.parts = path, dict[str, list[str]]()
        with safe_open(path, framework="pt") as file:
            for key in sorted(file.keys()):
                self.parts.setdefault(key.rpartition("/")[0], []).append(key)

    def __getitem__(self, name: str) -> list[Tensor]:
        from safetensors import safe_open

        with safe_open(self.path, framework="pt") as file:
            return [file.get_tensor(key) for key in self.parts[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)


def write_tensors(file: BinaryIO, tensors: Iterable[tuple[str, Tensor]]) -> None:
    """Write tensors as they come, and what they are into the room left at the beginning.

    file: empty, open for writing. ValueError if they are too many.
    """
    import torch

    header: dict[str, object] = {}
    end = 0
    file.seek(HEADER_BYTES)
    for name, tensor in tensors:
        start, end = end, end + tensor.nbytes
        entry = {"dtype": STORED_TYPES[str(tensor.dtype).removeprefix("torch.")]}
        header[name] = {**entry, "shape": tuple(tensor.shape), "data_offsets": (start, end)}
        file.write(tensor.flatten().view(torch.uint8).numpy().data)
    text = json.dumps(header).encode().ljust(HEADER_BYTES - 8)  # blanks after JSON are allowed
    if len(text) > HEADER_BYTES - 8:
        raise ValueError(f"{len(header)} tensors need {len(text)} bytes to be listed")
    file.seek(0)
    file.write(struct.pack("<Q", len(text)) + text)
