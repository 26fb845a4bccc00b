"""One program in its environment, as nox runs it."""

import pytest
from tests.runner.humming import add_purr, closed_port, snapshot, write_song

from secondtake.core.takes import wav_path
from secondtake.runner import environments
from secondtake.runner.programs import run_analysis_session, run_lyrics_session, run_model_session

SONG = ("--song", "songs/hum.toml")


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
        run_model_session("hum", [*SONG, "--segment", "ten"])
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


def test_a_failed_take_is_exit_1(hum):
    assert run_model_session("hum", [*SONG, "--mood", "refuse"]) == 1


def test_a_blocked_model_is_exit_3_and_builds_nothing(hum, monkeypatch, capsys):
    write_song(hum, "calm", models=("hum", "purr"))
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        assert run_model_session("purr", SONG) == 3
    errors = capsys.readouterr().err
    assert errors.startswith("Purr: ") and "\n  → " in errors
    assert not (hum.root / environments.FOLDER).exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "which script? known: analyse_results, import_baseline, verify_results"),
        (["verify"], "which script? did you mean 'verify_results'?"),
        (["../../bin/sh"], "which script? known: "),
    ],
)
def test_an_analysis_script_that_is_none(hum, capsys, arguments, message):
    assert run_analysis_session(arguments) == 2
    assert message in capsys.readouterr().err
    assert not (hum.root / environments.FOLDER).exists()


def test_an_analysis_script_gets_its_arguments_and_gives_its_code(hum, monkeypatch, capfd):
    monkeypatch.setattr(environments, "ANALYSIS_IMPORTS", ())
    hum.lock("analysis").write_text("")
    script = hum.root / "scripts" / "verify_results.py"
    script.write_text("import sys\nprint(sys.argv[1:], sys.prefix)\nraise SystemExit(1)\n")
    assert run_analysis_session(["verify_results", "--help"]) == 1
    out = capfd.readouterr().out
    assert f"['--help'] {hum.environment('analysis')}\n" in out  # its own Python ran it


def test_an_analysis_environment_that_cannot_be_built_is_exit_3(hum, capsys):
    hum.lock("analysis").write_text("this is no lock\n")
    assert run_analysis_session(["verify_results"]) == 3
    assert "invoke setup --models analysis" in capsys.readouterr().err


def test_listening_alone_builds_its_environment_and_gives_its_code(hum, monkeypatch, capfd):
    monkeypatch.setattr(environments, "LYRICS_IMPORTS", ())
    hum.lock("lyrics").write_text("")
    script = hum.root / "scripts" / "understand_lyrics.py"
    script.write_text("import sys\nprint(sys.argv[1:], sys.prefix)\nraise SystemExit(1)\n")
    assert run_lyrics_session([*SONG]) == 1
    assert f"{list(SONG)} {hum.environment('lyrics')}\n" in capfd.readouterr().out
    hum.lock("lyrics").write_text("this is no lock\n")
    assert run_lyrics_session([]) == 3
    assert "invoke setup --models lyrics" in capfd.readouterr().err
