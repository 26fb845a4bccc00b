"""One program in its environment, as nox runs it."""

import re
import shutil
from dataclasses import replace

import pytest
from tests.conftest import ROOT
from tests.runner.humming import (
    add_purr,
    closed_port,
    on_a_terminal,
    size_packages,
    snapshot,
    write_song,
)

from secondtake.core.registry.all_judges import JUDGES
from secondtake.core.registry.spec import Checkpoint
from secondtake.core.scripts import SCRIPTS
from secondtake.core.takes import wav_path
from secondtake.runner import environments
from secondtake.runner.programs import run_analysis_session, run_judge_session, run_model_session

SONG = ("--song", "songs/hum.toml")


def copy_scripts(project):
    for script in (ROOT / "scripts").glob("*.py"):
        shutil.copy(script, project.root / "scripts" / script.name)


@pytest.fixture(autouse=True)
def any_memory(monkeypatch):
    monkeypatch.setenv("SECONDTAKE_IGNORE_MEMORY", "1")


def test_help_teaches_and_touches_nothing(hum, capsys):
    before = snapshot(hum.root)
    with pytest.raises(SystemExit) as caught:
        run_model_session("hum", ["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    for option in ("--song", "--segment", "--takes", "--device", "--dry-run", "--mood"):
        assert option in out
    assert "--worker" not in out
    assert snapshot(hum.root) == before


def test_a_dry_run_needs_no_environment(hum, capfd):
    before = snapshot(hum.root)
    assert run_model_session("hum", [*SONG, "--dry-run"]) == 0
    out = capfd.readouterr().out
    assert "hum_segment1_instrumental: not made yet\n    1 s, seed " in out
    assert snapshot(hum.root) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--segment", "9"], "no segment 9; the song has 1, 2"),
        (["--mood", "happy"], "--mood: 'happy' is no choice"),
        (["--checkpoint", "lo"], "did you mean 'low'?"),
        (["--takes", "0"], "--takes: 0 is outside 1 to 99"),
        (["--song", "songs/hun.toml"], "did you mean 'hum.toml'?"),
    ],
)
def test_bad_input_is_one_line_before_anything_is_built(hum, capfd, arguments, message):
    before = snapshot(hum.root)
    assert run_model_session("hum", [*SONG, *arguments]) == 2
    out, errors = capfd.readouterr()
    assert out == "" and errors.startswith("error: ") and message in errors
    assert snapshot(hum.root) == before


def test_an_argument_of_the_wrong_type_is_bad_input_too(hum, capsys):
    with pytest.raises(SystemExit) as caught:
        run_model_session("hum", [*SONG, "--takes", "ten"])
    assert caught.value.code == 2
    assert "invalid int value: 'ten'" in capsys.readouterr().err


def test_it_builds_runs_and_then_finds_all_in_order(hum, capfd):
    assert run_model_session("hum", [*SONG, "--segment", "1"]) == 0
    assert "creating venv-hum" in capfd.readouterr().out
    assert wav_path(hum.results / "hum", "hum_segment1_instrumental").is_file()
    assert not wav_path(hum.results / "hum", "hum_segment2_verse").exists()
    before = snapshot(hum.results)
    assert run_model_session("hum", [*SONG, "--segment", "1"]) == 0
    assert capfd.readouterr().out == "hum_segment1_instrumental: up to date\n"
    assert snapshot(hum.results) == before


@pytest.mark.parametrize("answer", ["n\n", "y\n"])
def test_a_session_tells_what_it_costs_and_asks_about_a_large_download(
    hum, monkeypatch, capfd, answer
):
    size_packages(hum, "hum", 6_000_000_000)
    questions = on_a_terminal(monkeypatch, answer)
    code = run_model_session("hum", [*SONG, "--segment", "1"])
    out, errors = capfd.readouterr()
    assert out.startswith("A low hum\n    to download: 6.0 GB; disk then: 1 B\n")
    assert "Download 6.0 GB (Hum 6.0 GB)? [y/N] " in errors and len(questions) == 1
    assert code == (0 if answer == "y\n" else 3)
    assert hum.environment("hum").exists() == (code == 0)
    assert ("invoke fetch --models hum --yes" in errors) == (code == 3)


