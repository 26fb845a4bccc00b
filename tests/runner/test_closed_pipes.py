"""Verbs, scripts and sessions whose reader goes away, as `head` does: nothing is said, code 141."""

import os
import subprocess
import sys

import pytest
from tests.conftest import ROOT
from tests.runner.humming import START, write_song

pytestmark = pytest.mark.e2e  # whole programs, one after the other
WORDS = [sys.executable, "-u", "-c"]
STUDY = (
    START
    + """
from secondtake.core.plan import Request
from secondtake.runner import commands
raise SystemExit(commands.run(lambda: commands.study(
    "hum", Request(), evaluate=False, force=False, dry_run={dry}, as_json={json}), as_json={json}))
"""
)


def end(command, cwd, stream="stdout"):
    """The exit code of a program whose reader is gone at once, and what the other stream got."""
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)
    )
    pipes = {"stdout": process.stdout, "stderr": process.stderr}
    pipes.pop(stream).close()
    (other,) = pipes.values()
    said = other.read().decode()
    other.close()
    return process.wait(), said


@pytest.mark.parametrize("dry", [False, True], ids=["run", "plan"])
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_a_study(hum, monkeypatch, dry, as_json):
    monkeypatch.setenv("SECONDTAKE_IGNORE_MEMORY", "1")
    write_song(hum, "calm")
    code, said = end([*WORDS, STUDY.format(dry=dry, json=as_json)], hum.root)
    assert code == 141
    assert "Broken" not in said and "Traceback" not in said and "Exception" not in said


@pytest.mark.parametrize(
    "words",
    [
        ["-m", "invoke", "doctor", "--models", "sketch"],
        ["-m", "invoke", "doctor", "--models", "sketch", "--json"],
        ["-m", "invoke", "generate", "--models", "sketch", "--dry-run"],
        ["-m", "invoke", "clean"],
        ["-m", "invoke", "version"],
        ["-m", "invoke", "generate", "--json", "--jsno"],
        ["-m", "secondtake", "--help"],
        ["-m", "secondtake", "--version"],
        ["-m", "nox", "-l"],
        ["scripts/generate_sketch.py", "--dry-run"],
        ["scripts/verify_results.py", "--help"],
        ["scripts/rank_takes.py", "--help"],
    ],
    ids=" ".join,
)
def test_every_other_program(words):
    code, said = end([sys.executable, "-u", *words], ROOT)
    written_by_argparse = "--help" in words and "secondtake" not in words  # it asks nobody to read
    assert code == (0 if written_by_argparse else 141)
    assert "Broken" not in said and "Traceback" not in said and "Exception" not in said


def test_messages_that_nobody_reads():
    code, said = end([sys.executable, "-m", "invoke", "generat"], ROOT, stream="stderr")
    assert (code, said) == (141, "")
