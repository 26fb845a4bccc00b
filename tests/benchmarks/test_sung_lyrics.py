"""Songs out of clones with their words, and what is said of how they were understood."""

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.analysis import sung
from benchmarks.analysis.sung import Source
from benchmarks.judges.demo_songs import (
    ace_step_lyrics,
    demo_songs,
    jamendo_lyrics,
    levo_lyrics,
)
from benchmarks.judges.sung_lyrics import Figures, compare, interval, row, rows

from secondtake.core.files import sha256_of

ACE, JAMENDO = "ace-step/ace-step.github.io", "f90/jamendolyrics"
WORDS = " ".join(f"word{n}" for n in range(20))
FIGURES = Figures(ACE, "test", 0.2, 0.3, 0.7, 70, 100, 12.0, 60.0)


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def clones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two clones: four recordings of three songs, and one that the table does not know so."""
    told = []
    for folder, repo, file, language, group in (
        ("ace", ACE, "opus/samples/General/a.opus", "en", ""),
        ("ace", ACE, "opus/samples/General/b.opus", "en", "two of them"),
        ("ace", ACE, "opus/samples/General/c.opus", "es", "two of them"),
        ("ace", ACE, "opus/samples/General/d.opus", "ja", ""),
        ("jamendo", JAMENDO, "mp3/e.mp3", "fr", ""),
    ):
        path = put(tmp_path / folder / file, file)
        facts = (sha256_of(path), "sung", language, "pop", "a model", "none", group)
        told.append(Source("test", repo, "0" * 40, file, *facts))
        put(tmp_path / folder / f"raw/samples/General/{path.stem}.txt", f"[verse]\n{WORDS} {file}")
    put(tmp_path / "jamendo/lyrics/e.txt", WORDS)
    altered = replace(told[0], file="opus/samples/General/other.opus", sha256="0" * 64)
    put(tmp_path / "ace" / altered.file, "another recording")
    monkeypatch.setattr(sung, "sources", lambda: (*told, altered))
    return [tmp_path / "ace", tmp_path / "jamendo"]


def test_songs_of_the_clones_by_their_hashes_each_once(clones: list[Path]) -> None:
    songs = demo_songs(clones, 10)
    assert [(Path(song.file).name, song.language) for song in songs] == [
        ("a.opus", "en"),
        ("b.opus", "en"),  # c is the same song; the language of d has other letters
        ("e.mp3", "fr"),
    ]
    assert songs[0].lyrics.startswith("[verse]\nword0")
    assert [Path(song.file).name for song in demo_songs(clones, 1)] == ["a.opus", "e.mp3"]
    assert demo_songs(clones[:0], 10) == []


def test_a_song_without_words_is_none(clones: list[Path]) -> None:
    put(clones[0] / "raw/samples/General/a.txt", "[verse]")
    (clones[0] / "raw/samples/General/b.txt").unlink()
    (clones[0] / "raw/samples/General/c.txt").unlink()
    assert [song.repository for song in demo_songs(clones, 10)] == [JAMENDO]


def test_words_where_each_repository_has_them(tmp_path: Path) -> None:
    put(tmp_path / "raw/samples/General/a.txt", "of ace")
    put(tmp_path / "lyrics/a.txt", "of jamendo")
    assert ace_step_lyrics(tmp_path, "opus/samples/General/a.opus") == "of ace"
    assert jamendo_lyrics(tmp_path, "mp3/a.mp3") == "of jamendo"
    assert ace_step_lyrics(tmp_path, "opus/samples/General/b.opus") == ""


def test_words_of_levo_are_in_the_first_cell_of_its_row(tmp_path: Path) -> None:
    put(
        tmp_path / "index.html",
        "<table><tr><td>[verse] First line <br> second &amp; last</td>"
        '<td><audio><source src="static/mureka/01.mp3"></audio></td>'
        '<td>a label<audio><source src="static/suno/01.mp3"></audio></td></tr>'
        '<tr><td>Other words</td><td><source src="static/audioprompt/1.flac"></td></tr></table>',
    )
    assert levo_lyrics(tmp_path, "static/suno/01.mp3").split() == (
        ["[verse]", "First", "line", "second", "&", "last"]
    )
    assert levo_lyrics(tmp_path, "static/audioprompt/1.flac") == ""
    assert levo_lyrics(tmp_path, "static/unknown.mp3") == ""


def test_figures_of_known_words(clones: list[Path]) -> None:
    (song,) = demo_songs(clones[1:], 10)
    text = WORDS.replace("word3", "bird")
    span = {"start": 0.0, "end": 9.0, "language": "fr", "text": text}
    (figures,) = compare([song], [{"spans": [span], "seconds": 2.0, "duration": 10.0}])
    assert (figures.wer, figures.hits, figures.words) == (1 / 20, 19, 20)
    assert 0 < figures.cer < figures.floor and figures.seconds == 2.0


def test_a_row_has_medians_sums_and_an_interval() -> None:
    songs = [FIGURES, replace(FIGURES, cer=0.4, hits=30), replace(FIGURES, cer=0.9, hits=50)]
    cells = row("base", "`source`", "test", songs).split(" | ")
    assert cells == [
        "| base", "`source`", "test", "3", "0.40 (0.20 to 0.90)", "0.30", "50 %", "0.70",
        "0.20 |",
    ]  # fmt: skip
    assert interval([0.5] * 9) == (0.5, 0.5)


def test_rows_are_by_source_with_all_at_the_end() -> None:
    lines = rows("base", [FIGURES, replace(FIGURES, repository=JAMENDO, split="calibration")])
    assert [line.split(" | ")[1:4] for line in lines] == [
        [f"`{ACE}`", "test", "1"],
        [f"`{JAMENDO}`", "calibration", "1"],
        ["all", "", "2"],
    ]
