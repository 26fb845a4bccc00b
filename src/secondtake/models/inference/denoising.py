"""What every denoiser needs on a GPU: uploads that wait for nothing, room, a look at its latents.

A GPU works through what it was given while the processor prepares the next step, draws its noise
included, as long as nothing waits for it: no number is read back, and none is copied to it from
memory that may be swapped out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from secondtake.core.errors import ModelError
from secondtake.models.inference.graphics_memory import (
    WORKSPACE,
    allocated_bytes,
    check_room,
    free_bytes,
    release_cached,
)

if TYPE_CHECKING:
    from torch import Tensor

    from secondtake.models.inference.device import ComponentCache
    from secondtake.models.inference.quantization import Precision


def upload(tensor: Tensor, device: str) -> Tensor:
    """A tensor of the CPU on `device`; CUDA fetches it from pinned memory when it comes to it."""
    if device.startswith("cuda"):
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def right_attention(device: str) -> AbstractContextManager[Any]:
    """Within it, attention on mps is right, in libraries too.

    PyTorch 2.8 computes it wrong there, and says nothing, for tensors that are not contiguous and
    for masks that are broadcast in part (pytorch 163597, 184180).
    """
    import torch
    from torch.overrides import TorchFunctionMode

    attention: Any = torch.nn.functional.scaled_dot_product_attention

    class ContiguousAttention(TorchFunctionMode):
        def __torch_function__(
            self,
            func: Callable[..., Any],
            types: Any,
            args: Sequence[Any] = (),
            kwargs: Mapping[str, Any] | None = None,
        ) -> Any:
            if func is attention:
                return _attend_contiguous(func, *args, **(kwargs or {}))
            return func(*args, **(kwargs or {}))

    return ContiguousAttention() if device == "mps" else nullcontext()


def _attend_contiguous(
    attention: Callable[..., Tensor],
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    *how: Any,
    **options: Any,
) -> Tensor:
    if attn_mask is not None:
        attn_mask = attn_mask.expand(*query.shape[:-1], key.shape[-2]).contiguous()
    states = (each.contiguous() for each in (query, key, value))
    return attention(*states, attn_mask, *how, **options)


def has_room(needed: int, device: str) -> bool:
    """True if a device holds so many bytes, once this process lets go of all that it has there."""
    return needed + WORKSPACE <= free_bytes(device) + allocated_bytes(device)


def make_room(loaded: ComponentCache, needed: int, device: str, what: str) -> None:
    """Let go of what is loaded if `needed` bytes have no room beside it on a device.

    what: that needs them. ModelError memory if they have none alone.
    """
    if free_bytes(device) < needed + WORKSPACE:
        loaded.clear()
        release_cached(device)
    check_room(needed, device, what)


def check_finite(latents: Tensor, precision: Precision) -> None:
    """ModelError unsupported if the arithmetic has overflowed, which halves do first."""
    if not latents.isfinite().all():
        message = f"its numbers have left the range of {precision.name}"
        raise ModelError("unsupported", message, "use --dtype float32, or --mode exact")
