"""Where everything lives."""

import os
from pathlib import Path

import pytest

from secondtake.core.errors import UserError
from secondtake.core.project import Project, find_project
from tests.conftest import ROOT


def test_the_project_is_found_from_below(project, monkeypatch):
    monkeypatch.delenv("SECONDTAKE_ROOT")
    below = project.root / "results" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_project() == Project(project.root.resolve())
    assert find_project(project.root / "songs") == Project(project.root.resolve())


def test_the_variable_wins(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_project(Path("/")) == Project(project.root.resolve())


def test_elsewhere_the_error_says_what_is_missing_and_what_to_set(tmp_path, monkeypatch):
    monkeypatch.setenv("SECONDTAKE_ROOT", str(tmp_path))
    with pytest.raises(UserError, match=r"noxfile\.py and songs/.*SECONDTAKE_ROOT") as caught:
        find_project()
    assert f"; cd {ROOT}, or set" in str(caught.value)  # where this code belongs


def test_a_folder_with_a_noxfile_of_another_project_is_not_ours(tmp_path, monkeypatch):
    monkeypatch.delenv("SECONDTAKE_ROOT", raising=False)
    (tmp_path / "noxfile.py").touch()
    with pytest.raises(UserError, match="not inside a secondtake project"):
        find_project(tmp_path)


def test_the_cache_moves(project, monkeypatch, tmp_path):
    assert project.cache == project.root / ".cache"
    monkeypatch.setenv("SECONDTAKE_CACHE", "elsewhere")
    assert project.cache == project.root.resolve() / "elsewhere"
    monkeypatch.setenv("SECONDTAKE_CACHE", "~/cache")
    assert project.cache == tmp_path.resolve() / "home" / "cache"
    monkeypatch.setenv("SECONDTAKE_CACHE", "/large/disk")
    assert project.hub_cache == Path("/large/disk/huggingface")


@pytest.fixture
def songs(project):
    """Two songs, and one whose takes lie in a folder of another name."""
    for name, results in (("a", ""), ("luna_de_neon", ""), ("Año Nuevo", "results/año")):
        text = f'results = "{results}"\n' if results else ""
        (project.root / "songs" / f"{name}.toml").write_text(text, encoding="utf-8")
    return project.root / "songs"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("songs/a.toml", "a"),
        ("a.toml", "a"),
        ("a", "a"),
        ("A", "a"),
        ("luna_de_neon", "luna_de_neon"),
        ("Luna-de-Neon", "luna_de_neon"),
        ("luna de neon", "luna_de_neon"),
        ("songs/luna-de-neon", "luna_de_neon"),
        ("results/luna_de_neon", "luna_de_neon"),
        ("results/luna_de_neon/", "luna_de_neon"),
        ("results/año", "Año Nuevo"),
        ("año nuevo", "Año Nuevo"),
        ("An\u0303o nuevo", "Año Nuevo"),  # as macOS spells file names
        ("{root}/songs/a.toml", "a"),
        ("{root}/results/a", "a"),
    ],
)
def test_a_song_is_a_name_a_file_or_a_folder_from_anywhere(songs, project, tmp_path, typed, name):
    for folder in (project.root, tmp_path):
        os.chdir(folder)
        assert project.song(typed.format(root=project.root)) == songs / f"{name}.toml"


def test_a_song_may_lie_where_one_stands(project, tmp_path, monkeypatch):
    (tmp_path / "a song").mkdir()
    (tmp_path / "a song" / "b.toml").touch()
    monkeypatch.chdir(tmp_path)
    for typed in ("a song/b.toml", "a song", f"{tmp_path}/a song/"):
        assert project.song(typed) == tmp_path / "a song" / "b.toml"
    monkeypatch.chdir(tmp_path / "a song")
    assert project.song("b.toml") == tmp_path / "a song" / "b.toml"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("luna_de_noen", "luna_de_noen: no such song file; did you mean 'luna_de_neon'? known: "),
        ("songs/lunadeneon.toml", "no such song file; did you mean 'luna_de_neon.toml'? known: "),
        ("x" * 3000, "xxx…: no such song file; known: "),
        ("songs/a\0b.toml", "'songs/a\\x00b.toml': no such song file; "),
        ("a\x1b[2J", "'a\\x1b[2J': no such song file; "),
        ("songs", "songs: several songs belong to this folder; name one: Año Nuevo.toml, a.toml"),
        ("results", "results: no song belongs to this folder; known: "),
        (".", "no song belongs to this folder"),
        ("", "no song belongs to this folder"),
    ],
)
def test_a_song_that_is_none(songs, project, typed, message):
    (project.root / "results").mkdir()
    (project.root / "pyproject.toml").touch()
    with pytest.raises(UserError) as caught:
        project.song(typed)
    assert message in str(caught.value) and len(str(caught.value)) < 300


def test_two_songs_of_one_results_folder_are_told_apart_by_name(songs, project):
    (songs / "b.toml").write_text('results = "results/a"')
    with pytest.raises(UserError, match=r"several songs .* name one: a\.toml, b\.toml"):
        project.song("results/a")


def test_names_of_environments_are_those_that_people_type():
    project = Project(Path("/p"))
    assert project.environment("stable_audio") == Path("/p/venv-stable-audio")
    assert project.python("bark") == Path("/p/venv-bark/bin/python")
    assert project.lock("stable_audio") == Path("/p/requirements/stable_audio.lock")


def test_paths_are_shown_as_people_see_them():
    project = Project(Path("/p"))
    assert project.relative(Path("/p/results/x.wav")) == "results/x.wav"
    assert project.relative(Path("/other/x.wav")) == "/other/x.wav"
