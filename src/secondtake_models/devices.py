"""Which device a model runs on: what was asked for, or the fastest one that is there."""

from collections.abc import Callable, Iterable

from secondtake.errors import ModelError

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
