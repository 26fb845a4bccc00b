"""scripts/write_progress.py as a person or the runner calls it."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.runner.progress_pages.scratch import Scratch

PAGES = [*(f"PHASE{number}_PROGRESS.md" for number in range(1, 6)), "listen.html"]
SCRIPT = Path(__file__).parents[3] / "scripts" / "write_progress.py"


def call(scratch: Scratch, *arguments: str, cwd: Path | None = None) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=cwd or scratch.project.root,
        env={**os.environ, "SECONDTAKE_ROOT": str(scratch.project.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_check_then_write_then_check(scratch: Scratch) -> None:
    song = ("--song", "songs/study.toml")
    code, out, _ = call(scratch, *song, "--check")
    assert code == 1
    assert "results/PHASE1_PROGRESS.md: out of date" in out
    assert not list(scratch.results.glob("PHASE*"))
    code, answer, progress = call(scratch, *song)
    assert (code, progress.count(": written")) == (0, len(PAGES))
    assert answer == f"up to date: results/{', '.join(PAGES)}\n"
    # The answer holds when the stamp of the stage gives it again.
    assert call(scratch, *song, cwd=scratch.project.root / "songs") == (0, answer, "")
    code, out, _ = call(scratch, *song, "--check")
    assert (code, out.count(": up to date")) == (0, len(PAGES))


def test_bad_input_is_one_line(scratch: Scratch) -> None:
    code, out, errors = call(scratch, "--song", "songs/studi.toml")
    assert (code, out) == (2, "")
    assert "did you mean 'study.toml'?" in errors
    assert errors.count("\n") == 1


def test_help_teaches(scratch: Scratch) -> None:
    code, out, _ = call(scratch, "--help")
    assert code == 0
    assert "examples:" in out
    assert "exit code:" in out


def test_a_file_that_somebody_else_removes_is_no_error(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    specification = importlib.util.spec_from_file_location("write_progress", SCRIPT)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    gone = scratch.results / "listen" / f"{'0' * 12}.js"
    monkeypatch.setattr(module, "left_over", lambda results, pages: [gone])
    monkeypatch.setenv("SECONDTAKE_ROOT", str(scratch.project.root))
    assert module.main(["--song", "songs/study.toml"]) == 0
    assert "up to date: " in capsys.readouterr().out
