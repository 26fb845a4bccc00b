"""A trial of a device: the kinds of products that models compute, beside the processor's.

Tensors are small, so that it takes no longer than starting the device's libraries, which the models
start anyway: cuBLAS, fused attention, cuDNN's convolutions and its recurrent layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from secondtake.models.inference.cached_attention import scaled_attention
from secondtake.models.inference.quantization import FLOAT32, candidate_precisions

if TYPE_CHECKING:
    from torch import Tensor

# Largest difference from the processor's float32, as a share of the largest value. A product that
# is wrong, as of a device that makes noise, is off by about one.
TOLERANCE = {"float32": 1e-4, "float16": 2e-2, "bfloat16": 1e-1}
ROWS, LENGTH, WIDTH = 2, 64, 32
SEED = 49

Trial = tuple[str, Callable[..., "Tensor"], tuple["Tensor", ...], tuple[str, ...]]


def try_out(device: str) -> None:
    """Compute each trial on `device`, and wait for it.

    PyTorch's own error if it fails, ArithmeticError if the result is another than the processor's.
    """
    import torch

    with torch.inference_mode():
        for name, work, tensors, dtypes in _trials(device):
            expected = work(*tensors)
            for dtype in dtypes:
                kind = getattr(torch, dtype)
                result = work(*(tensor.to(device, kind) for tensor in tensors)).cpu().float()
                error = (result - expected).abs().max() / expected.abs().max()
                if not error <= TOLERANCE[dtype]:  # nor if it is no number
                    raise ArithmeticError(f"{device} computes {name} wrong in {dtype}")


def _trials(device: str) -> Iterator[Trial]:
    """The name of each, its function, the tensors that it gets, and the dtypes to do it in."""
    import torch

    generator = torch.Generator().manual_seed(SEED)

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator) / shape[-1] ** 0.5

    exact = (FLOAT32.dtype,)
    halves = (precision.dtype for precision in candidate_precisions(device))
    x = draw(ROWS, LENGTH, WIDTH)
    yield "attention", _attention, (x, draw(WIDTH, WIDTH)), (*exact, *halves)
    sound, kernels = x.transpose(1, 2), (draw(WIDTH, WIDTH, 7), draw(WIDTH, 8, 4))
    yield "convolutions", _convolutions, (sound, *kernels), exact
    if device.startswith("cuda"):  # mps has such layers decoded by the processor
        weights = draw(4 * WIDTH, WIDTH), draw(4 * WIDTH, WIDTH)
        yield "a recurrent layer", _recurrent, (x, draw(1, ROWS, WIDTH), *weights), exact


def _attention(x: Tensor, weight: Tensor) -> Tensor:
    """(rows, length, width) -> (rows, heads, length, width / heads)"""
    from torch.nn.functional import linear

    heads = linear(x, weight).unflatten(-1, (2, -1)).transpose(1, 2)
    return scaled_attention(heads, heads, heads)


def _convolutions(x: Tensor, weight: Tensor, transposed: Tensor) -> Tensor:
    """(rows, width, length) -> (rows, 8, 2 * length), as a decoder makes sound of latents."""
    from torch.nn.functional import conv1d, conv_transpose1d

    return conv_transpose1d(conv1d(x, weight, padding=3), transposed, stride=2, padding=1)


def _recurrent(x: Tensor, state: Tensor, *weights: Tensor) -> Tensor:
    """(rows, length, width) -> the same, as EnCodec's LSTM."""
    import torch

    has_bias, is_training, is_bidirectional, batch_first = False, False, False, True
    options = has_bias, 1, 0.0, is_training, is_bidirectional, batch_first
    output, _, _ = torch.lstm(x, (state, state), list(weights), *options)
    return output
