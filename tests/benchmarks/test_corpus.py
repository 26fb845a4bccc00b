from pathlib import Path

import numpy as np
import pytest
import soundfile
from benchmarks.analysis.corpus import ALBUMS as SHIPPED
from benchmarks.analysis.corpus import Album, Track, fetched, seeded
from benchmarks.analysis.corpus import tracks as corpus_tracks
from benchmarks.analysis.sung import SPLITS

from secondtake.core.errors import UserError
from secondtake.core.files import sha256_of

ALBUMS = (
    Album("first", "music", "MIT", "one/", ("_loud",)),
    Album("second", "music", "CC BY-SA 3.0", "two/"),
)
PACKAGES = {album.package for album in SHIPPED}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that was fetched: songs of two artists, and what is no song."""
    files = {"one/a.flac": 61, "one/a_loud.flac": 61, "one/jingle.flac": 4, "two/b/song.flac": 60}
    for name, seconds in files.items():
        path = tmp_path / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros(seconds * 8000, dtype=np.float32), 8000)
    (tmp_path / "music" / "one" / "notes.txt").write_text("no sound")
    (tmp_path / "music" / "VERSION").write_text("1.2-3\n")
    monkeypatch.setattr("benchmarks.analysis.corpus.FOLDER", tmp_path)
    monkeypatch.setattr("benchmarks.analysis.corpus.ALBUMS", ALBUMS)
    return tmp_path


def test_songs_are_what_is_long_enough_and_no_other_version_of_one(folder: Path) -> None:
    found = corpus_tracks()
    assert [track.title for track in found] == ["first: a", "second: b"]
    assert [track.version for track in found] == ["1.2-3", "1.2-3"]


def test_a_song_says_where_it_is_from(folder: Path) -> None:
    _, second = corpus_tracks()
    assert second.provenance == {
        "name": "second: b",
        "package": "music",
        "version": "1.2-3",
        "licence": "CC BY-SA 3.0",
        "file": "two/b/song.flac",
        "sha256": sha256_of(folder / "music" / "two" / "b" / "song.flac"),
    }


def test_without_the_tools_of_debian_it_says_what_is_needed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="needs apt-get and dpkg-deb"):
        fetched("other")
    assert fetched("music") == "1.2-3"  # what is there needs nothing


def test_a_package_is_in_one_set_and_none_in_the_test_set() -> None:
    sets = {package: {a.split for a in SHIPPED if a.package == package} for package in PACKAGES}
    assert all(len(splits) == 1 for splits in sets.values())
    assert set.union(*sets.values()) == set(SPLITS) - {"test"}
    assert len({album.name for album in SHIPPED}) == len(SHIPPED)


def test_a_seed_belongs_to_its_name() -> None:
    assert seeded("a") == seeded("a") != seeded("b")


def test_a_track_is_named_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.analysis.corpus.FOLDER", tmp_path)
    track = Track(tmp_path / "music" / "theme.ogg", ALBUMS[0], "1")
    assert track.title == "first: theme"
