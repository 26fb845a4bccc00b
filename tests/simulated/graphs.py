"""A simulated CUDA graph: operations are recorded once, with the very tensors, and run again.

As on a GPU nothing runs while it is captured: what was written then is put back, and what was made
then holds garbage until the first replay. Whatever Python computed stays as it was. A replay that
reads memory which has been freed since is refused.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tests.simulated.failures import not_while_capturing
from tests.simulated.tensors import simulated_in, tensors_in


@dataclass
class Operation:
    """One launch: run again on the same memory, its results copied to where they were."""

    compute: Callable[[], Any]
    results: list[Tensor]  # those that it makes anew, as true tensors

    def run(self) -> None:
        made = list(tensors_in(self.compute()))
        fresh = made[: len(self.results)]
        for target, value in zip(self.results, fresh, strict=True):
            if value is not target:
                target.copy_(value)


@dataclass
class Tape:
    """What is recorded of one capture."""

    operations: list[Operation] = field(default_factory=list)
    made: dict[int, Any] = field(default_factory=dict)  # storages of the capture's own
    before: dict[int, tuple[Any, Any]] = field(default_factory=dict)  # others, as they were
    read: dict[int, Any] = field(default_factory=dict)  # memory of others, weakly

    def note_inputs(self, args: Any, mutated: bool) -> None:
        """Call before an operation runs: what it reads, and what it may write."""
        for tensor in simulated_in(args):
            storage = tensor.elem.untyped_storage()
            if storage._cdata in self.made:
                continue
            self.read.setdefault(storage._cdata, weakref.ref(tensor.buffer))
            if mutated and storage._cdata not in self.before:
                self.before[storage._cdata] = (storage, storage.clone())

    def note_made(self, results: list[Tensor]) -> None:
        for tensor in results:
            storage = tensor.untyped_storage()
            self.made.setdefault(storage._cdata, storage)

    def add(self, compute: Callable[[], Any], results: list[Tensor]) -> None:
        self.operations.append(Operation(compute, results))

    def end(self) -> None:
        """As if nothing had run: others' memory as it was, garbage in the capture's own."""
        for storage, copy in self.before.values():
            storage.copy_(copy)
        self.before.clear()
        for operation in self.operations:
            for tensor in operation.results:
                poison(tensor)

    def replay(self) -> None:
        if any(reference() is None for reference in self.read.values()):
            raise AssertionError("a graph reads memory that was freed after its capture")
        for operation in self.operations:
            operation.run()


def poison(tensor: Tensor) -> None:
    """Garbage: NaN, or the least number of an integer."""
    if tensor.is_floating_point():
        tensor.fill_(torch.nan)
    elif tensor.dtype != torch.bool and not tensor.is_complex():
        tensor.fill_(torch.iinfo(tensor.dtype).min)


def simulated_graph(accelerator: Any) -> type:
    """What stands in for torch.cuda.CUDAGraph on this accelerator."""

    class SimulatedGraph:
        def __init__(self, keep_graph: bool = False) -> None:
            self.tape: Tape | None = None

        def capture_begin(self, pool: Any = None, capture_error_mode: str = "global") -> None:
            if accelerator.tape is not None:
                raise not_while_capturing("another capture")
            self.tape = accelerator.tape = Tape()

        def capture_end(self) -> None:
            tape, accelerator.tape = accelerator.tape, None
            if accelerator.capture_failed:
                accelerator.capture_failed = False
                self.tape = None
                raise RuntimeError("CUDA error: operation failed due to a previous error")
            with accelerator.aside():
                tape.end()

        def replay(self) -> None:
            if self.tape is None or accelerator.tape is not None:
                raise RuntimeError("a graph is replayed without a finished capture")
            accelerator.counts.replays += 1
            accelerator.counts.launches += 1
            with accelerator.aside():
                self.tape.replay()

        def reset(self) -> None:
            self.tape = None

        def pool(self) -> tuple[int, int]:
            return (0, 1)

    return SimulatedGraph
