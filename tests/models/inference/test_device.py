"""The choice of a device that works, on machines that we describe; the cache of components.

A failure that is known is reported with what helps, however PyTorch puts it; other errors stay what
they are.
"""

from collections.abc import Mapping

import pytest

from secondtake.core.errors import DeviceLostError, ModelError
from secondtake.core.generate import CPU
from secondtake.core.takes import Accelerator
from secondtake.models.inference.device import (
    ComponentCache,
    has_kernels,
    oom_as_model_error,
    select_device,
)

ALL = ("cpu", "cuda", "mps")
TORCH_2_5 = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
TORCH_2_8 = ("sm_70", "sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
TOO_OLD = "The NVIDIA driver on your system is too old (found version 11040). Please update it."
NO_IMAGE = "CUDA error: no kernel image is available for execution on the device\nFor debugging"


class Machine:
    """Devices that PyTorch finds; `shown`: by the system; `errors`: by what raises them."""

    def __init__(
        self,
        *here: str,
        shown: tuple[str, ...] = (),
        errors: Mapping[str, Exception] | None = None,
        card: tuple[int, int] = (8, 6),
        built: tuple[str, ...] = TORCH_2_5,
    ) -> None:
        self.here, self.shown, self.errors = here, shown, errors or {}
        self.card, self.built = card, built
        self.tried: list[str] = []

    def is_shown(self, device: str) -> bool:
        return device in self.shown

    def is_available(self, device: str) -> bool:
        return device in self.here

    def start(self, device: str) -> None:
        self._raise(f"start {device}")

    def capability(self, device: str) -> tuple[int, int] | None:
        return self.card if device == "cuda" else None

    def architectures(self) -> tuple[str, ...]:
        return self.built

    def accelerator(self, device: str) -> Accelerator:
        return Accelerator(f"Card {device}", "{}.{}".format(*self.card), "550.54", False, False)

    def try_out(self, device: str) -> None:
        self.tried.append(device)
        self._raise(f"try {device}")

    def _raise(self, place: str) -> None:
        if place in self.errors:
            raise self.errors[place]


@pytest.mark.parametrize(
    ("here", "expected"),
    [((), "cpu"), (("mps",), "mps"), (("cuda",), "cuda"), (("mps", "cuda"), "cuda")],
)
def test_auto_takes_the_fastest_that_is_there(here: tuple[str, ...], expected: str) -> None:
    machine = Machine(*here)
    selected = select_device("auto", ALL, machine=machine)
    assert (selected.name, selected.notes) == (expected, ())
    assert machine.tried == [expected] * (expected != "cpu")  # and none that it does not take


def test_a_record_gets_the_card_as_it_is_when_it_is_written() -> None:
    machine = Machine("cuda")
    selected = select_device("auto", ALL, machine=machine)
    machine.card = (9, 0)
    assert selected.accelerator and selected.accelerator().capability == "9.0"
    assert select_device("cpu", ALL, machine=machine) == CPU


def test_auto_takes_only_what_the_model_supports() -> None:
    assert select_device("auto", ("cpu",), machine=Machine("cuda", "mps")) == CPU


def test_what_is_asked_is_taken_even_if_something_faster_is_there() -> None:
    machine = Machine("cuda", "mps")
    assert select_device("cpu", ALL, machine=machine) == CPU
    assert select_device("mps", ALL, machine=machine).name == "mps"
    assert machine.tried == ["mps"]


@pytest.mark.parametrize(("device", "supported"), [("cuda", ALL), ("mps", ("cpu",))])
def test_what_is_not_there_is_never_replaced(device: str, supported: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match=device) as caught:
        select_device(device, supported, machine=Machine())
    assert caught.value.code == "unsupported"
    assert "--device auto or cpu" in caught.value.hint


FAULTS = {
    "newer than the build": (Machine("cuda", card=(12, 0)), "unsupported", "12.0) is newer than"),
    "older than the build": (
        Machine("cuda", card=(6, 1), built=TORCH_2_8), "unsupported", "6.1) is older than",
    ),
    "no kernels after all": (
        Machine("cuda", errors={"try cuda": RuntimeError(NO_IMAGE)}), "unsupported", "not built",
    ),
    "driver too old": (
        Machine(shown=("cuda",), errors={"start cuda": RuntimeError(TOO_OLD)}),
        "unsupported", "version 11040",
    ),
    "no driver that answers": (Machine(shown=("cuda",)), "unsupported", "finds no cuda"),
    "full": (
        Machine("cuda", errors={"try cuda": RuntimeError("CUDA out of memory. Tried")}),
        "memory", "out of memory on the graphics card",
    ),
    "noise": (
        Machine("cuda", errors={"try cuda": ArithmeticError("cuda computes attention wrong")}),
        "unsupported", "computes attention wrong",
    ),
    "odd": (
        Machine("cuda", errors={"try cuda": ValueError("one\ntwo")}), "unsupported", "out: one",
    ),
    "faulty": (
        Machine("cuda", errors={"try cuda": RuntimeError("CUDA error: misaligned address")}),
        "unsupported", "misaligned address",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_card_that_does_not_work_is_an_error_if_it_was_asked_for(fault: str) -> None:
    machine, code, message = FAULTS[fault]
    with pytest.raises(ModelError) as caught:
        select_device("cuda", ALL, machine=machine)
    assert caught.value.code == code and message in caught.value.message
    assert "cpu" in caught.value.hint


@pytest.mark.parametrize("fault", FAULTS)
def test_auto_passes_over_a_card_that_does_not_work_and_says_why(fault: str) -> None:
    machine, _, message = FAULTS[fault]
    selected = select_device("auto", ALL, machine=machine)
    assert (selected.name, selected.accelerator) == ("cpu", None)
    (note,) = selected.notes
    assert note.startswith("not made on cuda: ") and message in note
    assert "\n" not in note and "use --device cpu" not in note


def test_a_card_without_kernels_is_not_asked_to_compute() -> None:
    machine = Machine("cuda", card=(12, 0))
    select_device("auto", ALL, machine=machine)
    assert machine.tried == []


def test_a_newer_card_is_told_the_build_that_knows_it_and_an_older_one_is_not() -> None:
    for card, is_told in (((12, 0), True), ((3, 7), False)):
        with pytest.raises(ModelError) as caught:
            select_device("cuda", ALL, "type this", Machine("cuda", card=card))
        assert caught.value.hint.startswith("type this, or use") == is_told


def test_where_no_device_of_the_models_works_every_reason_is_given() -> None:
    with pytest.raises(ModelError, match=r"12\.0") as caught:
        select_device("auto", ("cuda",), machine=Machine("cuda", card=(12, 0)))
    assert caught.value.code == "unsupported"


@pytest.mark.parametrize(
    ("card", "built", "runs"),
    [
        ((9, 0), TORCH_2_5, True), ((8, 9), TORCH_2_5, True), ((8, 7), TORCH_2_5, True),
        ((6, 1), TORCH_2_5, True), ((12, 0), TORCH_2_5, False), ((10, 0), TORCH_2_5, False),
        ((3, 5), TORCH_2_5, False), ((6, 1), TORCH_2_8, False), ((12, 1), TORCH_2_8, True),
        ((10, 3), TORCH_2_8, True), ((8, 0), ("sm_86",), False), ((8, 6), ("sm_80",), True),
        ((12, 0), ("sm_80", "compute_90"), True), ((8, 0), ("compute_90",), False),
        ((9, 0), ("sm_90a",), True), ((10, 0), ("compute_90a",), False),
        ((10, 3), ("compute_100f",), True), ((12, 0), ("compute_100f",), False),
        ((9, 0), ("gfx90a",), True),  # AMD's names: the trial has to tell
    ],
)  # fmt: skip
def test_kernels_run_on_their_own_generation_and_ptx_on_any_later_one(
    card: tuple[int, int], built: tuple[str, ...], runs: bool
) -> None:
    assert has_kernels(card, built) is runs


def read_in(order: list[str], *, one_at_a_time: bool) -> list[str]:
    components, read = ComponentCache(one_at_a_time=one_at_a_time), []
    for name in order:
        assert components.get(name, lambda name=name: read.append(name) or name) == name
    return read


def test_a_part_is_read_once_and_kept() -> None:
    assert read_in(["a", "b", "a", "b"], one_at_a_time=False) == ["a", "b"]


def test_where_memory_is_short_only_the_last_part_is_kept() -> None:
    assert read_in(["a", "a", "b", "a"], one_at_a_time=True) == ["a", "b", "a"]


def test_cleared_parts_are_read_again() -> None:
    components, read = ComponentCache(one_at_a_time=False), []
    for _ in range(2):
        components.get("a", lambda: read.append("a"))
        components.clear()
    assert read == ["a", "a"]


ON_THE_CPU = "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 GB"


@pytest.mark.parametrize(
    "error", [MemoryError("x"), RuntimeError("CUDA out of memory."), RuntimeError(ON_THE_CPU)]
)
def test_a_lack_of_memory_says_what_helps(error: Exception) -> None:
    with pytest.raises(ModelError, match="out of memory") as caught, oom_as_model_error():
        raise error
    assert caught.value.code == "memory" and "SECONDTAKE_LOW_MEMORY=1" in caught.value.hint


def test_what_a_device_cannot_do_is_told_as_such() -> None:
    with pytest.raises(ModelError, match="65536") as caught, oom_as_model_error():
        raise NotImplementedError("Output channels > 65536 not supported at the MPS device.")
    assert caught.value.code == "unsupported"
    with pytest.raises(DeviceLostError), oom_as_model_error():
        raise RuntimeError("CUDA error: device-side assert triggered")


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), oom_as_model_error():
        raise RuntimeError("shapes do not fit")
    error = ModelError("unsupported", "no", "yes")
    with pytest.raises(ModelError) as caught, oom_as_model_error():
        raise error
    assert caught.value is error
