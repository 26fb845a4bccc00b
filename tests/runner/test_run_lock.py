"""One run at a time on a song's results, however the run before it ended."""

import os
import signal

import pytest
from tests.runner.humming import start, stop, wait_for

from secondtake.core.errors import LockedError
from secondtake.runner.run_lock import run_lock

HOLD = """
import sys, time
from pathlib import Path
from secondtake.runner.run_lock import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_told_who_holds_the_lock(tmp_path):
    holder = start(HOLD, str(tmp_path))
    try:
        wait_for(holder, "held")
        with pytest.raises(LockedError) as caught, run_lock(tmp_path):
            pass
        assert f"process {holder.pid}" in str(caught.value)
        assert str(tmp_path) in str(caught.value) and "wait for it, or stop it" in str(caught.value)
    finally:
        stop(holder)


def test_a_run_that_was_killed_holds_nothing(tmp_path):
    holder = start(HOLD, str(tmp_path))
    wait_for(holder, "held")
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    with run_lock(tmp_path):
        assert (tmp_path / ".run.lock").read_text() == str(os.getpid())


def test_the_lock_is_free_afterwards_also_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), run_lock(tmp_path):
        raise ZeroDivisionError
    with run_lock(tmp_path):
        pass


def test_other_results_have_another_lock(tmp_path):
    with run_lock(tmp_path / "a"), run_lock(tmp_path / "b"):
        assert (tmp_path / "a").is_dir() and (tmp_path / "b").is_dir()


def test_a_shorter_number_leaves_nothing_of_a_longer_one(tmp_path):
    (tmp_path / ".run.lock").write_text("9" * 40)
    with run_lock(tmp_path):
        assert (tmp_path / ".run.lock").read_text() == str(os.getpid())
