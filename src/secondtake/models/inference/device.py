"""Devices: the choice of one that works, its float32, its failures, the cache of components.

That a card is there does not say that it works: PyTorch finds cards that its build has no kernels
for, and drivers that it cannot use. So a device computes something before it is chosen.
"""

import platform
import re
import subprocess
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Protocol, TypeVar

from secondtake.core.devices import PREFERENCE, accelerators, driver_version
from secondtake.core.errors import (
    GRAPHICS_PAGE,
    ON_THE_CPU,
    ModelError,
    as_model_error,
    first_line,
)
from secondtake.core.generate import CPU, SelectedDevice
from secondtake.core.takes import Accelerator
from secondtake.models.inference.device_trial import try_out
from secondtake.models.inference.graphics_memory import peak_graphics_bytes

T = TypeVar("T")

ARCHITECTURE = re.compile(r"(sm|compute)_(\d+)(\d)([af]?)")  # sm_90: of cards 9.0; compute_90: PTX


class Machine(Protocol):
    """What the system and PyTorch say of a machine's devices, cuda and mps."""

    def is_shown(self, device: str) -> bool:
        """True if the system shows such a device, whether or not PyTorch can use it."""

    def is_available(self, device: str) -> bool:
        """True if PyTorch finds it."""

    def start(self, device: str) -> None:
        """RuntimeError, in PyTorch's words, if it cannot be used."""

    def capability(self, device: str) -> tuple[int, int] | None:
        """CUDA's number of what the card can do, (8, 9) for 8.9; None for other devices."""

    def architectures(self) -> Sequence[str]:
        """Those that this build of PyTorch has kernels for: sm_90, compute_90."""

    def accelerator(self, device: str) -> Accelerator: ...

    def try_out(self, device: str) -> None:
        """Compute what models do, and wait for it. Any error if that fails, or comes out wrong."""


def select_device(
    device: str, supported: Iterable[str], newer_build: str = "", machine: Machine | None = None
) -> SelectedDevice:
    """The device to run on: `device` itself, or for "auto" the fastest supported one that works.

    newer_build: what to do for a card that is newer than this build of PyTorch, as part of a
    sentence. ModelError if a device is asked for that is not there, that does not work, or that
    the model does not run on. Where "auto" passes over one that is there, the notes say why.
    From then on, float32 is float32 on it: see `use_exact_float32`.
    """
    machine, supported = machine or _ThisMachine(), tuple(supported)
    choices = [name for name in PREFERENCE if name in supported]
    if device not in ("auto", *choices):
        message = f"this model does not run on {device}"
        raise ModelError("unsupported", message, f"use --device {' or '.join(['auto', *choices])}")
    notes: list[str] = []
    for name in choices if device == "auto" else [device]:
        problem = find_problem(name, machine, newer_build)
        if problem is None:
            return _selected(name, machine, notes)
        if device != "auto":
            raise problem
        if machine.is_available(name) or machine.is_shown(name):
            remedy = problem.hint.removesuffix(ON_THE_CPU).rstrip(" ,;")
            notes.append(f"not made on {name}: {problem.message}; {remedy}")
    reasons = "; ".join(notes) or f"none of {', '.join(supported)} is on this machine"
    raise ModelError("unsupported", reasons)


def find_problem(device: str, machine: Machine, newer_build: str = "") -> ModelError | None:
    """The reason why a device cannot be used, and the remedy; None if it works."""
    if device == "cpu":
        return None
    try:
        if not machine.is_available(device):
            if machine.is_shown(device):
                machine.start(device)
            message = f"PyTorch finds no {device} on this machine"
            return ModelError("unsupported", message, "use --device auto or cpu")
        if problem := _unbuilt(device, machine, newer_build):
            return problem
        machine.try_out(device)
    except Exception as error:
        problem = as_model_error(error)
        if problem.code != "bug":
            return problem
        message = (
            f"{device} failed when it was tried out: {first_line(error) or type(error).__name__}"
        )
        return ModelError("unsupported", message, f"update its driver, {ON_THE_CPU}")
    return None


