"""The demo: what is set up takes part, and nothing else is built, fetched or asked about."""

import json
from dataclasses import replace

import pytest
from tests.runner.humming import add_drone, add_purr, size_packages, snapshot, write_song
from tests.runner.test_commands import STAGES, judging

from secondtake.core.project import DEMO_SONG
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import read_record, record_path
from secondtake.runner import commands
from secondtake.runner.environments import ensure, is_built
from secondtake.runner.hub import client

HUM, DRONE = "hum_segment1_instrumental", "drone_segment1_instrumental"


@pytest.fixture
def demo_project(hum, monkeypatch):
    """A project whose control hums, a demo of three models, and a hub that nobody may ask."""
    monkeypatch.setenv("SECONDTAKE_IGNORE_MEMORY", "1")
    monkeypatch.setattr(client, "check_reachable", lambda *_: pytest.fail("the hub is asked"))
    monkeypatch.setitem(MODELS, "sketch", replace(MODELS["sketch"], is_control=False))
    monkeypatch.setitem(MODELS, "hum", replace(MODELS["hum"], is_control=True))
    for name in MODELS:
        hum.lock(name).touch()
    add_drone(hum, monkeypatch, is_control=False)
    add_purr(hum, monkeypatch, port=9)
    monkeypatch.setitem(MODELS, "purr", replace(MODELS["purr"], is_control=False))
    judging(hum, monkeypatch)
    write_song(hum, "calm", models=("hum", "drone", "purr"))
    (hum.root / "songs" / "hum.toml").rename(hum.root / DEMO_SONG)
    return hum


def demo(force=False, dry_run=False, as_json=False):
    return commands.run(lambda: commands.demo(force=force, dry_run=dry_run, as_json=as_json))


def build(project, name):
    ensure(project, name, project.root / "build.log")


def takes(project):
    return sorted(path.stem for path in project.results.rglob("*.wav"))


def test_from_nothing_the_control_plays_and_all_is_judged(demo_project, capfd):
    size_packages(demo_project, "drone", 7_000_000_000)
    assert demo() == 0
    assert takes(demo_project) == [HUM]
    built = [name for name in MODELS if is_built(demo_project, name)]
    assert built == ["hum"]
    out = capfd.readouterr().out
    assert [out.count(f"{name} was asked") for name in STAGES] == [1] * len(STAGES)
    *_, ending = out.partition("Takes: 1 made")
    command = "invoke generate-all --models drone --song songs/demo.toml"
    assert "before it begins, and asks over 5 GB:\n" in ending
    assert f"    {command:{len(command) + 7}}  # to download: 7.0 GB\n" in ending
    assert ending.index("    invoke generate-all  ") < ending.index(command)
    assert "--models hum" not in ending  # it took part


def test_what_is_set_up_takes_part(demo_project, capfd):
    build(demo_project, "drone")
    build(demo_project, "purr")  # whose weights are elsewhere
    assert demo(as_json=True) == 0
    out, errors = capfd.readouterr()
    assert set(json.loads(out)["outcomes"]) == {HUM, DRONE}
    assert takes(demo_project) == [DRONE, HUM] and "still to come: Drone" in errors
    demo_project.lock("drone").write_text("# newer\n")  # set up no longer
    assert demo(as_json=True) == 0
    assert set(json.loads(capfd.readouterr()[0])["outcomes"]) == {HUM}


@pytest.mark.e2e
def test_another_checkpoint_plays_where_the_default_cannot(demo_project, monkeypatch, capfd):
    low, *others = MODELS["drone"].checkpoints
    checkpoints = (replace(low, longest_seconds=0.1), *others)
    monkeypatch.setitem(MODELS, "drone", replace(MODELS["drone"], checkpoints=checkpoints))
    build(demo_project, "drone")
    assert demo() == 0
    assert "note: drone (low) is set up, but: " in capfd.readouterr().err
    results = demo_project.results / "demo"
    assert read_record(record_path(results, DRONE)).job.checkpoint == "high"


@pytest.mark.e2e
def test_a_second_demo_makes_nothing_and_force_all(demo_project, capfd):
    assert demo() == 0 and demo() == 0
    assert "Takes: 0 made, 1 up to date" in capfd.readouterr().out
    assert demo(force=True) == 0
    assert "Takes: 1 made" in capfd.readouterr().out


def test_a_dry_run_of_the_demo_builds_nothing(demo_project, capfd):
    before = snapshot(demo_project.root)
    assert demo(dry_run=True) == 0
    assert snapshot(demo_project.root) == before
    assert f"{HUM}: to do" in capfd.readouterr().out


@pytest.mark.e2e
def test_where_the_control_cannot_be_built_the_remedy_is_the_last_word(demo_project, capfd):
    demo_project.lock("hum").write_text("this is no lock\n")
    assert demo() == 3
    out = capfd.readouterr().out
    assert "■ Hum (1 take): blocked: its environment could not be built" in out
    assert "Then type:\n" in out and "    invoke setup --models hum\n" in out
    assert "to download" not in out.partition("Takes: ")[2]
