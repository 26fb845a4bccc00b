"""Noise that a library draws by itself, drawn from a take's own generator instead.

Samplers and decoders call torch.randn_like in the middle of their work, or seed a tree of Brownian
motion: from the global generator, and on the device, whose draws are its own. Within `drawing_from`
they get what the take's generator on the CPU draws, so that a seed means the same noise on every
device, alone and in a batch, and nobody else's generator is touched. With a fresh generator on the
CPU these are the numbers that torch.manual_seed would have led to.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Seeds:
    """What stands for a random integer where a tree is seeded: one for each row."""

    values: list[int]

    def item(self) -> Any:
        return self.values if len(self.values) > 1 else self.values[0]


def drawing_from(*chances: Any) -> AbstractContextManager[Any]:
    """Within it, torch draws from `chances`: torch.Generators on the CPU, one for each row.

    Caught are randn_like, randint (a tree's seed) and randn from a generator on another device
    (a tree's noise), which is drawn on the CPU from the same seed.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    class Drawing(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            given = kwargs or {}
            if func is torch.randn_like:
                return _like(args[0] if args else given["input"], chances)
            if func is torch.randint and "generator" not in given:
                return _seeds(func, args, given, chances)
            if func is torch.randn and _elsewhere(given.get("generator")):
                return _on_cpu(func, args, given)
            return func(*args, **given)

    return Drawing()


def _like(like: Any, chances: tuple[Any, ...]) -> Any:
    import torch

    if len(chances) == 1:
        drawn = torch.randn(like.shape, generator=chances[0], dtype=like.dtype)
    else:
        row = like.shape[1:]
        drawn = torch.stack([torch.randn(row, generator=c, dtype=like.dtype) for c in chances])
    return drawn.to(like.device)


def _seeds(func: Callable[..., Any], args: Any, given: Any, chances: tuple[Any, ...]) -> Seeds:
    return Seeds([int(func(*args, generator=chance, **given).item()) for chance in chances])


def _elsewhere(generator: Any) -> bool:
    return generator is not None and generator.device.type != "cpu"


def _on_cpu(func: Callable[..., Any], args: Any, given: dict[str, Any]) -> Any:
    import torch

    chance = torch.Generator().manual_seed(given["generator"].initial_seed())
    drawn = func(*args, **{**given, "generator": chance, "device": "cpu"})
    return drawn.to(given.get("device") or given["generator"].device)
