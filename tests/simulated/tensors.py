"""Tensors that say they are on an accelerator, and hold a true tensor on the CPU.

For PyTorch's C++ they are on the CPU too, so no driver is asked for; what Python sees of them (and
every check of ours) is the simulated device. They are made by an Accelerator, within its `with`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class Buffer:
    """Memory on the device: what is freed when the last tensor that looks at it is gone."""

    def __init__(self, memory: Memory, nbytes: int) -> None:
        self.memory, self.nbytes = memory, nbytes
        memory.allocated += nbytes
        memory.peak = max(memory.peak, memory.allocated)

    def __del__(self) -> None:
        self.memory.allocated -= self.nbytes


class Memory:
    """The device's memory in bytes, by storage, in blocks of 512 as CUDA's allocator hands out."""

    BLOCK = 512

    def __init__(self, limit: int, out_of_memory: Callable[[int, Memory], Exception]) -> None:
        self.limit, self.out_of_memory = limit, out_of_memory
        self.allocated = self.peak = 0
        self._buffers: weakref.WeakValueDictionary[int, Buffer] = weakref.WeakValueDictionary()

    def buffer_of(self, elem: Tensor) -> Buffer:
        """The memory of a tensor's storage, taken now if it is new. Raises as the device does."""
        storage = elem.untyped_storage()
        key = storage._cdata
        buffer = self._buffers.get(key)
        if buffer is None:
            nbytes = -(-storage.nbytes() // self.BLOCK) * self.BLOCK
            if self.allocated + nbytes > self.limit:
                raise self.out_of_memory(nbytes, self)
            buffer = self._buffers[key] = Buffer(self, nbytes)
        return buffer


class SimulatedTensor(torch.Tensor):
    """elem: the true tensor; buffer: its memory on the device."""

    elem: Tensor
    buffer: Buffer
    accelerator: Any

    @staticmethod
    def __new__(cls, elem: Tensor, accelerator: Any) -> SimulatedTensor:
        buffer = accelerator.memory.buffer_of(elem)
        tensor = torch.Tensor._make_wrapper_subclass(
            cls, elem.size(), strides=elem.stride(), storage_offset=elem.storage_offset(),
            dtype=elem.dtype, layout=elem.layout, device=elem.device, requires_grad=False,
        )  # fmt: skip
        tensor.elem, tensor.buffer, tensor.accelerator = elem, buffer, accelerator
        return tensor

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        (first, *_) = simulated_in((args, kwargs or {}))
        return first.accelerator.dispatch(func, args, kwargs or {})

    @property
    def device(self) -> torch.device:
        return self.accelerator.device

    @property
    def is_cuda(self) -> bool:
        return self.device.type == "cuda"

    @property
    def is_mps(self) -> bool:
        return self.device.type == "mps"

    @property
    def is_cpu(self) -> bool:
        return False

    @property
    def data(self) -> SimulatedTensor:
        return SimulatedTensor(self.elem, self.accelerator)

    @data.setter
    def data(self, other: SimulatedTensor) -> None:
        assert other.shape == self.shape and other.dtype == self.dtype, "not simulated"
        self.elem, self.buffer = other.elem, other.buffer

    def get_device(self) -> int:
        return 0

    def data_ptr(self) -> int:
        return self.elem.data_ptr()

    def untyped_storage(self) -> Any:
        return self.elem.untyped_storage()

    def is_pinned(self, device: Any = None) -> bool:
        return False

    def __repr__(self) -> str:  # type: ignore[override]
        return f"simulated on {self.device}: {self.elem!r}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copied = SimulatedTensor(self.elem.clone(), self.accelerator)
        return torch.nn.Parameter(copied, self.requires_grad) if is_parameter(self) else copied

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise NotImplementedError("a simulated tensor is not pickled")


def is_parameter(tensor: Tensor) -> bool:
    return isinstance(tensor, torch.nn.Parameter)


def tensors_in(value: Any) -> list[Tensor]:
    """All tensors of nested arguments, in order."""
    found: list[Tensor] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Tensor]) -> None:
    if isinstance(value, Tensor):
        found.append(value)
    elif isinstance(value, (tuple, list)):
        for item in value:
            _collect(item, found)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, found)


def simulated_in(value: Any) -> list[SimulatedTensor]:
    return [tensor for tensor in tensors_in(value) if isinstance(tensor, SimulatedTensor)]


def mapped(change: Callable[[Tensor], Any], value: Any) -> Any:
    """Nested arguments with every tensor changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, torch.Size):
        return value
    if isinstance(value, (tuple, list)):
        items = [mapped(change, item) for item in value]
        if hasattr(value, "_fields"):
            return type(value)(*items)
        return type(value)(items) if type(value) in (tuple, list) else tuple(items)
    if isinstance(value, dict):
        return {key: mapped(change, item) for key, item in value.items()}
    return value


def true_tensor(tensor: Tensor) -> Tensor:
    """What a simulated tensor holds; another tensor itself."""
    return tensor.elem if isinstance(tensor, SimulatedTensor) else tensor
