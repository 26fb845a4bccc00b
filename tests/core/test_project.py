"""Where everything lives."""

from pathlib import Path

import pytest

from secondtake.core.errors import UserError
from secondtake.core.project import Project, find_project


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
    with pytest.raises(UserError, match=r"noxfile\.py and songs/.*SECONDTAKE_ROOT"):
        find_project()


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


def test_a_song_is_found_where_one_stands_else_in_the_project(project, tmp_path, monkeypatch):
    (project.root / "songs" / "a.toml").touch()
    (tmp_path / "b.toml").touch()
    monkeypatch.chdir(tmp_path)
    assert project.song("songs/a.toml") == project.root / "songs/a.toml"
    assert project.song("b.toml") == tmp_path / "b.toml"
    assert project.song("none.toml") == project.root / "none.toml"
    assert project.song("x" * 300) == project.root / ("x" * 300)


def test_names_of_environments_are_those_that_people_type():
    project = Project(Path("/p"))
    assert project.environment("stable_audio") == Path("/p/venv-stable-audio")
    assert project.python("bark") == Path("/p/venv-bark/bin/python")
    assert project.lock("stable_audio") == Path("/p/requirements/stable_audio.lock")


def test_paths_are_shown_as_people_see_them():
    project = Project(Path("/p"))
    assert project.relative(Path("/p/results/x.wav")) == "results/x.wav"
    assert project.relative(Path("/other/x.wav")) == "/other/x.wav"
