"""Wrong calls of the real `invoke`: exit code 2 and the nearest name; and habits that go on."""

import json
import subprocess
import sys

import pytest
from tests.conftest import ROOT


def call(*words: str, program: str = "invoke", cwd=ROOT) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", program, *words], cwd=cwd, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


WRONG = [
    ("generat", "no verb 'generat'", "did you mean 'generate'? invoke --list"),
    ("GENERATE_ALL", "no verb 'GENERATE_ALL'", "did you mean 'generate-all'?"),
    ("import_baseline a.wav", "no verb 'import_baseline'", "did you mean 'import-baseline'?"),
    ("xyzzy", "no verb 'xyzzy'", "invoke --list shows every verb"),
    ("rank rprt", "rank: no verb 'rprt'", "invoke --list shows every verb"),
    ("rank reprot", "rank: no verb 'reprot'", "did you mean 'report'?"),
    ("generate foo", "generate: no verb 'foo'", "invoke --list shows every verb"),
    ("generate --jsno", "generate: no option '--jsno'", "did you mean '--json'? invoke --help gen"),
    ("generate --dry_run", "generate: no option '--dry_run'", "did you mean '--dry-run'?"),
    ("generate --SONG=a", "generate: no option '--SONG'", "did you mean '--song'?"),
    ("generate -q", "generate: no option '-q'", "invoke --help generate"),
    ("generate --segments", "generate: --segments needs a value", "--segments VALUE: only these"),
    ("generate --song --json", "generate: --song needs a value", "--song VALUE: song: its name"),
    ("generate --segments 7 10", "no verb '10'", "no spaces between: --segments 7,10"),
    ("generate --json=yes", "no verb 'yes'", "--json takes no value"),
    ("compare", "compare: BASELINE, TAKE is missing", "invoke compare BASELINE TAKE"),
    ("compare a.wav", "compare: TAKE is missing", "type: invoke compare BASELINE TAKE"),
    ("compare a.wav b.wav c.wav", "compare: no verb 'c.wav'", "invoke --list"),
    ("import-baseline", "import-baseline: FILE is missing", "invoke import-baseline FILE"),
    ("check a.wav --jsno", "check: no option '--jsno'", "did you mean '--json'?"),
    ("--song x generate", "no option '--song'", "it stands behind its verb: invoke"),
    ("--lst", "no option '--lst'", "did you mean '--list'?"),
    ("--help generat", "no verb 'generat' to help", "did you mean 'generate'?"),
    ("--list generate", "no verb 'generate' to list", "invoke --list"),
    ("rank --list-depth x", "'x'", "invoke --list"),
]


@pytest.mark.parametrize(("words", "message", "hint"), WRONG, ids=[case[0] for case in WRONG])
def test_a_wrong_call_is_two_lines_and_exit_code_2(call_here, words, message, hint):
    code, out, errors = call_here(*words.split())
    first, second = errors.splitlines()
    assert (code, out) == (2, "") or "--json" in words
    assert code == 2 and first.startswith("error: ") and message in first
    assert second.startswith("  → ") and hint in second


@pytest.mark.parametrize(
    "words",
    [
        ["generate-all", "--json", "--sgements", "7"],
        ["doctor", "-j", "surplus"],
        ["verify", "--json", "--song"],
        ["rank", "--json", "--song", "none"],
        ["analyse", "--json", "--song", "none"],
        ["generate", "--json", "--segments", "10-7"],
        ["generate-all", "--dry-run", "--json", "--models", "barc"],
        ["check", "--json", "none.wav"],
        ["compare", "--json", "none.wav", "none.wav"],
        ["doctor", "--json", "--models", "barc"],
    ],
    ids=" ".join,
)
def test_json_asked_for_is_an_object_with_the_error(call_here, words):
    code, out, errors = call_here(*words)
    told = json.loads(out)
    assert code == told["exit_code"] == 2
    assert told["error"]["code"] == "bad_input"
    assert told["error"]["message"] in errors and "Traceback" not in errors


def test_a_program_of_its_own_ends_so_too():
    code, out, errors = call("generate", "--jsno")
    assert (code, out) == (2, "") and "did you mean '--json'?" in errors


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--list"], "generate-all"),
        (["-l"], "generate-all"),
        (["--help", "rank"], "--song"),
        (["rank", "--help"], "--song"),
        (["version", "version"], "secondtake "),
        (["--no-dedupe", "version"], "secondtake "),
        (["version", "--echo"], "secondtake "),
        (["generate", "--dry-run", "--models=sketch", "--segments=7"], "sketch_segment7"),
        (["generate", "-m", "SKETCH", "--segments", "7-10", "--dry-run"], "sketch_segment7"),
        (["--complete", "--", "invoke", "gen"], "generate-all"),
        (["--print-completion-script", "bash"], "complete"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_calls_in_order_are_as_they_were(call_here, words, shown):
    code, out, errors = call_here(*words)
    assert (code, errors) == (0, "") and shown in out


def test_a_configuration_of_invoke_may_be_given(tmp_path):
    (tmp_path / "mine.json").write_text("{}")
    code, out, errors = call("-f", str(tmp_path / "mine.json"), "version")
    assert (code, errors) == (0, "") and out.startswith("secondtake ")


def test_two_verbs_of_one_call_run_one_after_the_other():
    code, out, _ = call("version", "doctor", "--models", "barc")
    assert code == 2 and out.startswith("secondtake ")


@pytest.mark.parametrize("words", [["--list"], ["--help", "generate-all"], ["doctor", "--help"]])
def test_a_reader_that_goes_away_is_no_error(words):
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "invoke", *words], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == (b"", 141)
    process.stderr.close()
