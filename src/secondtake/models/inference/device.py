"""Devices and memory: the choice of a device, out-of-memory errors, the cache of components."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from secondtake.core.errors import ModelError, as_model_error

T = TypeVar("T")

PREFERENCE = ("cuda", "mps", "cpu")  # fastest first, for "auto"


def select_device(
    device: str, supported: Iterable[str], present: Callable[[str], bool] | None = None
) -> str:
    """The device to run on: `device` itself, or for "auto" the fastest supported one present.

    present: True for a device that this machine has (default: ask torch).
    ModelError unsupported if the device is not present, or the model does not run on it.
    """
    supported = tuple(supported)
    present = present or _torch_has
    available = [name for name in PREFERENCE if name in supported and present(name)]
    choices = f"use --device {' or '.join(['auto', *available])}"
    if device == "auto":
        if not available:
            raise ModelError("unsupported", f"none of {', '.join(supported)} is on this machine")
        return available[0]
    if device not in supported:
        raise ModelError("unsupported", f"this model does not run on {device}", choices)
    if device not in available:
        raise ModelError("unsupported", f"PyTorch finds no {device} on this machine", choices)
    return device


def _torch_has(device: str) -> bool:
    if device == "cpu":
        return True
    import torch

    return bool((torch.cuda if device == "cuda" else torch.backends.mps).is_available())


@contextmanager
def oom_as_model_error() -> Iterator[None]:
    """Within it, running out of memory raises a ModelError that says what helps."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if (model_error := as_model_error(error)).code == "memory":
            raise model_error from error
        raise


class ComponentCache:
    """A model's components in memory, each loaded when it is first needed.

    one_at_a_time: one is kept until another is loaded (SECONDTAKE_LOW_MEMORY=1).
    """

    def __init__(self, *, one_at_a_time: bool) -> None:
        self.one_at_a_time = one_at_a_time
        self._components: dict[Hashable, Any] = {}  # each caller knows its own types

    def get(self, key: Hashable, load: Callable[[], T]) -> T:
        """The component of that key, loaded now if it is not in memory."""
        if key not in self._components:
            if self.one_at_a_time:
                self._components.clear()
            self._components[key] = load()
        component: T = self._components[key]
        return component

    def __len__(self) -> int:
        return len(self._components)

    def clear(self) -> None:
        self._components.clear()
