"""The demo, from nothing: the control plays, and every page has its baseline beside it."""

import json

import pytest
from tests.e2e.conftest import House, clone_into
from tests.hub import LoopbackHub

from secondtake.core.project import DEMO_SONG
from secondtake.core.song import load_song

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", autouse=True)
def nothing_is_here(house: House) -> None:
    """No weights and no results, whatever was tested before; the environments stay."""
    clone_into(house.project.root)


def demo(house: House) -> dict:
    """The answer of `invoke demo --json`."""
    done = house.type("invoke", "demo", "--json")
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    value = json.loads(done.stdout)
    assert (value["song"], value["exit_code"]) == ("demo", done.returncode), done.stderr
    return value


def test_the_demo_needs_no_hub_and_fills_every_page(house: House, hub: LoopbackHub):
    project = house.project
    song = load_song(project.root / DEMO_SONG, project)
    asked = len(hub.requests)
    value = demo(house)
    outcomes = value["outcomes"]
    assert value["exit_code"] == 0 and set(value["stages"].values()) == {0}
    names = {f"sketch_segment{s.number}_{s.kind}" for s in song.segments}
    assert {name: end["status"] for name, end in outcomes.items()} == dict.fromkeys(names, "done")
    assert hub.requests[asked:] == []

    results = project.results / "demo"
    verdicts = json.loads((results / "verification.json").read_text())["files"]
    assert sorted(f["kind"] for f in verdicts) == sorted(["baseline", "take"] * len(song.segments))
    assert {f["verdict"] for f in verdicts} <= {"pass", "warn"}
    comparison = json.loads((results / "analysis" / "comparison_results.json").read_text())
    for segment in comparison["segments"]:
        assert segment["baseline"]["state"] == "ready"
        assert [take["against"] for take in segment["takes"]] == ["baseline"]
    assert len(list((results / "analysis").glob("*.png"))) > len(song.segments)

    pages = [(results / f"PHASE{phase}_PROGRESS.md").read_text() for phase in range(1, 6)]
    for phase, text in enumerate(pages, 1):
        assert text.startswith(f"# Phase {phase}: ") and "Still to come" not in text
    assert "- **Status**: Done ✅" in pages[0] and "- **Status**: Done ✅" in pages[3]
    assert all(f"{name}.wav" in pages[4] for name in names)
    assert "not verified yet" not in "".join(pages)
    clips = json.loads((results / "listening" / "listening.json").read_text())
    listed = [version["clip"] for part in clips["segments"] for version in part["versions"]]
    assert len(listed) == 2 * len(song.segments) and clips["skipped"] == []
    page = (results / "listen.html").read_text()
    assert all(f'data-clip="{clip}"' in page for clip in listed)


def test_a_second_demo_changes_nothing_and_says_what_comes_next(house: House):
    results = house.project.results / "demo"
    shown = [path for path in results.rglob("*.*") if path.is_file() and path.name[0] != "."]
    before = {path: path.read_bytes() for path in shown}
    done = house.type("invoke", "demo")
    assert done.returncode == 0
    ending = done.stdout.partition("Listen: results/demo/listen.html\nTakes: 0 made")[2]
    assert "    invoke generate-all  " in ending and "# to download: " in ending
    assert {path: path.read_bytes() for path in before} == before
