"""The three programs as a person starts them, on a project of one segment."""

import importlib.util
import json
import os
from pathlib import Path

import pytest
import soundfile

from secondtake.core.file_hashes import MEMORY
from secondtake.core.serialization import read_json
from secondtake.core.takes import wav_path

SCRIPTS = Path(__file__).parents[2] / "scripts"
SONG = ["--song", "songs/known.toml"]


def program(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


@pytest.fixture(autouse=True)
def clean_variables(monkeypatch):
    """The programs set cache folders where none are set; a test must not leave its own."""
    for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, os.environ.get(name, ""))


def test_from_import_to_report_and_again_without_a_changed_byte(
    project, song, make_take, sounds, tmp_path, capsys
):
    make_take("sketch", sounds.pink(6, 44_100))
    soundfile.write(tmp_path / "my song.flac", sounds.chord((57, 60, 64), 15), 22_050)
    cut = [str(tmp_path / "my song.flac"), "--segment", "1", "--start", "1", "--end", "13"]
    assert program("import_baseline")([*SONG, *cut]) == 0
    assert program("import_baseline")([*SONG, *cut]) == 0
    assert "nothing was written" in capsys.readouterr().out
    assert program("import_baseline")([*SONG, *cut[:-2]]) == 2
    assert "--force" in capsys.readouterr().err

    def everything():
        assert program("verify_results")(SONG) == 0
        assert program("analyse_results")(SONG) == 0
        files = [path for path in (project.root / "results").rglob("*") if path.is_file()]
        files = [path for path in files if path.name != MEMORY]  # of hashes: it saves time only
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    first = everything()
    assert {path.name for path in first} == {
        "verification.json", "comparison_results.json", "comparison_results.md",
        "sketch_segment1_instrumental.png", "sketch_segment1_instrumental.wav",
        "sketch_segment1_instrumental.svg", "overview_dots.png", "overview_dots.svg",
        "overview_heatmap.png", "overview_heatmap.svg",
        "sketch_segment1_instrumental.json",
    }  # fmt: skip
    assert everything() == first  # not even written again


def test_a_failed_check_is_exit_code_1_and_json_is_json(song, make_take, sounds, capsys):
    take = make_take("sketch", sounds.pink(6, 44_100))
    wav_path(song.results, take.job.name).write_bytes(b"RIFF")
    assert program("verify_results")([*SONG, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["summary"] == {"pass": 0, "warn": 0, "fail": 1}


def test_a_comparison_as_json_is_what_its_file_says(project, song, make_take, sounds, capsys):
    make_take("sketch", sounds.pink(6, 44_100))
    assert program("analyse_results")([*SONG, "--no-plots", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    file = song.results / "analysis" / "comparison_results.json"
    assert printed == read_json(file)


@pytest.mark.parametrize("name", ["verify_results", "analyse_results"])
def test_a_baseline_that_may_not_be_read_is_one_line(
    project, song, make_take, sounds, monkeypatch, capsys, name
):
    make_take("sketch", sounds.pink(6, 44_100))
    baseline = song.segments[0].baseline.file
    baseline.parent.mkdir(parents=True, exist_ok=True)
    baseline.write_bytes(b"RIFF")
    opened = Path.open

    def refusing(path, *arguments, **options):
        if path == baseline:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refusing)
    assert program(name)(SONG) == 1
    assert capsys.readouterr().err == f"error: {baseline}: Permission denied\n"


@pytest.mark.parametrize("name", ["verify_results", "analyse_results"])
def test_a_song_that_is_not_there_is_bad_input(project, name, capsys):
    assert program(name)(["--song", "songs/know.toml"]) == 2
    assert "did you mean 'known.toml'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["verify_results", "analyse_results", "import_baseline"])
def test_help_teaches(name, capsys):
    with pytest.raises(SystemExit) as end:
        program(name)(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "exit code" in out and f"python scripts/{name}.py" in out