def test_parameters_given_once_are_saved_for_the_plan_to_come(hum, capfd):
    path = hum.root / SONG[1]
    before = path.read_text()
    asked = [*SONG, "--segment", "1", "--mood", "loud", "--save"]
    assert run_model_session("hum", [*asked, "--dry-run"]) == 0
    assert path.read_text() == before
    assert run_model_session("hum", asked) == 0
    assert 'segment 1: [segment.hum] mood = "loud"' in capfd.readouterr().err
    assert run_model_session("hum", [*SONG, "--segment", "1"]) == 0
    assert capfd.readouterr().out == "hum_segment1_instrumental: up to date\n"
    text = path.read_text()
    assert run_model_session("hum", [*SONG, "--save"]) == 2
    assert run_model_session("hum", [*SONG, "--mood", "odd", "--save"]) == 2
    assert path.read_text() == text


def test_a_failed_take_is_exit_1(hum):
    assert run_model_session("hum", [*SONG, "--mood", "refuse"]) == 1


def test_a_blocked_model_is_exit_3_and_builds_nothing(hum, monkeypatch, capsys):
    write_song(hum, "calm", models=("hum", "purr"))
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        assert run_model_session("purr", SONG) == 3
    errors = capsys.readouterr().err
    assert errors.startswith("error: ") and "\n  → " in errors
    assert not (hum.root / environments.FOLDER).exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "error: which script? type: nox -s analysis -- SCRIPT, of\n  verify_results"),
        (["verify"], "error: no script 'verify'; did you mean 'verify_results'? type: nox"),
        (["verify_result"], "did you mean 'verify_results'?"),
        (["scripts/Chek-Files.py"], "did you mean 'check_files'?"),
        (["../../bin/sh"], "no script '../../bin/sh'; type: "),
    ],
)
def test_a_script_that_is_none_lists_them_all(hum, capsys, arguments, message):
    copy_scripts(hum)
    assert run_analysis_session(arguments) == 2
    out, errors = capsys.readouterr()
    assert (out, message in errors) == ("", True)
    assert re.findall(r"^  (\w+) +\S.*\S$", errors, re.MULTILINE) == list(SCRIPTS)
    assert not (hum.root / environments.FOLDER).exists()


def test_a_list_of_scripts_that_was_asked_for_is_no_error(hum, capsys):
    copy_scripts(hum)
    assert run_analysis_session(["--help"]) == 0
    assert "  compare_files " in capsys.readouterr().out


@pytest.mark.parametrize(
    "typed", ["rank_takes", "rank-takes", "Rank_Takes.py", "scripts/rank_takes.py"]
)
def test_a_script_of_the_runner_needs_no_environment(hum, capfd, typed):
    copy_scripts(hum)
    assert run_analysis_session([typed, "--help"]) == 0
    assert "Put the takes of every segment" in capfd.readouterr().out
    assert not (hum.root / environments.FOLDER).exists()


def test_a_models_script_is_run_as_its_session_does(hum, capfd):
    with pytest.raises(SystemExit) as caught:
        run_analysis_session(["generate-sketch", "--help"])
    assert caught.value.code == 0
    assert "takes of a song's segments" in capfd.readouterr().out


def test_an_analysis_script_gets_its_arguments_and_gives_its_code(hum, monkeypatch, capfd):
    monkeypatch.setattr(environments, "ANALYSIS_IMPORTS", ())
    hum.lock("analysis").write_text("")
    script = hum.root / "scripts" / "verify_results.py"
    script.write_text("import sys\nprint(sys.argv[1:], sys.prefix)\nraise SystemExit(1)\n")
    assert run_analysis_session(["verify_results", "--help"]) == 1
    out = capfd.readouterr().out
    assert f"['--help'] {hum.environment('analysis').resolve()}\n" in out  # its own Python ran it


def test_an_analysis_environment_that_cannot_be_built_is_exit_3(hum, capsys):
    hum.lock("analysis").write_text("this is no lock\n")
    assert run_analysis_session(["verify_results"]) == 3
    assert "invoke setup --models analysis" in capsys.readouterr().err


def test_a_judge_alone_builds_its_environment_and_gives_its_code(hum, monkeypatch, capfd):
    spec = replace(JUDGES["lyrics"], imports=(), checkpoints=(Checkpoint("ear", "Ear"),))
    monkeypatch.setitem(JUDGES, "lyrics", spec)
    hum.lock("lyrics").write_text("")
    script = hum.judge_script("lyrics")
    script.write_text("import sys\nprint(sys.argv[1:], sys.prefix)\nraise SystemExit(1)\n")
    assert run_judge_session("lyrics", [*SONG]) == 1
    words = f"{[*SONG, '--checkpoint=ear']} {hum.environment('lyrics').resolve()}\n"
    assert words in capfd.readouterr().out
    hum.lock("lyrics").write_text("this is no lock\n")
    assert run_analysis_session(["judge-lyrics"]) == 3
    assert "invoke setup --judges lyrics" in capfd.readouterr().err
