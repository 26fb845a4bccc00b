"""What an operation on a simulated device computes, and what the device refuses to compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tests.simulated import failures
from tests.simulated.operators import INDEXING, Operator
from tests.simulated.tensors import SimulatedTensor, mapped, true_tensor

# Of queries, keys and values on MPS: for the versions that read them wrong.
STRIDES_MATTER = tuple(int(part) for part in torch.__version__.split(".")[:2]) >= (2, 8)


def compute_on(
    accelerator: Any, func: Any, known: Operator, args: Any, kwargs: Any
) -> Callable[[], Any]:
    """The operation on true tensors, to be run once or, from a graph, again.

    The device's random numbers are its own; where the CPU has no kernel for half precision, it
    computes in float32.
    """
    true_args, true_kwargs = mapped(true_tensor, args), mapped(true_tensor, kwargs)
    for key in ("device", "pin_memory"):
        true_kwargs.pop(key, None)

    def compute() -> Any:
        try:
            return func(*true_args, **true_kwargs)
        except RuntimeError as error:
            if "not implemented for 'Half'" not in str(error) or known.is_mutable:
                raise
        wide_args, wide_kwargs = mapped(_widened, true_args), mapped(_widened, true_kwargs)
        return mapped(_halved, func(*wide_args, **wide_kwargs))

    def compute_random() -> Any:
        usual = torch.get_rng_state()
        torch.set_rng_state(accelerator.random_state)
        try:
            return compute()
        finally:
            accelerator.random_state = torch.get_rng_state()
            torch.set_rng_state(usual)

    return compute_random if known.is_random else compute


def shaped_as(func: Any, known: Operator, args: Any, kwargs: Any) -> Any:
    """What the operation gives by shape, whatever its indices are."""
    if known.is_mutable:
        return true_tensor(args[0])

    def harmless(tensor: Tensor) -> Tensor:
        true = true_tensor(tensor)
        return torch.zeros_like(true) if true.dtype in (torch.int32, torch.int64) else true

    return func(*mapped(harmless, args), **mapped(harmless, kwargs))


def _widened(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype == torch.float16 else tensor


def _halved(tensor: Tensor) -> Tensor:
    return tensor.half() if tensor.dtype == torch.float32 else tensor


def refuse(
    accelerator: Any, func: Any, known: Operator, args: Any, kwargs: Any, tensors: list[Tensor]
) -> None:
    """Raise what the device raises instead of computing."""
    if not known.is_view:
        for planned in accelerator.failures:
            planned.raise_for(known.name)
        if not accelerator.has_kernels:
            raise failures.FAILURES["no kernel image"]()
    if known.name in accelerator.lacks or not known.has_kernel(accelerator.kind):
        raise failures.LACKING[accelerator.kind](known.name)
    if kwargs.get("generator") is not None:
        raise RuntimeError(
            f"Expected a '{accelerator.kind}' device type for generator but found 'cpu'"
        )
    if accelerator.kind == "mps" and known.name == "scaled_dot_product_attention":
        _refuse_wrong_attention(*args, **kwargs)
    _refuse_mixing(accelerator, known.name, args, tensors)


def _refuse_mixing(accelerator: Any, name: str, args: Any, tensors: list[Tensor]) -> None:
    """All on the device, but for single numbers, and for indices, which are uploaded first."""
    others = [tensor for tensor in tensors if not isinstance(tensor, SimulatedTensor)]
    if name in INDEXING:
        indices = {id(index) for index in args[1] if index is not None}
        for index in (tensor for tensor in others if id(tensor) in indices):
            accelerator.counts.uploads += 1
            accelerator.copies.wait(f"the upload of an index of {tuple(index.shape)}")
        others = [tensor for tensor in others if id(tensor) not in indices]
    if any(tensor.dim() for tensor in others):
        raise failures.no_mixing(str(accelerator.device), name)


def _refuse_wrong_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, *_: Any, **__: Any
) -> None:
    """What PyTorch computes wrong on MPS without a word (pytorch 163597, 184180)."""
    strided = not all(tensor.is_contiguous() for tensor in (query, key, value))
    if strided and STRIDES_MATTER:
        raise failures.WrongOnMPS("attention of tensors that are not contiguous")
    if attn_mask is not None:
        whole = (*query.shape[:-1], key.shape[-2])
        shape = (1,) * (len(whole) - attn_mask.dim()) + tuple(attn_mask.shape)
        if shape != whole and any(side != 1 for side in shape[:-2]):
            raise failures.WrongOnMPS("attention with a mask that is broadcast in part")


def refuse_result(accelerator: Any, name: str, fresh: list[Tensor]) -> None:
    """Convolutions on MPS before macOS 15.1 have no side beyond 65,536."""
    if accelerator.kind != "mps" or accelerator.macos >= (15, 1) or "convolution" not in name:
        return
    sides = (side for tensor in fresh for side in tensor.shape)
    if any(side > failures.LONGEST_CONVOLUTION for side in sides):
        raise failures.mps_convolution_too_long()
