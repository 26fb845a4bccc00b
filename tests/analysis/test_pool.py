"""The runner's pool, with slots of this machine in place of those of a cluster."""

import importlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from socket import AF_UNIX, socket
from typing import Any

import pytest
from tests.analysis import errands
from tests.conftest import ROOT

from secondtake.analysis import parallel
from secondtake.analysis.parallel import parallel_map
from secondtake.analysis.pool_client import LARGEST_CHUNK, chunk_size
from secondtake.core.errors import UserError
from secondtake.core.pool_protocol import VARIABLE, frame, read_frame
from secondtake.core.project import Project
from secondtake.runner import pool_server as module
from secondtake.runner.pool_server import ProcessDied, SlotLost, pool_server
from secondtake.runner.ray_pool import AnalysisProcess
from secondtake.runner.silence import bytes_moved

PATIENCE = 60.0  # s, that a test waits for what takes a moment


class LocalSlot:
    """A process of the analysis on this machine, its pipes in a thread."""

    def __init__(self, place: str = "here", python: str = sys.executable) -> None:
        self.place = place
        self.process = AnalysisProcess(Path(python), Project(ROOT), {})
        self.chunks = 0  # that it was given
        self.is_working, self.was_killed = threading.Event(), threading.Event()
        self._thread = ThreadPoolExecutor(1)

    def start(self) -> "Future[Any]":
        return self._thread.submit(self.process.start)

    def started(self, future: "Future[Any]") -> None:
        if reason := future.result():
            raise SlotLost(reason)

    def work(self, chunk: bytes) -> "Future[Any]":
        self.chunks += 1
        self.is_working.set()
        return self._thread.submit(self.process.work, chunk)

    def answer(self, future: "Future[Any]") -> bytes:
        answer: bytes | None = future.result()
        if answer is None:
            raise ProcessDied
        return answer

    def kill(self) -> None:
        if child := self.process._child:
            child.kill()
            self.was_killed.set()


class LostSlot(LocalSlot):
    """One whose machine goes amid its second chunk."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.is_gone = threading.Event()

    def answer(self, future: "Future[Any]") -> bytes:
        if self.chunks == 2:
            self.is_gone.set()
            raise SlotLost("it is gone")
        return super().answer(future)


class SlowSlot(LocalSlot):
    """One for which no core is free."""

    def start(self) -> "Future[Any]":
        return Future()


class DyingSlot(LocalSlot):
    """One whose process dies as it starts."""

    starts = 0

    def started(self, future: "Future[Any]") -> None:
        self.starts += 1
        raise ProcessDied


class UnreachableSlot(LocalSlot):
    """One that is out of reach, again and again, before it answers."""

    def answer(self, future: "Future[Any]") -> bytes:
        if self.chunks < 6:
            raise ProcessDied(by_work=False)
        return super().answer(future)


class BrokenSlot(LocalSlot):
    """One that has a bug."""

    def start(self) -> "Future[Any]":
        raise ZeroDivisionError


@pytest.fixture
def said() -> list[str]:
    """The lines of the pool."""
    return []


@contextmanager
def pool_of(slots: Sequence[LocalSlot], said: list[str]) -> Iterator[Path]:
    """A pool that this process's `parallel_map` uses."""
    with pool_server(slots, said.append) as path, pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(path))
        yield path


@pytest.fixture
def slots(said: list[str]) -> Iterator[list[LocalSlot]]:
    """Two slots of a pool in use."""
    slots = [LocalSlot(), LocalSlot()]
    with pool_of(slots, said):
        yield slots


