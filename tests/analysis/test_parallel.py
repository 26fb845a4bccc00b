import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from secondtake.analysis import parallel
from secondtake.core.errors import UserError


def where(number: int) -> tuple[int, int, str | None]:
    return number, os.getpid(), os.environ.get("OMP_NUM_THREADS")


def refused(number: int) -> int:
    if number == 3:
        raise UserError(f"{number} is refused")
    return number


def slowly(given: tuple[Path, int]) -> int:
    folder, number = given
    time.sleep(0.01)
    (folder / str(number)).touch()
    return number


def killed(number: int) -> int:
    os.kill(os.getpid(), 9)
    return number


def executor_threads():
    return [t for t in threading.enumerate() if type(t).__name__ == "_ExecutorManagerThread"]


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(parallel, "cores", lambda: 2)


def test_a_few_are_worked_on_here():
    assert {process for _, process, _ in parallel.parallel_map(where, range(7))} == {os.getpid()}


def test_many_in_processes_of_one_thread_and_in_order(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    numbers, processes, threads = zip(*parallel.parallel_map(where, range(12)), strict=True)
    assert numbers == tuple(range(12))
    assert os.getpid() not in processes
    assert set(threads) == {"1"}
    assert os.environ["OMP_NUM_THREADS"] == "5"


def test_what_a_process_raises_is_raised_here():
    with pytest.raises(UserError, match="3 is refused"):
        list(parallel.parallel_map(refused, range(9)))


def test_a_process_that_dies_is_no_riddle(monkeypatch):
    """Whatever else the executor's thread has to tell the work that was to come."""
    in_threads = []
    monkeypatch.setattr(threading, "excepthook", in_threads.append)
    for count in (9, 30_000):
        with pytest.raises(UserError, match="too little memory"):
            list(parallel.parallel_map(killed, range(count)))
    for thread in executor_threads():
        thread.join()
    assert not in_threads


def test_whoever_stops_listening_stops_the_work(tmp_path):
    results = parallel.parallel_map(slowly, [(tmp_path, number) for number in range(1000)])
    assert next(results) == 0
    results.close()  # as an interrupt does
    assert len(list(tmp_path.iterdir())) < 500


SLEEPERS = """
import time
from secondtake.analysis.parallel import parallel_map
if __name__ == "__main__":
    list(parallel_map(print, [0] * 8, few=1))
    list(parallel_map(time.sleep, [60] * 8, few=1))
"""


@pytest.mark.skipif(parallel.cores() < 2, reason="one core starts no other process")
def test_no_process_outlives_the_one_that_started_it(tmp_path):
    script = tmp_path / "sleepers.py"
    script.write_text(SLEEPERS)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.send_signal(signal.SIGKILL)
        began = time.monotonic()
        parent.stdout.read()  # ends when the last process that holds it ends
        assert time.monotonic() - began < 30  # of the 60 that they would sleep


@pytest.mark.skipif(parallel.cores() < 2, reason="one core starts no other process")
def test_processes_stay_for_the_next_work():
    first, second = (
        {pid for _, pid, _ in parallel.parallel_map(where, range(40))} for _ in range(2)
    )
    assert first & second
    assert len(first | second) <= parallel.cores()
