"""Graphics memory on devices that we describe: what is free, whether a load fits, and batches."""

import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType, SimpleNamespace

import pytest

from secondtake.core.errors import ModelError
from secondtake.core.generate import SelectedDevice
from secondtake.models.inference import graphics_memory
from secondtake.models.inference.graphics_memory import (
    UNLIMITED,
    WORKSPACE,
    allocated_bytes,
    check_room,
    device_with_room,
    fitting_batch,
    free_bytes,
    in_halves,
    peak_graphics_bytes,
    release_cached,
)

GIB = 1 << 30
CUDA_ERROR = "CUDA out of memory. Tried to allocate 2.00 GiB"


class Torch(ModuleType):
    """As much of torch as is asked: a card of 8 GiB, and a Mac that recommends 12."""

    def __init__(self) -> None:
        super().__init__("torch")
        self.emptied: list[str] = []
        self.cuda = SimpleNamespace(
            mem_get_info=lambda device: (3 * GIB, 8 * GIB),
            memory_reserved=lambda device: 2 * GIB,
            memory_allocated=lambda device: GIB // 2,
            max_memory_allocated=lambda device: 7 * GIB,
            empty_cache=lambda: self.emptied.append("cuda"),
        )
        self.mps = SimpleNamespace(
            recommended_max_memory=lambda: 12 * GIB,
            current_allocated_memory=lambda: 5 * GIB,
            driver_allocated_memory=lambda: 6 * GIB,
            empty_cache=lambda: self.emptied.append("mps"),
        )


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> Torch:
    fake = Torch()
    monkeypatch.setitem(sys.modules, "torch", fake)
    return fake


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize(
    ("device", "free", "allocated", "peak"),
    [
        ("cpu", UNLIMITED, 0, 0),
        ("cuda", 3 * GIB + 3 * GIB // 2, GIB // 2, 7 * GIB),
        ("cuda:1", 3 * GIB + 3 * GIB // 2, GIB // 2, 7 * GIB),
        ("mps", 7 * GIB, 5 * GIB, 6 * GIB),
    ],
)
def test_what_the_allocator_keeps_unused_is_free(
    device: str, free: int, allocated: int, peak: int
) -> None:
    assert free_bytes(device) == free
    assert allocated_bytes(device) == allocated
    assert peak_graphics_bytes(device) == peak


def test_only_a_devices_own_allocator_is_emptied(torch: Torch) -> None:
    for device in ("cpu", "cuda:1", "mps"):
        release_cached(device)
    assert torch.emptied == ["cuda", "mps"]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the bytes that are free on every device but the processor."""

    def free(count: int) -> None:
        monkeypatch.setattr(graphics_memory, "free_bytes", lambda device: count)

    monkeypatch.setattr(graphics_memory, "release_cached", lambda device: None)
    return free


def test_a_lack_of_room_is_told_with_both_figures_and_what_helps(
    card: Callable[[int], None],
) -> None:
    card(4 * GIB)
    check_room(4 * GIB - WORKSPACE, "cuda", "Bark (large)")
    with pytest.raises(ModelError) as caught:
        check_room(4 * GIB, "cuda", "Bark (large)")
    assert caught.value.code == "memory"
    assert caught.value.message == (
        "Bark (large) needs 4.8 GB of graphics memory on cuda, 4.3 GB are free"
    )
    for remedy in ("close other programs", "smaller checkpoint", "--dtype", "--device cpu"):
        assert remedy in caught.value.hint


def test_auto_goes_to_the_processor_and_says_why(card: Callable[[int], None]) -> None:
    card(GIB)
    cuda = SelectedDevice("cuda", ("a note",))
    placed = device_with_room("auto", cuda, lambda: GIB, "MusicGen")
    assert placed.name == "cpu"
    assert placed.notes == (
        "a note",
        "MusicGen needs 1.6 GB of graphics memory on cuda, 1.1 GB are free: the processor was "
        "taken",
    )
    with pytest.raises(ModelError, match=r"1\.1 GB are free"):
        device_with_room("cuda", cuda, lambda: GIB, "MusicGen")
    assert device_with_room("auto", cuda, lambda: GIB // 4, "MusicGen") is cuda


def test_a_processor_is_not_looked_at() -> None:
    cpu = SelectedDevice("cpu")
    assert device_with_room("auto", cpu, pytest.fail, "MusicGen") is cpu


def test_another_error_than_memory_is_no_reason_for_the_processor() -> None:
    def damaged() -> int:
        raise ModelError("bad_weights", "damaged")

    with pytest.raises(ModelError, match="damaged"):
        device_with_room("auto", SelectedDevice("cuda"), damaged, "MusicGen")


@pytest.mark.parametrize(
    ("free", "most", "expected"),
    [(10, 8, 4), (10, 3, 3), (2, 8, 1), (0, 8, 1), (3, 8, 1), (4, 8, 1), (6, 8, 2)],
)
def test_a_batch_is_what_fits_and_never_none(
    card: Callable[[int], None], free: int, most: int, expected: int
) -> None:
    card(free * GIB)
    assert fitting_batch(most, 2 * GIB, "cuda", reserve=2 * GIB) == expected


class Card:
    """Runs jobs, of which `room` fit at once; counts the runs, and what was let go of."""

    def __init__(self, room: int, error: Exception | None = None) -> None:
        self.room, self.error = room, error or RuntimeError(CUDA_ERROR)
        self.runs: list[list[str]] = []
        self.released = 0

    def run(self, jobs: Sequence[str]) -> Iterator[tuple[str, str]]:
        self.runs.append(list(jobs))
        if len(jobs) > self.room:
            raise self.error
        yield from ((job, job.upper()) for job in jobs)

    def release(self) -> None:
        self.released += 1


@pytest.fixture
def jobs() -> list[str]:
    return list("abcdefgh")


@pytest.mark.usefixtures("card")
def test_a_batch_that_does_not_fit_is_made_in_halves(jobs: list[str]) -> None:
    card = Card(room=3)
    with pytest.warns(UserWarning, match="takes at once") as said:
        made = list(in_halves(jobs, card.run, "cuda", card.release))
    assert str(said[0].message) == "no memory for 8 takes at once on cuda: 4 at a time"
    assert made == [(job, job.upper()) for job in jobs]
    assert list(map(len, card.runs)) == [8, 4, 2, 2, 4, 2, 2]
    assert card.released == 3


@pytest.mark.usefixtures("card")
@pytest.mark.filterwarnings("ignore:no memory for")
@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError(CUDA_ERROR), ModelError("memory", "8 GB are needed", "less")],
)
def test_a_job_that_fits_nowhere_has_its_error_alone(jobs: list[str], error: Exception) -> None:
    def run(batch: Sequence[str]) -> Iterator[tuple[str, str]]:
        if "c" in batch:
            raise error
        yield from ((job, job.upper()) for job in batch)

    made = dict(in_halves(jobs, run, "cuda"))
    failed = made.pop("c")
    assert made == {job: job.upper() for job in jobs if job != "c"}
    assert isinstance(failed, ModelError) and failed.code == "memory"


@pytest.mark.usefixtures("card")
@pytest.mark.filterwarnings("ignore:no memory for")
def test_what_is_made_already_is_not_made_again(jobs: list[str]) -> None:
    runs: list[list[str]] = []

    def run(batch: Sequence[str]) -> Iterator[tuple[str, str]]:
        runs.append(list(batch))
        for place, job in enumerate(batch):
            if place == 3:
                raise RuntimeError(CUDA_ERROR)
            yield job, job.upper()

    assert list(in_halves(jobs, run, "cuda")) == [(job, job.upper()) for job in jobs]
    assert runs == [jobs, jobs[3:7], jobs[6:7], jobs[7:]]


@pytest.mark.usefixtures("card")
@pytest.mark.filterwarnings("ignore:no memory for")
def test_a_job_of_a_batch_that_reports_no_memory_is_tried_alone(jobs: list[str]) -> None:
    def run(batch: Sequence[str]) -> Iterator[tuple[str, str | ModelError]]:
        for job in batch:
            short = job == "b" and len(batch) > 1
            yield job, ModelError("memory", "no room") if short else job.upper()

    made = dict(in_halves(jobs, run, "cuda"))
    assert made == {job: job.upper() for job in jobs}


@pytest.mark.usefixtures("card")
def test_other_errors_end_the_batch_and_bugs_stay_bugs(jobs: list[str]) -> None:
    card = Card(room=0, error=ModelError("bad_weights", "damaged"))
    made = dict(in_halves(jobs, card.run, "cuda", card.release))
    assert {error.code for error in made.values() if isinstance(error, ModelError)} == {
        "bad_weights"
    }
    assert len(made) == 8 and len(card.runs) == 1 and card.released == 0
    with pytest.raises(RuntimeError, match="shapes"):
        list(in_halves(jobs, Card(0, RuntimeError("shapes do not fit")).run, "cuda"))


@pytest.mark.usefixtures("card")
@pytest.mark.filterwarnings("ignore:no memory for")
def test_the_tensors_of_a_failed_batch_are_let_go_of_before_the_next(jobs: list[str]) -> None:
    class Tensor:
        pass

    alive: list[weakref.ref[Tensor]] = []

    def run(batch: Sequence[str]) -> Iterator[tuple[str, str]]:
        assert not any(tensor() for tensor in alive)
        tensor = Tensor()
        alive.append(weakref.ref(tensor))
        try:
            raise RuntimeError(CUDA_ERROR)
        except RuntimeError as error:
            raise ModelError("memory", "no room") from error
        yield "", ""

    errors = [error for _, error in in_halves(jobs[:2], run, "cuda")]
    assert len(alive) == 3 and len(errors) == 2