@pytest.fixture
def on_cores(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of items that are worked on without the pool; in this process."""
    lengths: list[int] = []

    def here(work: Any, items: Sequence[Any]) -> Iterator[Any]:
        lengths.append(len(items))
        yield from map(work, items)

    monkeypatch.setattr(parallel, "_map_on_cores", here)
    return lengths


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(event: threading.Event) -> None:
    assert event.wait(PATIENCE)


def test_many_in_the_pools_processes_of_one_thread_and_in_order(slots: list[LocalSlot]) -> None:
    numbers, pids, threads, pools = zip(*parallel_map(errands.where, range(100)), strict=True)
    assert numbers == tuple(range(100))
    assert os.getpid() not in pids
    assert 1 <= len(set(pids)) <= 2
    assert set(threads) == {"1"}
    assert set(pools) == {None}
    again = {pid for _, pid, _, _ in parallel_map(errands.where, range(100))}
    assert again & set(pids)  # they stay for the next work


def test_a_few_stay_in_this_process_and_start_nothing(slots: list[LocalSlot]) -> None:
    assert {pid for _, pid, _, _ in parallel_map(errands.where, range(7))} == {os.getpid()}
    assert [slot.process._child for slot in slots] == [None, None]


def test_what_a_process_raises_is_raised_here_in_its_turn(slots: list[LocalSlot]) -> None:
    results = parallel_map(errands.refused, range(9))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(UserError, match="3 is refused") as error:
        next(results)
    assert "in refused" in error.value.__notes__[0]
    with pytest.raises(RuntimeError, match="ModelError: does not pickle"):
        list(parallel_map(errands.refused, range(4, 14)))
    with pytest.raises(AttributeError, match="lambda"):
        list(parallel_map(errands.unpicklable, range(9)))
    assert list(parallel_map(errands.double, range(9))) == [2 * number for number in range(9)]


def test_a_chunk_whose_process_dies_is_done_by_another(
    slots: list[LocalSlot], said: list[str], tmp_path: Path
) -> None:
    items = errands.items_to_die_of(tmp_path, deaths=2)
    assert list(parallel_map(errands.killed_at_first, items)) == list(range(20))
    assert list(tmp_path.iterdir()) == []
    assert said == []


def test_a_chunk_that_three_processes_die_of_is_no_riddle(
    slots: list[LocalSlot], tmp_path: Path
) -> None:
    items = errands.items_to_die_of(tmp_path, deaths=4)
    with pytest.raises(UserError, match="too little memory"):
        list(parallel_map(errands.killed_at_first, items))
    assert len(list(tmp_path.iterdir())) == 1
    assert list(parallel_map(errands.double, range(9))) == [2 * number for number in range(9)]


def test_whoever_stops_listening_stops_the_work(slots: list[LocalSlot], tmp_path: Path) -> None:
    results = parallel_map(errands.slowly, [(tmp_path, number) for number in range(1000)])
    assert next(results) == 0
    results.close()  # as an interrupt does
    assert list(parallel_map(errands.double, range(9))) == [2 * number for number in range(9)]
    assert len(list(tmp_path.iterdir())) < 500


SLEEPERS = """
import time
from secondtake.analysis.parallel import parallel_map
list(parallel_map(time.sleep, [60] * 8, few=1))
"""


def test_whoever_dies_stops_the_work(slots: list[LocalSlot]) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPERS]) as analysis:
        for slot in slots:
            wait_for(slot.is_working)
        analysis.kill()
    for slot in slots:
        wait_for(slot.was_killed)
    assert list(parallel_map(errands.double, range(9))) == [2 * number for number in range(9)]


def test_results_that_nobody_reads_yet_hold_up_nobody_else(slots: list[LocalSlot]) -> None:
    unread = parallel_map(errands.long_text, range(32))
    assert len(next(unread)) == 1_000_000
    assert list(parallel_map(errands.double, range(99))) == [2 * number for number in range(99)]
    assert sum(map(len, unread)) == 31_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts bytes")
def test_an_analysis_that_waits_for_its_pool_shows_signs_of_life(slots: list[LocalSlot]) -> None:
    results = parallel_map(errands.double, range(99))
    next(results)
    before = bytes_moved(os.getpid())
    list(results)
    assert bytes_moved(os.getpid()) != before


def test_the_socket_is_the_users_alone_and_gone_in_the_end(
    said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    monkeypatch.setattr(module.tempfile, "tempdir", str(deep))
    with pool_server([], said.append) as path:
        assert len(str(path)) < module.LONGEST_PATH
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert path.is_socket()
    assert not path.parent.exists()


def test_no_process_outlives_the_pool(said: list[str]) -> None:
    slots = [LocalSlot(), LocalSlot()]
    with pool_of(slots, said):
        pids = {pid for _, pid, _, _ in parallel_map(errands.where, range(99))}
    deadline = time.monotonic() + PATIENCE
    while any(map(is_alive, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_where_no_process_starts_this_machine_works(said: list[str], on_cores: list[int]) -> None:
    slots = [LocalSlot("one"), *[LocalSlot("other", "/no/such/python") for _ in range(2)]]
    with pool_of(slots, said):
        assert len(list(parallel_map(errands.double, range(20)))) == 20
    assert on_cores == [0]
    assert len(said) == 1  # for each machine
    assert "analysis: not on other: [Errno 2]" in said[0]
    with pool_of(slots[1:], said):
        for _ in range(2):
            assert len(list(parallel_map(errands.double, range(20)))) == 20
    assert on_cores == [0, 20, 20]
    assert "this machine alone, since no process starts on the cluster" in said[-1]


def test_a_python_without_the_analysis_is_said_to_be_one(
    said: list[str], on_cores: list[int]
) -> None:
    with pool_of([LocalSlot("there", "/bin/false")], said):
        assert len(list(parallel_map(errands.double, range(20)))) == 20
    assert "not on there: /bin/false ended with exit code 1" in said[0]


def test_a_process_that_dies_as_it_starts_is_tried_three_times(
    said: list[str], on_cores: list[int]
) -> None:
    slot = DyingSlot()
    with pool_of([slot], said):
        assert len(list(parallel_map(errands.double, range(20)))) == 20
    assert slot.starts == 3
    assert on_cores == [20]


def test_what_a_lost_machine_had_is_done_by_the_others(
    said: list[str], on_cores: list[int]
) -> None:
    one, other = LostSlot("one"), LocalSlot("other")
    other._thread.submit(one.is_gone.wait, PATIENCE)  # before it starts
    with pool_of([one, other], said):
        assert list(parallel_map(errands.double, range(99))) == [2 * number for number in range(99)]
    assert on_cores == [0]
    assert said == ["– analysis: not on one: it is gone"]


def test_when_all_machines_are_lost_this_one_goes_on(said: list[str], on_cores: list[int]) -> None:
    with pool_of([LostSlot("one"), LostSlot("other")], said):
        assert list(parallel_map(errands.double, range(99))) == [2 * number for number in range(99)]
    assert 0 < on_cores[0] < 99
    assert len(said) == 3


def test_a_machine_out_of_reach_is_not_held_against_the_work(said: list[str]) -> None:
    with pool_of([UnreachableSlot()], said):
        assert list(parallel_map(errands.double, range(20))) == [2 * number for number in range(20)]
    assert said == []


def test_when_no_core_is_free_this_machine_works(
    said: list[str], on_cores: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "START_SECONDS", 0.01)
    with pool_of([SlowSlot(), SlowSlot()], said):
        for _ in range(2):
            assert len(list(parallel_map(errands.double, range(20)))) == 20
    assert on_cores == [20, 20]
    assert said == [
        "– analysis: goes on on this machine alone, since no core of the cluster was free for it"
    ]


def test_a_pool_that_is_gone_is_an_error(said: list[str], tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(tmp_path / "nowhere"))
        with pytest.raises(UserError, match=r"\(SECONDTAKE_POOL\) does not answer"):
            list(parallel_map(errands.double, range(9)))
    slot = LocalSlot()
    with pool_of([slot], said):
        analysis = ThreadPoolExecutor(1).submit(list, parallel_map(time.sleep, [60] * 8))
        wait_for(slot.is_working)
    with pytest.raises(UserError, match="it was closed"):
        analysis.result(PATIENCE)


def test_a_bug_lets_nobody_wait(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    in_threads: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", in_threads.append)
    with pool_of([BrokenSlot()], said):
        for _ in range(2):
            with pytest.raises(UserError, match="does not answer"):
                list(parallel_map(errands.double, range(9)))
    assert [arguments.exc_type for arguments in in_threads] == [ZeroDivisionError]


def test_a_client_that_breaks_off_is_forgotten(slots: list[LocalSlot]) -> None:
    with socket(AF_UNIX) as line:
        line.connect(os.environ[VARIABLE])
        line.sendall(frame([b"not whole"])[:-1])
    assert list(parallel_map(errands.double, range(9))) == [2 * number for number in range(9)]


def test_what_is_not_whole_is_no_frame(tmp_path: Path) -> None:
    path = tmp_path / "frames"
    data = frame([b"one", b" two"]) + frame([b""])
    whole = {0: [], 15: [b"one two"], 23: [b"one two", b""]}  # by length
    for length in range(len(data) + 1):
        path.write_bytes(data[:length])
        with path.open("rb") as stream:
            if length in whole:
                frames = list(iter(lambda stream=stream: read_frame(stream), None))
                assert frames == whole[length]
            else:
                with pytest.raises(EOFError):
                    list(iter(lambda stream=stream: read_frame(stream), None))


def test_chunks_are_small_so_that_no_process_is_long_at_work_alone() -> None:
    assert [chunk_size(n, 10) for n in (8, 159, 320, 1000, 10_000)] == [1, 1, 2, 6, LARGEST_CHUNK]
    assert chunk_size(10, 0) == 1


def test_a_process_takes_modules_from_the_folders_of_the_analysis(
    slots: list[LocalSlot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "of_this_test.py").write_text("def half(number): return number / 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    half = importlib.import_module("of_this_test").half
    assert list(parallel_map(half, range(8))) == [n / 2 for n in range(8)]
