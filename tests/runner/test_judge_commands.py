"""Setting judges up: costs and licences first, then environment and weights, by a loopback hub."""

from dataclasses import replace

import pytest
from tests.runner.conftest import content_of
from tests.runner.humming import closed_port

from secondtake.core.registry.all_judges import JUDGES
from secondtake.core.weights import read_manifest
from secondtake.runner import environments, judge_commands
from secondtake.runner.judging import ready_judges


@pytest.fixture
def bare(project, monkeypatch):
    """The project, whose judges want no packages."""
    for name, judge in JUDGES.items():
        monkeypatch.setitem(JUDGES, name, replace(judge, imports=()))
        project.lock(name).write_text("")
    return project


def set_up(project, settings, **judges):
    return judge_commands.set_up_judges(project, settings, judges, yes=True)


def test_what_it_costs_and_under_which_licence_is_said_first(bare, hub, settings_for, capsys):
    assert set_up(bare, settings_for(hub), audiobox="all-axes") == 0
    lines = capsys.readouterr().out.splitlines()
    asks = "Audiobox Aesthetics: how listeners would like a take, and how it is made, without"
    assert lines[0].startswith(asks)
    licence = next(line for line in lines if "licence of the weights: CC-BY 4.0: " in line)
    built = "✓ Audiobox Aesthetics: set up; it hears the takes of every run"
    assert lines.index(licence) < lines.index(built)
    manifest = read_manifest(bare, "audiobox", "all-axes")
    assert set(manifest.files) == {"model", "config"}
    assert [judge.name for judge, _ in ready_judges(bare, settings_for(hub))] == ["audiobox"]


def test_another_checkpoint_than_the_default_says_how_to_have_it_asked(
    bare, hub, settings_for, capsys, monkeypatch
):
    chosen = {"lyrics": "large-v3-turbo"}
    assert set_up(bare, settings_for(hub), **chosen) == 0
    assert "write into .env: SECONDTAKE_JUDGES=lyrics=large-v3-turbo" in capsys.readouterr().out
    assert list(ready_judges(bare, settings_for(hub))) == []  # nobody chose it yet
    monkeypatch.setenv("SECONDTAKE_JUDGES", "lyrics=large-v3-turbo")
    ((judge, checkpoint),) = ready_judges(bare, settings_for(hub))
    assert {judge.name: checkpoint.name} == chosen
    assert set_up(bare, settings_for(hub), **chosen) == 0
    assert "write into .env" not in capsys.readouterr().out


def test_files_that_are_not_the_pinned_ones_are_refused(bare, hub, hub_root, settings_for, capsys):
    (weight, *_) = JUDGES["clap"].default.weights
    (hub_root / weight.source).write_bytes(content_of(weight)[::-1])
    assert set_up(bare, settings_for(hub), clap="general") == 1
    out = capsys.readouterr().out
    assert "■ CLAP (larger, general): " in out and weight.source in out
    assert list(ready_judges(bare, settings_for(hub))) == []


def test_without_a_hub_nothing_is_built(bare, hub, settings_for, capsys):
    with closed_port() as port:
        settings = settings_for(hub, endpoint=f"http://127.0.0.1:{port}")
        assert set_up(bare, settings, clap="general", audiobox="all-axes") == 3
    out = capsys.readouterr().out
    assert out.count("■ ") == 2
    assert not (bare.root / environments.FOLDER).exists()


def test_the_packages_of_an_unknown_publisher_need_a_choice(
    bare, hub, settings_for, monkeypatch, capsys
):
    assert JUDGES["lyrics"].default.name == "base"
    monkeypatch.setenv("SECONDTAKE_LYRICS_LOCK", "lyrics_packaged")
    bare.lock("lyrics").write_text("")
    assert set_up(bare, settings_for(hub), lyrics="base-packaged") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "note: the packages' model.bin" in out and "is not the hub's file" in out
    assert JUDGES["lyrics"].default.name == "base-packaged"
    assert JUDGES["lyrics"].default.weights == ()
    assert bare.lock("lyrics").name == "lyrics_packaged.lock"
