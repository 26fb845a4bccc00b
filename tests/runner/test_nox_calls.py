"""Wrong calls of the real `nox`: exit code 2 and the nearest session; and habits that go on."""

import os
import subprocess
import sys

import pytest
from tests.conftest import ROOT

pytestmark = pytest.mark.e2e  # nox itself, many times


def call(*words: str, **variables: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "nox", *words], cwd=ROOT, capture_output=True, text=True,
        check=False, env={**os.environ, **variables},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["-s", "barkk"],
            "no session 'barkk'; did you mean 'bark'? known: ace_step, analysis, audiobox, bark, ",
        ),
        (["-s", "bark", "sketc"], "no session 'sketc'; did you mean 'sketch'?"),
        (["--session", "xyzzy"], "no session 'xyzzy'; known: "),
        (["-e", "TESTS"], "no session 'TESTS'; did you mean 'tests'?"),
        (["-rs", "tsts"], "no session 'tsts'; did you mean 'tests'?"),
        (["-l", "-s", "barkk"], "did you mean 'bark'?"),
        (["--usage", "barkk"], "did you mean 'bark'?"),
        (["-s", "barkk", "--", "-s", "bark"], "no session 'barkk'"),
        (["-t", "fast"], "-t: no session has a tag"),
        (["-k", "xyzzy"], "-k: 'xyzzy' is the keyword of no session"),
        (["-k", "("], "-k: '(' is the keyword of no session"),
        (["-p", "3.9"], "-p: no selected session runs on Python 3.9; it is 3.11"),
        (["-s", "bark", "-p", "3.11"], "-p: no selected session runs on Python 3.11; no version"),
        (["--json"], "--json: of what? type: nox --list --json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_is_one_line_and_exit_code_2(words, message):
    code, out, errors = call(*words)
    assert (code, out) == (2, "")
    assert errors.startswith("error: ") and message in errors and "Traceback" not in errors


def test_a_session_of_the_variable_is_looked_at_too():
    code, _, errors = call(NOXSESSION="barkk")
    assert code == 2 and "no session 'barkk'; did you mean 'bark'?" in errors


@pytest.mark.parametrize("words", [["--bogus"], ["bark"], ["-s", "bark", "--", "--bogus"],
    ["-s", "bark", "--", "--segment", "99"], ["-s", "analysis", "--", "verify"],
    ["-s", "bark", "--", "--checkpoint", "smal"], ["-s", "sketch", "--", "--song", "none"],
    ["-s", "lock", "--", "nothing"]], ids=" ".join)  # fmt: skip
def test_every_other_wrong_call_is_exit_code_2_as_well(words):
    code, _, errors = call(*words)
    assert code == 2 and "Traceback" not in errors


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["-l"], "- bark -> "),
        (["--list", "--json"], '"session": '),
        (["-l", "-s", "bark", "tests"], "* tests -> "),
        (["-l", "-s", "tests-3.11"], "* tests -> "),
        (["-l", "-k", "bark or sketch"], "* sketch -> "),
        (["-l", "-p", "3.11"], "* tests -> "),
        (["-f", "noxfile.py", "-l"], "- bark -> "),
        (["-s", "stable_audio", "--", "--help"], "--sampler"),
        (["-s", "stable-audio", "--", "--help"], "--sampler"),
        (["-s", "Stable-Audio", "--", "--help"], "--sampler"),
        (["-s", "SKETCH", "stable_audio", "--", "--song", "whispers-del-futuro", "--dry-run",
          "--segments", "7-10"], "sketch_segment7_instrumental"),
        (["-s", "analysis", "--", "--list"], "  compare_files "),
        (["-s", "analysis", "--", "Rank-Takes", "--help"], "Put the takes"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_calls_in_order_are_as_they_were(words, shown):
    code, out, errors = call(*words)
    assert code == 0, errors
    assert shown in out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["-l"], 141),
        (["-s", "sketch", "--", "--dry-run"], 141),
        (["-s", "sketch", "--", "--help"], 0),  # argparse asks nobody to read its help
    ],
    ids=["list", "plan", "help"],
)
def test_a_reader_that_goes_away_is_no_error(words, code):
    process = subprocess.Popen(
        [sys.executable, "-m", "nox", *words], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.close()
    errors = process.stderr.read()
    assert b"Broken" not in errors and b"Traceback" not in errors
    assert process.wait() == code
    process.stderr.close()
