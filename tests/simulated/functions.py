"""What PyTorch decides before its operators: moves between devices, numpy, and whole layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from tests.simulated import failures
from tests.simulated.tensors import SimulatedTensor, simulated_in

Handler = Callable[[Any, Any, Any, Any], Any]  # accelerator, function, args, kwargs
PLAIN = object()  # what a handler returns for something that is none of its business


class FunctionMode(TorchFunctionMode):
    """Sends PyTorch's functions to their handlers."""

    def __init__(self, accelerator: Any) -> None:
        super().__init__()
        self.accelerator = accelerator

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        handler = HANDLERS.get(func)
        if handler is not None:
            result = handler(self.accelerator, func, args, kwargs)
            if result is not PLAIN:
                return result
        if not simulated_in((args, kwargs)):
            return func(*args, **kwargs)
        with self.accelerator.inside():
            return func(*args, **kwargs)


def _to(accelerator: Any, func: Any, args: Any, kwargs: Any) -> Any:
    tensor, *rest = args
    kwargs = dict(kwargs)
    copy = bool(kwargs.pop("copy", False))
    other = kwargs.pop("other", None)
    if other is None and rest and isinstance(rest[0], Tensor):
        other, *rest = rest
    if other is not None:
        device, dtype = other.device, other.dtype
        non_blocking = bool(kwargs.get("non_blocking", rest[0] if rest else False))
    else:
        device, dtype, non_blocking, _ = torch._C._nn._parse_to(*rest, **kwargs)
    return move(accelerator, tensor, device, dtype, non_blocking, copy)


def move(
    accelerator: Any, tensor: Tensor, device: Any, dtype: Any, non_blocking: bool, copy: bool
) -> Any:
    """The tensor on a device, as `Tensor.to` gives it; PLAIN if no simulation is concerned."""
    from_here = isinstance(tensor, SimulatedTensor)
    if device is not None and accelerator.is_here(device) and not from_here:
        return accelerator.copies.upload(tensor, dtype, non_blocking)
    if not from_here:
        return PLAIN
    if device is not None and not accelerator.is_here(device):
        if torch.device(device).type != "cpu":
            raise RuntimeError(f"from {tensor.device} to {device}: not simulated")
        if dtype not in (None, tensor.dtype):
            tensor = Tensor.to(tensor, dtype)
        return accelerator.copies.download(tensor, non_blocking=non_blocking)
    with accelerator.inside():
        if dtype is not None and dtype != tensor.dtype:
            return accelerator.dispatch(
                torch.ops.aten._to_copy.default, (tensor,), {"dtype": dtype}
            )
        return accelerator.dispatch(torch.ops.aten.clone.default, (tensor,), {}) if copy else tensor


def _cpu(accelerator: Any, func: Any, args: Any, kwargs: Any) -> Any:
    return move(accelerator, args[0], "cpu", None, False, False)


def _cuda(accelerator: Any, func: Any, args: Any, kwargs: Any) -> Any:
    non_blocking = bool(kwargs.get("non_blocking", False))
    return move(accelerator, args[0], accelerator.kind, None, non_blocking, False)


def _numpy(accelerator: Any, func: Any, args: Any, kwargs: Any) -> Any:
    if isinstance(args[0], SimulatedTensor):
        raise failures.no_numpy(str(accelerator.device))
    return PLAIN


def _tolist(accelerator: Any, func: Any, args: Any, kwargs: Any) -> Any:
    if not isinstance(args[0], SimulatedTensor):
        return PLAIN
    return accelerator.copies.download(args[0]).tolist()


def _tensor(accelerator: Any, func: Any, args: Any, kwargs: Any) -> Any:
    """torch.tensor, as_tensor and asarray with a device, or of a tensor that is here."""
    kwargs = dict(kwargs)
    device = kwargs.pop("device", None)
    if isinstance(args[0], SimulatedTensor):
        copy = func is torch.tensor
        return move(accelerator, args[0], device, kwargs.get("dtype"), False, copy)
    if device is None or not accelerator.is_here(device):
        return PLAIN
    return accelerator.copies.upload(func(*args, **kwargs), non_blocking=False)


def _new_tensor(accelerator: Any, func: Any, args: Any, kwargs: Any) -> Any:
    if not isinstance(args[0], SimulatedTensor):
        return PLAIN
    dtype = kwargs.get("dtype", args[0].dtype)
    return accelerator.copies.upload(torch.tensor(args[1], dtype=dtype), non_blocking=False)


def _pin_memory(accelerator: Any, func: Any, args: Any, kwargs: Any) -> Any:
    if isinstance(args[0], SimulatedTensor):
        raise RuntimeError(f"cannot pin '{args[0].type()}' only dense CPU tensors can be pinned")
    return accelerator.copies.pin(args[0].clone())


def _is_pinned(accelerator: Any, func: Any, args: Any, kwargs: Any) -> Any:
    return accelerator.copies.is_pinned(args[0]) if type(args[0]) is Tensor else PLAIN


def _factory(accelerator: Any, func: Any, args: Any, kwargs: Any) -> Any:
    """What is made in pinned memory."""
    if not kwargs.get("pin_memory"):
        return PLAIN
    if accelerator.is_here(kwargs.get("device")):
        raise RuntimeError("Only dense CPU tensors can be pinned")
    return accelerator.copies.pin(func(*args, **{**kwargs, "pin_memory": False}))


def _whole(accelerator: Any, func: Any, args: Any, kwargs: Any) -> Any:
    """One launch, whatever it is made of on a CPU."""
    return accelerator.launch(func, args, kwargs) if simulated_in((args, kwargs)) else PLAIN


HANDLERS: dict[Any, Handler] = {
    Tensor.to: _to,
    Tensor.cpu: _cpu,
    Tensor.cuda: _cuda,
    Tensor.numpy: _numpy,
    Tensor.tolist: _tolist,
    Tensor.pin_memory: _pin_memory,
    Tensor.is_pinned: _is_pinned,
    Tensor.new_tensor: _new_tensor,
    torch.tensor: _tensor,
    torch.as_tensor: _tensor,
    torch.asarray: _tensor,
    torch._VF.lstm: _whole,
    torch.nn.functional.scaled_dot_product_attention: _whole,
    **{
        getattr(torch, name): _factory
        for name in "empty zeros ones full rand randn randint empty_strided".split()
    },
}
