"""What stands in for torch.cuda and torch.mps while a simulated device is there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import torch

from tests.simulated.graphs import simulated_graph

Replacement = tuple[Any, str, Any]  # object, name, value


@contextmanager
def stand_ins(accelerator: Any) -> Iterator[None]:
    """Within it, PyTorch's functions of the device answer for the simulated one, modules keep their
    parameters when they are moved, and threads that start see the device too."""
    table = {"cuda": _of_cuda, "mps": _of_mps}[accelerator.kind](accelerator)
    usual_run, usual_apply = threading.Thread.run, torch.nn.Module._apply

    def run(thread: threading.Thread) -> None:
        with accelerator.modes():
            usual_run(thread)

    def apply(module: Any, *arguments: Any, **more: Any) -> Any:
        """Parameters stay the same objects, so that those of several layers stay one."""
        swaps = torch.__future__.get_swap_module_params_on_conversion()
        torch.__future__.set_swap_module_params_on_conversion(True)
        try:
            return usual_apply(module, *arguments, **more)
        finally:
            torch.__future__.set_swap_module_params_on_conversion(swaps)

    table.append((threading.Thread, "run", run))
    table.append((torch.nn.Module, "_apply", apply))
    table.append((torch.nn.RNNBase, "flatten_parameters", lambda _: None))  # cuDNN's own layout
    before = [(place, name, getattr(place, name, None)) for place, name, _ in table]
    for place, name, value in table:
        setattr(place, name, value)
    try:
        yield
    finally:
        for place, name, value in before:
            setattr(place, name, value)


class Event:
    """Of a stream: nothing is awaited until it is asked for."""

    accelerator: Any

    def __init__(self, *_: Any, **__: Any) -> None: ...

    @classmethod
    def of(cls, accelerator: Any) -> Any:
        """The class of an accelerator's own: a class still, since annotations name it."""
        return type(cls.__name__, (cls,), {"accelerator": accelerator})

    def record(self, stream: Any = None) -> None: ...

    def wait(self, stream: Any = None) -> None: ...

    def synchronize(self) -> None:
        self.accelerator.copies.wait("an event")

    def query(self) -> bool:
        self.synchronize()
        return True

    def elapsed_time(self, other: Event) -> float:
        return 0.0


class Stream(Event):
    """Operations run in the order in which they are launched, whatever their stream."""

    device_index = 0
    cuda_stream = 0

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: Any) -> None: ...

    def wait_stream(self, stream: Any) -> None: ...

    def wait_event(self, event: Any) -> None: ...

    def record_event(self, event: Any = None) -> Event:
        return event or Event.of(self.accelerator)()


def _of_cuda(accelerator: Any) -> list[Replacement]:
    cuda, memory = torch.cuda, accelerator.memory
    stream_type = Stream.of(accelerator)
    stream = stream_type()
    properties = SimpleNamespace(
        name=accelerator.name, total_memory=memory.limit, multi_processor_count=100,
        major=accelerator.capability[0], minor=accelerator.capability[1],
    )  # fmt: skip

    def reset_peak(*_: Any) -> None:
        memory.peak = memory.allocated

    def seed(number: int) -> None:
        accelerator.random_state = torch.Generator().manual_seed(number).get_state()

    def bfloat16(including_emulation: bool = True) -> bool:
        return including_emulation or accelerator.capability >= (8, 0)

    answers: dict[str, Any] = {
        "is_available": True, "is_initialized": True, "device_count": 1, "current_device": 0,
        "get_arch_list": list(accelerator.architectures), "get_device_name": accelerator.name,
        "get_device_capability": accelerator.capability, "get_device_properties": properties,
        "_lazy_init": None, "init": None, "empty_cache": None, "ipc_collect": None,
        "set_device": None, "current_stream": stream, "default_stream": stream,
        "graph_pool_handle": (0, 1), "_is_in_bad_fork": False,
    }  # fmt: skip
    functions: dict[str, Any] = {
        "is_bf16_supported": bfloat16,
        "mem_get_info": lambda *_: (memory.limit - memory.allocated, memory.limit),
        "memory_allocated": lambda *_: memory.allocated,
        "memory_reserved": lambda *_: memory.allocated,
        "max_memory_allocated": lambda *_: memory.peak,
        "max_memory_reserved": lambda *_: memory.peak,
        "reset_peak_memory_stats": reset_peak,
        "synchronize": lambda *_: accelerator.copies.wait("torch.cuda.synchronize"),
        "is_current_stream_capturing": lambda: accelerator.tape is not None,
        "stream": lambda _: nullcontext(),
        "device": lambda _: nullcontext(),
        "manual_seed": seed,
        "manual_seed_all": seed,
        "Stream": stream_type,
        "Event": Event.of(accelerator),
        "CUDAGraph": simulated_graph(accelerator),
    }
    functions |= {name: _answering(value) for name, value in answers.items()}
    return [(cuda, name, value) for name, value in functions.items()]


def _of_mps(accelerator: Any) -> list[Replacement]:
    memory = accelerator.memory
    functions: dict[str, Any] = {
        "synchronize": lambda: accelerator.copies.wait("torch.mps.synchronize"),
        "empty_cache": lambda: None,
        "current_allocated_memory": lambda: memory.allocated,
        "driver_allocated_memory": lambda: memory.allocated,
        "recommended_max_memory": lambda: memory.limit,
        "manual_seed": lambda seed: None,
    }
    backend = {
        "is_available": lambda: True,
        "is_built": lambda: True,
        "is_macos_or_newer": lambda major, minor: accelerator.macos >= (major, minor),
        "is_macos13_or_newer": lambda minor=0: accelerator.macos >= (13, minor),
    }
    replaced = [(torch.mps, name, value) for name, value in functions.items()]
    return [
        *replaced,
        *((torch.backends.mps, name, value) for name, value in backend.items()),
    ]


def _answering(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value
