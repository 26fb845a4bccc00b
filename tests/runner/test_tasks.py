"""The verbs and sessions as people find them: listed, explained, and clear about mistakes."""

import re
import subprocess
import sys

import pytest
from tests.conftest import ROOT

from secondtake.core.registry.all_judges import SPECS
from secondtake.runner.environments import environments

VERBS = (
    "analyse check clean compare demo discard doctor fetch generate generate-all import-baseline "
    "judge keep page rank report reproduce setup understand verify version votes why"
).split()  # fmt: skip


HELPS = """
import sys
from invoke.main import program
for verb in sys.argv[1:]:
    sys.argv = ["invoke", "--help", verb]
    program.run(exit=False)
    print(end="\\f")
"""


def call(program: str, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """The --help of every verb, asked in one process: starting fourteen takes ten seconds."""
    done = subprocess.run(
        [sys.executable, "-c", HELPS, *VERBS],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(zip(VERBS, done.stdout.split("\f"), strict=False))


def test_every_verb_is_listed_with_a_sentence():
    code, out, _ = call("invoke", "--list")
    listed = dict(re.findall(r"^  (\S+) {2,}(\S.*)$", out, re.MULTILINE))
    assert code == 0
    assert sorted(listed) == VERBS
    assert "Default task: generate-all" in out


@pytest.mark.parametrize("verb", sorted({*VERBS} - {"version"}))  # which has none
def test_every_option_of_a_verb_is_explained(helps, verb):
    options = helps[verb].split("Options:")[1].splitlines()
    entries = [line for line in options if line.startswith("  -")]
    assert entries
    assert [line for line in entries if not re.search(r"\S {2,}\S", line.strip())] == []


def test_the_options_are_those_of_the_documentation(helps):
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    text = text.split("## Options of `generate-all`")[1].split("\n## ")[0]
    for option in re.findall(r"^\| `(--[a-z-]+)", text, re.MULTILINE):
        assert option in helps["generate-all"] and option in helps["generate"]


def test_every_verb_is_in_the_documentation():
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"`invoke {verb}" not in text] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("generate", "--models", "barc"), "did you mean 'bark'?"),
        (("generate", "--takes", "x", "--dry-run"), "--takes: 'x' is not a whole number"),
        (("generate-all", "--song", "songs/[red].toml"), "[red].toml"),
        (("import-baseline", "a.wav"), "a.wav: no such file"),
        (("import-baseline", "a.wav", "--segment", "x"), "--segment: 'x' names no segment"),
        (("check",), "check which files? type: invoke check FILE FILE …"),
        (("check", "tasks.py", "a b.wav"), "a b.wav: no such file"),
        (("check", "--", "-odd.wav"), "-odd.wav: no such file"),
        (("check", "docs"), "docs: a folder; name its files, for example docs/*.wav"),
        (("compare", "a.wav", "b.wav"), "a.wav: no such file"),
        (("compare", "tasks.py", "tasks.py", "--picture", "a.gif"), "named .png or .svg"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(call_here, arguments, message):
    code, out, errors = call_here(*arguments)
    assert (code, out) == (2, "")
    assert errors.startswith("error: ") and errors.count("\n") == 1
    assert message in errors


def test_a_dry_run_of_the_first_song_is_exit_0():
    code, out, errors = call("invoke", "generate-all", "--models", "sketch", "--dry-run")
    assert (code, errors) == (0, "")
    assert "sketch_segment7_instrumental: " in out


def test_a_terminal_without_our_signs_stops_no_run(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    code, out, errors = call("invoke", "generate-all", "--models", "sketch", "--dry-run")
    assert (code, errors) == (0, "") and "sketch_segment7_instrumental: " in out


def test_nox_lists_every_model_and_judge_like_a_menu():
    code, out, _ = call("nox", "-l")
    listed = dict(re.findall(r"^[*-] (\S+) -> (\S.*)$", out, re.MULTILINE))
    assert code == 0
    others = {"analysis", "tests", "browser", "e2e", "engines", "faults", "lint", "lock"}
    assert others | {*SPECS} == set(listed)
    for spec in SPECS.values():
        assert spec.title in listed[spec.name]


def test_every_environment_has_its_requirements_and_its_lock():
    for name in environments():
        assert (ROOT / "requirements" / f"{name}.txt").is_file()
        assert "--hash=sha256:" in (ROOT / "requirements" / f"{name}.lock").read_text()
