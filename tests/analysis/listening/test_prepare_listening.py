"""The program as a person starts it."""

import importlib.util
from collections.abc import Callable

import pytest
from tests.analysis.listening.conftest import MakeTake
from tests.conftest import ROOT
from tests.sounds import Sounds

from secondtake.core.listening_file import FOLDER, read_listening
from secondtake.core.song import Song
from secondtake.core.takes import wav_path

Program = Callable[..., tuple[int, str, str]]
SONG = ["--song", "songs/played.toml"]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """Run it with these words: its exit code, stdout, stderr."""
    monkeypatch.setenv("MPLCONFIGDIR", "")  # the program sets it, and a test leaves nothing behind

    def run(*words: str) -> tuple[int, str, str]:
        path = ROOT / "scripts" / "prepare_listening.py"
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        code = module.main(list(words))
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


def test_one_line_says_what_there_is_and_progress_is_indented(
    program: Program, song: Song, make: MakeTake, sounds: type[Sounds]
) -> None:
    make("bark", 10, sounds.babble(1.0, 24_000))
    for progress in ("    1 of 3 clips\n    3 of 3 clips\n", ""):
        code, out, err = program(*SONG)
        assert (code, err) == (0, progress)
        assert out == (
            "clips: 3, of 2 segments, mp3 of 160 kbit/s, 93.6 kB: results/played/listening/\n"
        )


def test_the_encoding_stays_until_another_is_asked_for(program: Program, song: Song) -> None:
    expected = (("--lossless", "wav"), ("", "wav"), ("--mp3", "mp3"), ("", "mp3"))
    for option, encoding in expected:
        code, out, _ = program(*SONG, *filter(None, [option]))
        assert code == 0 and f", {encoding} of " in out
        assert read_listening(song.results, song.name).encoding == encoding
    with pytest.raises(SystemExit) as end:
        program(*SONG, "--mp3", "--lossless")
    assert end.value.code == 2


def test_what_cannot_be_played_is_said_below(
    program: Program, song: Song, make: MakeTake, sounds: type[Sounds]
) -> None:
    take = make("bark", 10, sounds.babble(1.0, 24_000))
    wav_path(song.results, take.name).unlink()
    assert song.baseline is not None
    song.baseline.file.unlink()
    code, out, err = program(*SONG)
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first == "clips: nothing to play yet: no takes, no baselines"
    assert second == (
        f"  not playable: {take.name}: its wav is missing or was changed since its record was "
        "written; verify says more"
    )


def test_a_folder_that_cannot_be_written_is_one_line(program: Program, song: Song) -> None:
    song.results.mkdir(parents=True)
    (song.results / FOLDER).write_text("a file")
    code, out, err = program(*SONG)
    assert (code, out) == (1, "") and err.startswith("error: ") and "Traceback" not in err


def test_bad_input_and_help(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = program("--song", "songs/none.toml")
    assert (code, out) == (2, "") and "no such song file" in err
    with pytest.raises(SystemExit) as end:
        program("--help")
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert "exit code" in shown and "python scripts/prepare_listening.py" in shown
