"""Files of random numbers in the safetensors format, as large as one likes in little memory.

The shapes come from a model that is on PyTorch's device meta, which has shapes and no numbers.
The numbers are what training starts from, nearly: a product keeps its input's size, a norm does
nothing, and nothing is zero that training would have moved from there.
"""

import json
import math
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SEED = 20240605
BIAS_SPREAD = 0.02
FOURIER_SPREAD = 16.0  # of the frequencies that a number or a time is told by
ROTARY_BASE = 10_000
STORED = {"float32": ("F32", 4), "bfloat16": ("BF16", 2)}  # safetensors' name, bytes of a number

Shapes = Mapping[str, tuple[int, ...]]
Draw = Callable[[str, tuple[int, ...]], Any]


def write_random(
    path: Path, shapes: Shapes, draw: Draw | None = None, dtype: str = "float32"
) -> None:
    """Write a tensor for each name, one after the other; nothing if the file is there.

    dtype: float32 or bfloat16.
    """
    import torch

    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    aside = path.with_suffix(".part")
    with aside.open("wb") as file:
        file.write(_header(shapes, *STORED[dtype]))
        for name, shape in shapes.items():
            tensor = (draw or drawn)(name, shape).to(getattr(torch, dtype)).contiguous()
            assert tuple(tensor.shape) == shape, name
            file.write(tensor.flatten().view(torch.uint8).numpy().data)
    aside.rename(path)


def shapes_of(model: Any) -> dict[str, tuple[int, ...]]:
    """By name, what a module's state would be."""
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def _header(shapes: Shapes, dtype: str, width: int) -> bytes:
    """8 bytes of its length, then which tensor is where, padded to whole numbers of 8 bytes."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, shape in shapes.items():
        end = at + width * math.prod(shape)
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def drawn(name: str, shape: tuple[int, ...]) -> Any:
    """Numbers for a parameter, by what its name says that it is."""
    import torch

    last = name.rpartition(".")[2]
    if last == "inv_freq":
        return ROTARY_BASE ** (-torch.arange(shape[0]) / shape[0])
    if last == "weights" or "timestep_features" in name:
        return torch.randn(shape) * FOURIER_SPREAD
    if last in ("weight_g", "original0"):  # a row's length: that of the row drawn below
        return torch.full(shape, 3**-0.5)
    if last == "gamma" or (last == "weight" and len(shape) == 1) or last == "inited":
        return torch.ones(shape)
    if last in ("alpha", "beta"):  # of Snake, as logarithms; of a norm, what it adds
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.randn(shape) * BIAS_SPREAD
    return torch.randn(shape) * (3 * _inputs(shape)) ** -0.5


def _inputs(shape: tuple[int, ...]) -> int:
    """Of how many numbers one output is the sum."""
    count = 1
    for size in shape[1:]:
        count *= size
    return count
