"""A program under its guard starts and ends as it would without one."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from secondtake.core.run_lock import DESCRIPTOR_VARIABLE
from secondtake.runner import child_process
from secondtake.runner.child_process import PIPE, run, start

HERE = Path(__file__).parent
RUNNER = Path(child_process.__file__).parent
STARTS = re.compile(r"\b(subprocess|multiprocessing|Popen|fork|posix_spawn|execv\w*|system\()\b")


def environ(**variables: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **variables}


@pytest.mark.parametrize("code", ["exit 0", "exit 7", "kill -9 $$", "kill -15 $$", "kill -6 $$"])
def test_a_program_ends_as_it_would_by_itself(code: str) -> None:
    command = ["sh", "-c", code]
    bare = subprocess.run(command, check=False).returncode
    assert run(command, cwd=HERE, env=environ()) == bare


@pytest.mark.parametrize("name", ["no-such-program", "/", __file__])
def test_a_program_that_cannot_be_started_is_the_same_error(name: str) -> None:
    with pytest.raises(OSError) as bare:
        subprocess.Popen([name], cwd=HERE, env=environ())
    with pytest.raises(type(bare.value)) as guarded:
        start([name], cwd=HERE, env=environ())
    assert str(guarded.value) == str(bare.value)


def test_a_folder_that_is_not_there_is_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        start(["true"], cwd=tmp_path / "nowhere", env=environ())


def test_a_guard_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(child_process, "GUARD", tmp_path / "gone.py")
    with pytest.raises(OSError, match="true was not started: its guard ended with 2"):
        start(["true"], cwd=HERE, env=environ(), stderr=child_process.DEVNULL)


def test_its_streams_are_the_programs_own() -> None:
    command = ["sh", "-c", "cat; exec >&-; sleep 5"]
    with start(command, cwd=HERE, env=environ(), stdin=PIPE, stdout=PIPE, text=True) as child:
        assert child.stdin and child.stdout
        child.stdin.write("é\n")
        child.stdin.close()
        assert child.stdout.read() == "é\n"  # closed by the program, which goes on
        assert child.poll() is None
        with pytest.raises(TimeoutError):
            child.wait(0.01)
    assert child.poll() == -signal.SIGTERM


def test_no_token_and_no_lock_are_passed_on_unasked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "lock").open("w") as lock, (tmp_path / "said").open("w+") as said:
        monkeypatch.setenv(DESCRIPTOR_VARIABLE, str(lock.fileno()))
        given = environ(HF_TOKEN="hf_" + "x" * 34, **{DESCRIPTOR_VARIABLE: "77"})
        for keep_lock in (False, True):
            run(["env"], cwd=HERE, env=given, stdout=said, keep_lock=keep_lock)
        said.seek(0)
        printed = said.read()
        assert "hf_" not in printed
        assert printed.count(DESCRIPTOR_VARIABLE) == 1
        assert f"{DESCRIPTOR_VARIABLE}={lock.fileno()}\n" in printed


def test_nothing_else_in_the_runner_starts_processes() -> None:
    starters = {path.name for path in RUNNER.rglob("*.py") if STARTS.search(path.read_text())}
    assert starters == {"child_process.py", "guard.py"}


@pytest.mark.skipif(sys.platform != "linux", reason="a subreaper is Linux's")
def test_what_a_program_leaves_behind_ends_with_it() -> None:
    leave = "setsid sh -c 'echo $$; sleep 60' & sleep 0.1"
    with start(["sh", "-c", leave], cwd=HERE, env=environ(), stdout=PIPE, text=True) as child:
        assert child.stdout
        left = int(child.stdout.readline())
        assert child.wait() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(left, 0)
