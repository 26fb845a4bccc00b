"""numba's cache: one process at a time, and nothing left of a process that died in it."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from secondtake_analysis.compiling import FOLDER_VARIABLE, sole_compiler

DIE = """
import os, signal
from pathlib import Path
from secondtake_analysis.compiling import sole_compiler
with sole_compiler():
    (Path(os.environ["NUMBA_CACHE_DIR"]) / "half").write_text("of a pair")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "numba"))
    return tmp_path / "numba"


def test_what_was_compiled_stays(folder: Path) -> None:
    with sole_compiler():
        (folder / "code").touch()
    with sole_compiler():
        assert (folder / "code").exists()


def test_an_error_in_between_spoils_nothing(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), sole_compiler():
        (folder / "code").touch()
        _ = 1 / 0
    with sole_compiler():
        assert (folder / "code").exists()


def test_what_a_killed_process_left_is_thrown_away(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", DIE], env=dict(os.environ), check=False)
    assert (folder / "half").exists()
    with sole_compiler():
        assert not (folder / "half").exists()


def test_a_second_process_waits(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    there = context.Event()
    other = context.Process(target=_enter, args=(there,))
    with sole_compiler():
        other.start()
        assert not there.wait(1.0)
    assert there.wait(20.0)
    other.join()


def _enter(there) -> None:  # type: ignore[no-untyped-def]
    with sole_compiler():
        there.set()