def has_kernels(capability: tuple[int, int], architectures: Iterable[str]) -> bool:
    """True if a build's kernels run on a card: of its major number and no greater minor one, or PTX
    of any lower number, which the driver compiles. True too if no name is CUDA's."""
    built = [match for name in architectures if (match := ARCHITECTURE.fullmatch(name))]
    return not built or any(_runs(match, capability) for match in built)


def _runs(built: re.Match[str], capability: tuple[int, int]) -> bool:
    kind, suffix = built[1], built[4]
    number = int(built[2]), int(built[3])
    if suffix == "a":  # of this very card
        return number == capability
    if kind == "sm" or suffix == "f":
        return number[0] == capability[0] and number[1] <= capability[1]
    return number <= capability


def _unbuilt(device: str, machine: Machine, newer_build: str) -> ModelError | None:
    """The problem of a card that this build of PyTorch has no kernels for."""
    capability, built = machine.capability(device), machine.architectures()
    if capability is None or has_kernels(capability, built):
        return None
    matches = filter(None, map(ARCHITECTURE.fullmatch, built))
    is_newer = capability > max((int(match[2]), int(match[3])) for match in matches)
    card = machine.accelerator(device)
    message = (
        f"{card.name} (compute capability {card.capability}) is {'newer' if is_newer else 'older'} "
        f"than what this PyTorch was built for ({', '.join(built)})"
    )
    remedy = newer_build if is_newer else ""
    hint = f"{remedy or f'{GRAPHICS_PAGE} says more'}, {ON_THE_CPU}"
    return ModelError("unsupported", message, hint)


def _selected(name: str, machine: Machine, notes: Sequence[str]) -> SelectedDevice:
    if name == "cpu":
        return SelectedDevice(CPU.name, tuple(notes))
    describe = partial(machine.accelerator, name)
    return SelectedDevice(name, tuple(notes), describe, partial(peak_graphics_bytes, name))


def use_exact_float32() -> None:
    """Multiply float32 as float32 on CUDA: TF32, which rounds to 10 bits, is off from now on.

    So is cuDNN's choice of an algorithm by timing, which differs from run to run.
    """
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False


class _ThisMachine:
    """This machine, and the PyTorch of this environment."""

    def is_shown(self, device: str) -> bool:
        return device in accelerators()

    def is_available(self, device: str) -> bool:
        import torch

        return bool((torch.cuda if device == "cuda" else torch.backends.mps).is_available())

    def start(self, device: str) -> None:
        import torch

        if device == "cuda":
            torch.cuda.init()

    def capability(self, device: str) -> tuple[int, int] | None:
        import torch

        return torch.cuda.get_device_capability(device) if device == "cuda" else None

    def architectures(self) -> Sequence[str]:
        import torch

        return tuple(torch.cuda.get_arch_list())

    def accelerator(self, device: str) -> Accelerator:
        import torch

        if device == "mps":
            return Accelerator(_apple_chip(), "", platform.mac_ver()[0], False, False)
        major, minor = torch.cuda.get_device_capability(device)
        return Accelerator(
            name=torch.cuda.get_device_name(device),
            capability=f"{major}.{minor}",
            driver=driver_version(),
            tf32_matmul=torch.backends.cuda.matmul.allow_tf32,
            tf32_cudnn=torch.backends.cudnn.allow_tf32,
        )

    def try_out(self, device: str) -> None:
        use_exact_float32()
        try_out(device)


@cache
def _apple_chip() -> str:
    """Apple M2 Pro; Apple if the system does not say."""
    command = ["sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
        return said.stdout.strip() or "Apple"
    except (OSError, subprocess.TimeoutExpired):
        return "Apple"


@contextmanager
def oom_as_model_error() -> Iterator[None]:
    """Within it, a failure of a device that is known by its words raises a ModelError that says
    what helps: no memory, or something that the device cannot do."""
    try:
        yield
    except (MemoryError, RuntimeError, TypeError) as error:
        if (model_error := as_model_error(error)).code != "bug":
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
