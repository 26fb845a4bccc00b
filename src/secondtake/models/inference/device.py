"""Which device a model runs on: what was asked for, or the fastest one that is there.

A lack of memory, told as what it is, whichever way PyTorch puts it.

What of a model is in memory: each part is read when it is first needed, and kept.

Where memory is short (SECONDTAKE_LOW_MEMORY=1), a part is kept only until another one is read.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.worker import as_model_error

PREFERENCE = ("cuda", "mps", "cpu")  # fastest first, for "auto"


def pick(
    device: str, supported: Iterable[str], present: Callable[[str], bool] | None = None
) -> str:
    """The device to run on: `device` itself, or for "auto" the fastest supported one present.

    `present` tells whether this machine has a device (default: ask torch).
    ModelError unsupported if the asked one is not there, or is none that the model runs on.
    """
    supported = tuple(supported)
    present = present or _torch_has
    there = [name for name in PREFERENCE if name in supported and present(name)]
    choices = f"use --device {' or '.join(['auto', *there])}"
    if device == "auto":
        if not there:
            raise ModelError("unsupported", f"none of {', '.join(supported)} is on this machine")
        return there[0]
    if device not in supported:
        raise ModelError("unsupported", f"this model does not run on {device}", choices)
    if device not in there:
        raise ModelError("unsupported", f"PyTorch finds no {device} on this machine", choices)
    return device


def _torch_has(device: str) -> bool:
    if device == "cpu":
        return True
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_available())
    return device == "mps" and bool(torch.backends.mps.is_available())


@contextmanager
def memory_explained() -> Iterator[None]:
    """Within it, running out of memory is a ModelError that says what helps."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = as_model_error(error)
        if known.code == "memory":
            raise known from error
        raise


class Holding:
    """The parts that are in memory now."""

    def __init__(self, *, one_at_a_time: bool) -> None:
        self.one_at_a_time = one_at_a_time
        self._held: dict[Hashable, Any] = {}

    def part(self, key: Hashable, read: Callable[[], Any]) -> Any:
        """The part of that name, read now if it is not held."""
        if key not in self._held:
            if self.one_at_a_time:
                self._held.clear()
            self._held[key] = read()
        return self._held[key]

    def __len__(self) -> int:
        """How many parts are in memory."""
        return len(self._held)

    def clear(self) -> None:
        """Let go of all parts."""
        self._held.clear()
