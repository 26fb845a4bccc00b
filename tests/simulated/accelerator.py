"""A simulated accelerator: see tests/simulated/__init__.py for how a probe uses it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from tests.simulated import failures
from tests.simulated.copies import Copies
from tests.simulated.functions import FunctionMode
from tests.simulated.graphs import Tape
from tests.simulated.launches import compute_on, refuse, refuse_result, shaped_as
from tests.simulated.operators import UNWRITTEN, WAITING, Operator, masks_in, operator
from tests.simulated.stand_ins import stand_ins
from tests.simulated.tensors import Memory, SimulatedTensor, mapped, simulated_in, tensors_in

GIB = 2**30
CUDA_ARCHITECTURES = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
aten = torch.ops.aten


@dataclass
class Counts:
    """What was done since the last `reset`; a replayed graph is one launch."""

    launches: int = 0  # kernels; views and empty tensors are none
    waits: int = 0  # of the processor for the device
    uploads: int = 0  # copies from the host
    downloads: int = 0  # and to it
    replays: int = 0
    operators: dict[str, int] = field(default_factory=dict, repr=False)  # launches of each

    def reset(self) -> None:
        self.__init__()  # type: ignore[misc]


class Accelerator:
    """One simulated device while its `with` lasts: kind "cuda" or "mps".

    memory: bytes; capability, architectures: of the card and of PyTorch's build; macos: the
    system's version, for mps; lacks: further operators (names as in aten) to refuse.
    """

    def __init__(
        self,
        kind: str = "cuda",
        *,
        memory: int = 80 * GIB,
        capability: tuple[int, int] = (9, 0),
        architectures: tuple[str, ...] = CUDA_ARCHITECTURES,
        name: str = "Simulated card",
        macos: tuple[int, int] = (14, 6),
        lacks: tuple[str, ...] = (),
    ) -> None:
        self.kind, self.name, self.macos, self.lacks = kind, name, macos, lacks
        self.capability, self.architectures = capability, architectures
        self.device = torch.device(kind, 0)
        self.has_kernels = kind != "cuda" or _runs(capability, architectures)
        out_of_memory = {"cuda": failures.cuda_out_of_memory, "mps": failures.mps_out_of_memory}
        self.memory = Memory(memory, out_of_memory[kind])
        self.counts, self.copies = Counts(), Copies(self)
        self.tape: Tape | None = None  # of the capture that is on
        self.capture_failed = False
        self.random_state = torch.Generator().manual_seed(0).get_state()
        self.failures: list[failures.Planned] = []
        self._local = threading.local()
        self._stack = ExitStack()

    def __enter__(self) -> Accelerator:
        self._stack.enter_context(stand_ins(self))
        self._stack.enter_context(self.modes())
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    @contextmanager
    def modes(self) -> Iterator[None]:
        """What intercepts PyTorch's functions and operators in this thread."""
        with FunctionMode(self), DispatchMode(self):
            yield

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within it, true tensors are computed with as if there were no simulation."""
        with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch():
            yield

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Within it, what PyTorch's own code makes without a device is on this one."""
        before = self._is_inside
        self._local.inside = True
        try:
            yield
        finally:
            self._local.inside = before

    @property
    def _is_inside(self) -> bool:
        return bool(getattr(self._local, "inside", False))

    def fail(self, failure: str | Exception, operator: str = "", times: int = 1) -> None:
        """Let the next launches (of an operator, if it is named) raise this, so many times.

        failure: a name in failures.FAILURES, or an exception.
        """
        error = failures.FAILURES[failure]() if isinstance(failure, str) else failure
        self.failures.append(failures.Planned(error, operator, times))

    def is_here(self, device: Any) -> bool:
        """True for a device of this kind, however it is written."""
        if device is None or isinstance(device, int):
            return False
        return torch.device(device).type == self.kind

    def makes_here(self, func: Any, tensors: list[Tensor], kwargs: Any) -> bool:
        """True for a new tensor that belongs here: of this device, or made by PyTorch's own code
        (a composite operator) for a tensor of this device."""
        if self.is_here(kwargs.get("device")):
            return True
        is_new = not tensors and "device" in kwargs and self._is_inside
        return is_new and operator(func).name != "scalar_tensor"

    def made(self, elem: Tensor) -> SimulatedTensor:
        if self.kind == "mps" and elem.dtype == torch.float64:
            raise failures.mps_has_no_float64()
        return SimulatedTensor(elem, self)

    def dispatch(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Every operator that has something to do with the device."""
        if func is aten.copy_.default:
            return self._copy(*args, **kwargs)
        if func is aten._to_copy.default and not isinstance(args[0], SimulatedTensor):
            non_blocking = bool(kwargs.get("non_blocking"))
            return self.copies.upload(args[0], kwargs.get("dtype"), non_blocking)
        if operator(func).is_composite:
            with self.inside(), DispatchMode(self):
                return func.decompose(*args, **kwargs)
        return self.launch(func, args, kwargs)

    def _copy(self, target: Tensor, source: Tensor, non_blocking: bool = False) -> Tensor:
        if not isinstance(target, SimulatedTensor):
            assert isinstance(source, SimulatedTensor)
            return self.copies.download(source, target, non_blocking)
        if isinstance(source, SimulatedTensor):
            self.launch(aten.copy_.default, (target, source), {})
        else:
            self.copies.write(target, source, non_blocking)
        return target

    def launch(self, func: Any, args: Any, kwargs: Any) -> Any:
        """One operation on the device's tensors."""
        known = operator(func)
        tensors = tensors_in((args, kwargs))
        refuse(self, func, known, args, kwargs, tensors)
        if known.name in WAITING or masks_in(known.name, args):
            self.copies.wait(known.name)
        if self.tape is not None:
            self.tape.note_inputs(tensors, known.is_mutable)
        compute = compute_on(self, func, known, args, kwargs)
        with self.aside():
            try:
                result = compute()
            except IndexError:
                if self.tape is None:
                    raise
                result = shaped_as(func, known, args, kwargs)  # nothing runs: no index is read yet
        return self._finish(known, compute, tensors, result)

    def _finish(self, known: Operator, compute: Any, tensors: list[Tensor], result: Any) -> Any:
        """Wrap the result; count and record the launch unless it only looks at its inputs."""
        wrappers = {id(tensor.elem): tensor for tensor in simulated_in(tensors)}
        storages = {wrapper.elem.untyped_storage()._cdata for wrapper in wrappers.values()}
        fresh = [t for t in tensors_in(result) if t.untyped_storage()._cdata not in storages]
        refuse_result(self, known.name, fresh)
        if self.tape is not None:
            self.tape.note_made(fresh)
        is_launch = bool(fresh or known.is_mutable or known.name == "equal")
        if is_launch and known.name not in UNWRITTEN:
            if self.tape is not None:
                self.tape.add(compute, [] if known.is_mutable else fresh)
            else:
                self.counts.launches += 1
                self.counts.operators[known.name] = self.counts.operators.get(known.name, 0) + 1

        def wrap(tensor: Tensor) -> Any:
            wrapper = wrappers.get(id(tensor))
            if wrapper is None:
                return self.made(tensor)
            assert wrapper.shape == tensor.shape, f"{known.name} changes a shape: not simulated"
            return wrapper

        return mapped(wrap, result)


def _runs(capability: tuple[int, int], architectures: tuple[str, ...]) -> bool:
    """True if a build has kernels for a card: of its own major version, up to its minor one."""
    major, minor = capability
    return any(f"sm_{major}{lower}" in architectures for lower in range(minor + 1))


class DispatchMode(TorchDispatchMode):
    """Sends to the accelerator what its tensors take part in, and what is made on its device."""

    def __init__(self, accelerator: Accelerator) -> None:
        super().__init__()
        self.accelerator = accelerator

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = tensors_in((args, kwargs))
        here = any(isinstance(tensor, SimulatedTensor) for tensor in tensors)
        if here or self.accelerator.makes_here(func, tensors, kwargs):
            return self.accelerator.dispatch(func, args, kwargs)
        return func(*args, **kwargs)
