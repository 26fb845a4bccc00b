"""Verbs for files of no song: what is refused before anything is built, and what is handed on."""

import signal
from pathlib import Path

import pytest
from tests.runner.humming import snapshot

from secondtake.runner import commands, environments

STAGE = """
import os, sys
print(os.getcwd(), sys.argv[1:])
raise SystemExit({code})
"""


@pytest.fixture(autouse=True)
def ours_alone():
    """Commands set a signal handler; take it back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def listening(hum, monkeypatch, tmp_path_factory):
    """Programs that say where they are and what they were given; and a folder with files."""
    hum.lock("analysis").write_text("")
    monkeypatch.setattr(environments, "ANALYSIS_IMPORTS", ())
    for name, code in (("compare_files", 0), ("check_files", 1)):
        (hum.root / "scripts" / f"{name}.py").write_text(STAGE.format(code=code))
    folder = hum.root / "my music"
    folder.mkdir()
    for name in ("a b.wav", "-odd.wav", "ñ.flac"):
        (folder / name).write_text("sound")
    monkeypatch.setenv("SECONDTAKE_ROOT", str(hum.root))
    monkeypatch.chdir(folder)
    return folder


def compare(reference="a b.wav", estimate="-odd.wav", naive=False, as_json=False, picture=""):
    return commands.run(lambda: commands.compare(reference, estimate, naive, as_json, picture))


def check(*files, as_json=False, expect=""):
    return commands.run(lambda: commands.check(files, as_json, expect))


def test_a_program_gets_the_files_as_they_were_typed_where_they_were_typed(listening, capfd):
    assert compare() == 0
    out = capfd.readouterr().out.splitlines()
    assert out[-1] == f"{listening} ['--', 'a b.wav', '-odd.wav']"
    assert check("-odd.wav", "ñ.flac", "../my music/a b.wav") == 1
    out = capfd.readouterr().out
    assert out == f"{listening} ['--', '-odd.wav', 'ñ.flac', '../my music/a b.wav']\n"


def test_options_are_handed_on_and_json_has_stdout_for_itself(listening, capfd):
    assert compare(naive=True, as_json=True, picture="-both.png") == 0
    out, errors = capfd.readouterr()
    given = ["--naive", "--picture=-both.png", "--json", "--", "a b.wav", "-odd.wav"]
    assert out == f"{listening} {given}\n"
    assert "venv-analysis" in errors
    assert check("a b.wav", as_json=True) == 1
    assert capfd.readouterr().out == f"{listening} {['--json', '--', 'a b.wav']}\n"


def test_what_is_expected_is_handed_on(listening, capfd):
    assert check("a b.wav", expect="vocal") == 1
    assert capfd.readouterr().out.endswith(f"{['--expect=vocal', '--', 'a b.wav']}\n")
    assert check("a b.wav", expect="choir") == 2
    assert "--expect: 'choir' is neither vocal nor instrumental" in capfd.readouterr().err


def test_the_same_file_twice_may_be_compared(listening, capfd):
    assert compare("ñ.flac", "ñ.flac") == 0
    assert "['--', 'ñ.flac', 'ñ.flac']" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reference": "gone.wav"}, "gone.wav: no such file in "),
        ({"estimate": "."}, ".: a folder; name its files, for example ./*.wav"),
        ({"reference": "a\nb\x1b[2J"}, "\\x1b[2J': no such file in "),
        ({"reference": "x" * 5000}, "File name too long"),
        ({"picture": "both.gif"}, "--picture: both.gif: a picture is named .png or .svg"),
        (
            {"picture": "gone/both.png"},
            "--picture: gone is no folder; make it first: mkdir -p gone",
        ),
    ],
)
def test_a_mistake_is_one_line_exit_2_and_nothing_is_built(
    listening, hum, capfd, arguments, message
):
    before = snapshot(hum.root)
    assert compare(**arguments) == 2
    out, errors = capfd.readouterr()
    assert out == "" and errors.startswith("error: ") and errors.count("\n") == 1
    assert message in errors
    assert snapshot(hum.root) == before


def test_checking_nothing_says_how(listening, capsys):
    assert check() == 2
    assert "type: invoke check FILE FILE" in capsys.readouterr().err


def test_an_analysis_environment_that_cannot_be_built_blocks(listening, hum, capfd):
    hum.lock("analysis").write_text("this is no lock\n")
    assert compare() == 3
    assert capfd.readouterr().err.startswith("error: ")


def test_an_unreadable_file_is_left_to_the_program(listening, capfd):
    Path("a b.wav").chmod(0)
    assert check("a b.wav") == 1
