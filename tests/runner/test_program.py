"""The command `secondtake`: the verbs from any folder, and a version of its own."""

import os
import subprocess
import sys

import pytest
from tests.conftest import ROOT

from secondtake import __version__

pytestmark = pytest.mark.e2e  # whole programs, one after the other


def call(*words: str, cwd, **variables: str) -> tuple[int, str, str]:
    environ = {name: value for name, value in os.environ.items() if name != "SECONDTAKE_ROOT"}
    done = subprocess.run(
        [sys.executable, "-m", "secondtake", *words], cwd=cwd, capture_output=True, text=True,
        check=False, env={**environ, **variables},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_its_version_is_ours(tmp_path, option):
    assert call(option, cwd=tmp_path) == (0, f"secondtake {__version__}\n", "")


def test_the_verb_says_where_it_belongs(tmp_path):
    code, out, errors = call("version", cwd=tmp_path)
    assert code == 0 and out.startswith(f"secondtake {__version__} in {ROOT}, Python 3.")
    assert errors == f"note: this works on {ROOT}\n"
    assert call("version", cwd=ROOT / "docs")[2] == ""


def test_a_study_is_planned_from_any_folder(tmp_path):
    words = ("generate", "--song", "whispers-del-futuro", "--models", "sketch", "--dry-run")
    code, out, _ = call(*words, cwd=tmp_path)
    assert code == 0 and "sketch_segment7_instrumental" in out


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["generat"], "no verb 'generat'", "did you mean 'generate'? secondtake --list"),
        (["rank", "--jsno"], "rank: no option '--jsno'", "did you mean '--json'? secondtake --h"),
        (["--collection"], "collection", "secondtake --help"),
        (["--list-depth", "x"], "'x'", "secondtake --help"),
        (["--print-completion-script", "tcsh"], "tcsh", "secondtake --help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_every_wrong_call_is_exit_code_2(words, message, hint):
    code, out, errors = call(*words, cwd=ROOT)
    first, second = errors.splitlines()
    assert (code, out) == (2, "")
    assert first.startswith("error: ") and message in first and hint in second


def test_a_root_that_is_none_is_said(tmp_path):
    code, _, errors = call("version", cwd=ROOT, SECONDTAKE_ROOT=str(tmp_path))
    assert code == 2 and f"error: {tmp_path} is not inside a secondtake project" in errors


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_of_its_own_name(tmp_path, shell):
    code, out, _ = call("--print-completion-script", shell, cwd=tmp_path)
    assert code == 0 and "secondtake" in out and "invoke --complete" not in out


def test_verbs_and_options_are_completed_without_a_note(tmp_path):
    code, out, errors = call("--complete", "--", "secondtake gen", cwd=tmp_path)
    assert (code, errors) == (0, "") and "generate-all" in out.splitlines()
    code, out, errors = call("--complete", "--", "secondtake generate --s", cwd=tmp_path)
    assert (code, errors) == (0, "") and "--segments" in out.splitlines()
