"""Products of every precision whose answers are known: python products_probe.py

Prints JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch

from secondtake.models.inference.quantization import (
    PRECISIONS,
    FloatLinear,
    Int16Linear,
    Linear,
    candidate_precisions,
    largest_activation,
)

sys.path.append(str(Path(__file__).parents[2]))
from benchmarks.bark.floor import step_seconds
from benchmarks.floor import Floor, widths

MANY_ROWS = 48


def error(linear: type[Linear], outlier: float, rows: int) -> float:
    """Of a product whose 64 inputs have one so many times as large; a share of the true size."""
    chosen = torch.Generator().manual_seed(2)
    weight, x = torch.randn(48, 64, generator=chosen), torch.randn(rows, 64, generator=chosen)
    x[:, 7] *= outlier
    rest = weight.clone()
    rest[:, 7] = 0.0  # what the others add up to, which the large one must not drown
    true = x @ rest.T
    product = linear(linear.quantize(rest), torch.zeros(48))(x)
    return ((product - true).square().mean() / true.square().mean()).sqrt().item()


def full_scale(linear: type[Linear], rows: int) -> float:
    """Error of the largest weights times the largest activations, as a share of their sum."""
    weight = torch.ones(33, 96) * torch.tensor([1.0, -1.0, 1.0]).repeat(11)[:, None]
    x = torch.ones(rows, 96) * torch.tensor([1.0, -1.0]).repeat(rows)[:rows, None]
    true = x @ weight.T
    return ((linear(linear.quantize(weight), None)(x) - true).abs().max() / 96).item()


def at_odd_address(tensor: torch.Tensor) -> torch.Tensor:
    """The same numbers where no vector begins, as in a mapped file."""
    return torch.cat((tensor.new_zeros(1), tensor.flatten()))[1:].view(tensor.shape)


def odd_shapes(linear: type[Linear]) -> dict[str, bool]:
    """By shape: whether it is near float32's, and a row in company what it is alone."""
    shapes = {}
    for inputs, outputs in ((4, 1), (8, 3), (24, 10), (33, 65), (100, 7), (768, 64)):
        chosen = torch.Generator().manual_seed(inputs)
        weight = torch.randn(outputs, inputs, generator=chosen)
        x, bias = torch.randn(16, inputs, generator=chosen), torch.randn(outputs, generator=chosen)
        product = linear([at_odd_address(tensor) for tensor in linear.quantize(weight)], bias)
        y = product(x)
        true = torch.nn.functional.linear(x, weight, bias)
        near = bool((y - true).abs().max() < 0.06 * true.std())
        alone = torch.cat([product(x[n : n + 1]) for n in range(len(x))])
        shapes[f"{inputs} to {outputs}"] = near and bool(
            (y - alone).abs().max() < 1e-5 * true.std()
        )
    return shapes


def without_onednn() -> dict[str, Any]:
    """What is offered, and a product of a few rows, where PyTorch is built as for Macs."""

    class Missing:
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"'_OpNamespace' 'mkldnn' object has no attribute '{name}'")

    built_with = (torch.ops.mkldnn, torch.backends.mkldnn.is_available)
    weight, x = torch.randn(32, 64), torch.randn(4, 64)
    try:
        torch.ops.mkldnn, torch.backends.mkldnn.is_available = Missing(), lambda: False
        return {
            "offered": [precision.name for precision in candidate_precisions("cpu")],
            "near": torch.allclose(FloatLinear([weight], None)(x), x @ weight.T, atol=1e-4),
        }
    finally:
        torch.ops.mkldnn, torch.backends.mkldnn.is_available = built_with


def floors() -> dict[str, list[float]]:
    """By precision: the bytes of a number, and the least seconds of a step, at 1 GB/s."""
    floor = Floor("", 1, "", 1.0, 1.0, 1.0, 1.0)
    return {
        name: [widths(name).matrix, step_seconds(floor, "small", name, 8, 14.0)]
        for name in PRECISIONS
    }


def main() -> dict[str, Any]:
    offered = candidate_precisions("cpu")
    linears = {precision.linear for precision in offered if "int8" in precision.name}
    linears.add(Int16Linear)
    return {
        "engine": torch.backends.quantized.engine,
        "largest_activation": largest_activation(),
        "offered": [precision.name for precision in offered],
        "errors": {
            linear.__name__: [error(linear, outlier, 3) for outlier in (1.0, 100.0)]
            for linear in linears
        },
        "errors_of_many": {linear.__name__: error(linear, 1.0, MANY_ROWS) for linear in linears},
        "full_scale": {
            linear.__name__: max(full_scale(linear, rows) for rows in (1, 2, 17, MANY_ROWS + 1))
            for linear in linears
        },
        "floors": floors(),
        "without_onednn": without_onednn(),
        "odd_shapes": {linear.__name__: odd_shapes(linear) for linear in linears},
    }


if __name__ == "__main__":
    with torch.inference_mode():
        print(json.dumps(main()))
