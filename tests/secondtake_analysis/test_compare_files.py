"""The program as a person starts it: two files, a table, JSON, a picture, and clear mistakes."""

import importlib.util
import json
from pathlib import Path

import pytest
import soundfile

SCRIPT = Path(__file__).parents[2] / "scripts" / "compare_files.py"
RATE = 22_050


@pytest.fixture(scope="module")
def program():
    specification = importlib.util.spec_from_file_location("compare_files", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.main


@pytest.fixture
def files(project, sounds, monkeypatch):
    """A folder of the project with music and noise in it, where the user stands."""
    monkeypatch.chdir(project.root)
    music = sounds.clicks(120, 12) + sounds.cadence(60, 12)
    soundfile.write("-my song.wav", music, RATE)
    soundfile.write("noise.flac", sounds.pink(7, RATE), RATE)
    return "-my song.wav", "noise.flac"


def test_a_table_and_a_picture(program, files, capsys):
    assert program(["--naive", "--picture", "both.svg", "--", *files]) == 0
    out, errors = capsys.readouterr()
    assert out.startswith("noise.flac is ")
    for word in ("\nrhythm\n", "closer than", "pink noise", "docs/metrics.md"):
        assert word in out
    assert "picture: both.svg" in errors
    assert Path("both.svg").read_bytes().startswith(b"<?xml")


def test_json_is_json_and_the_same_twice(program, files, capsys):
    assert program(["--json", "--", *files]) == 0
    first = capsys.readouterr().out
    told = json.loads(first)
    assert told["reference"]["file"] == "-my song.wav" and "naive" not in told
    assert {one["question"] for one in told["measurements"]} >= {"timbre", "rhythm", "harmony"}
    assert program(["--json", "--", *files]) == 0
    assert capsys.readouterr().out == first


def test_a_png_too(program, files, capsys):
    assert program(["--picture", "both.PNG", "--", files[1], files[1]]) == 0
    assert capsys.readouterr().out.startswith("Both are the same file, byte for byte.\n")
    assert Path("both.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["noise.flac", "gone.wav"], "gone.wav: no such file"),
        (["text.wav", "noise.flac"], "text.wav: not readable as audio"),
        (["noise.flac", "blip.wav"], "blip.wav: 0.30 s is too short to compare"),
        (["noise.flac", "noise.flac", "--picture", "a.gif"], "a picture is named .png or .svg"),
        (["noise.flac", "noise.flac", "--picture", "text.wav/a.png"], "text.wav/a.png: "),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(program, files, sounds, capsys, arguments, message):
    Path("text.wav").write_text("no audio")
    soundfile.write("blip.wav", sounds.pink(0.3, RATE), RATE)
    assert program(arguments) == 2
    out, errors = capsys.readouterr()
    lines = [line for line in errors.splitlines() if not line.startswith("    ")]  # progress
    assert out == "" and len(lines) == 1
    assert lines[0].startswith("error: ") and message in lines[0]


def test_help_teaches(program, capsys):
    with pytest.raises(SystemExit) as end:
        program(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "exit code" in out and "python scripts/compare_files.py" in out
