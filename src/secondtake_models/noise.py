"""Chance, from a take's seed: always drawn on the CPU, whose draws are the same on every machine.

What a device computes of it differs from device to device by arithmetic only.
"""

from typing import Any


def generator(seed: int) -> Any:
    """A torch.Generator on the CPU that draws what torch.manual_seed(seed) lets it draw."""
    import torch

    return torch.Generator().manual_seed(seed)


def normal(shape: tuple[int, ...], chance: Any, device: str) -> Any:
    """Standard normal float32 noise from a generator, on `device`."""
    import torch

    return torch.randn(shape, generator=chance).to(device)
