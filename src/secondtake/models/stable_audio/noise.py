"""Randomness of libraries, drawn from a take's own generator.

Samplers and decoders call torch.randn_like, or seed a tree of Brownian motion, from the global
generator and on the device. Within `seeded_randomness` they get the draws of the take's generator
on the CPU: the same on every device, alone and in a batch, and no other generator is touched. With
a fresh generator these are the numbers that torch.manual_seed would have led to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from secondtake.models.inference.denoising import upload

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class RowSeeds:
    """The seeds of a tree, one for each row, in place of a random integer."""

    values: list[int]

    def item(self) -> list[int] | int:
        return self.values if len(self.values) > 1 else self.values[0]


def seeded_randomness(*generators: Generator) -> AbstractContextManager[Any]:
    """Within it, torch draws from these generators on the CPU, one for each row.

    Caught are randn_like, and randint without a generator, which seeds a tree.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    class SeededMode(TorchFunctionMode):
        def __torch_function__(
            self,
            func: Callable[..., Any],
            types: Any,
            args: Sequence[Any] = (),
            kwargs: Mapping[str, Any] | None = None,
        ) -> Any:
            options = kwargs or {}
            if func is torch.randn_like:
                return _randn_like(args[0] if args else options["input"], generators)
            if func is torch.randint and "generator" not in options:
                seeds = [int(func(*args, generator=g, **options).item()) for g in generators]
                return RowSeeds(seeds)
            return func(*args, **options)

    return SeededMode()


def _randn_like(like: Tensor, generators: Sequence[Generator]) -> Tensor:
    import torch

    if len(generators) == 1:
        noise = torch.randn(like.shape, generator=generators[0], dtype=like.dtype)
    else:
        row = like.shape[1:]
        rows = [torch.randn(row, generator=g, dtype=like.dtype) for g in generators]
        noise = torch.stack(rows)
    return upload(noise, str(like.device))
