"""Machines that share no files with the one that drives the run: each has a checkout of its own."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.engines.hosts import ALONE, host, needs
from tests.engines.nodes import Nodes
from tests.engines.takes import facts_of, names_of, statuses
from tests.faults.studio import Studio, studio_in
from tests.hub import LoopbackHub

from secondtake.core.checkout import ROOT_VARIABLE
from secondtake.core.errors import Exit
from secondtake.core.run_lock import NO_WAIT_VARIABLE
from secondtake.runner.ray_cluster import CHUNK_BYTES
from secondtake.runner.ray_host import Host, Order

GENERATE = ("invoke", "generate", "--song", "hum", "--models", "drone")
WEIGHT = "weights.bin"
LOAD = "def load(checkpoint, device, weights):\n"
# Of a model with weights: it hums at the pitch that the end of the file says.
HEAVY = f'weights=(WeightFile("w", "{WEIGHT}", url="https://weights.example.org/{WEIGHT}"),)'
CHANGES = {
    '"hum"': '"drone"',
    '"Hum"': '"Drone"',
    '"A low hum")': f'"A low drone", {HEAVY})',
    "ModelSpec, Parameter\n": "ModelSpec, Parameter, WeightFile\n",
    LOAD: LOAD + '    HERTZ["low"] = float(weights["w"].read_bytes()[-5:])\n',
}
# Run by every Python of a host, as the registry of a real checkout has all of its models.
REGISTER = """
import importlib.util, os, pathlib
for script in pathlib.Path(os.environ["SECONDTAKE_ROOT"]).glob("scripts/generate_drone.py"):
    page = importlib.util.spec_from_file_location(script.stem, script)
    page.loader.exec_module(importlib.util.module_from_spec(page))
"""


def add_drone(studio: Studio) -> None:
    """A second model, which has weights."""
    project = studio.project
    text = project.script("hum").read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert old in text
        text = text.replace(old, new)
    project.script("drone").write_text(text, encoding="utf-8")
    project.requirements("drone").write_text("# nothing\n", encoding="utf-8")
    project.lock("drone").write_text("", encoding="utf-8")


@pytest.fixture
def drone_studio(studio: Studio) -> Studio:
    add_drone(studio)
    studio.song(*["calm"] * 4, model="drone")
    return studio


@pytest.fixture
def weights(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """The variables that lead to the drone's weights, which go as two chunks."""
    folder = tmp_path / "hub"
    folder.mkdir()
    (folder / WEIGHT).write_bytes(os.urandom(CHUNK_BYTES) + b"123.5")
    with LoopbackHub(folder) as hub:
        yield {"SECONDTAKE_DOWNLOADS": hub.url}


@pytest.fixture
def driven(ray_folder: Path) -> Iterator[Nodes]:
    """A cluster whose head makes no takes."""
    needs(*ALONE, "true")
    with Nodes.started(ray_folder, 0) as nodes:
        yield nodes


@contextmanager
def machine(nodes: Nodes, studio: Studio, checkout: Path, name: str) -> Iterator[Studio]:
    """A machine that has joined with a checkout of its own, and sees nothing of the studio's."""
    with studio_in(checkout / name) as own:
        add_drone(own)
        site = checkout / f"{name}-site"
        site.mkdir()
        (site / "sitecustomize.py").write_text(REGISTER, encoding="utf-8")
        root = str(own.project.root)
        variables = {**nodes.variables(name), ROOT_VARIABLE: root, "PYTHONPATH": str(site)}
        with host(name, nodes.address, studio.project.root, variables) as process:
            yield own
            assert process.poll() is None


def test_a_machine_prepares_itself_and_makes_the_same_takes(
    drone_studio: Studio, driven: Nodes, weights: Mapping[str, str], tmp_path: Path
) -> None:
    """Its environment it builds from the same lock; the weights come from whoever drives it. While
    its checkout has another lock, and there is no other machine, that is said, and is no hang."""
    studio = drone_studio
    results = studio.project.results
    done = studio.type(*GENERATE, **weights)
    assert done.returncode == 0, done.stdout + done.stderr
    here = results.rename(results.with_name("here"))
    with machine(driven, studio, tmp_path, "elsewhere") as own:
        nobody = {"SECONDTAKE_DOWNLOADS": "http://127.0.0.1:1"}
        own.project.lock("drone").write_text("# other packages\n", encoding="utf-8")
        done = studio.type(*GENERATE, *driven.words, **nobody)
        assert done.returncode == Exit.BLOCKED, done.stdout + done.stderr
        assert "is not the driver's: other packages make other takes" in done.stdout + done.stderr
        assert not list(studio.takes.glob("*"))
        own.project.lock("drone").write_text("", encoding="utf-8")
        done = studio.type(*GENERATE, *driven.words, **nobody)
        assert done.returncode == 0, done.stdout + done.stderr
        assert own.project.python("drone").exists()
        assert (own.project.cache / "weights" / "drone-low.json").exists()
        assert not list(own.project.cache.rglob("*.part"))
        assert driven.none_works() and not driven.scratch()
    assert facts_of(results / "hum", "ray") == facts_of(here / "hum", "local")
    assert len(names_of(results / "hum")) == 4


def test_machines_that_would_make_other_takes_take_no_part(
    drone_studio: Studio, driven: Nodes, weights: Mapping[str, str], tmp_path: Path
) -> None:
    """One has another commit, one has no checkout, one has another lock; the fourth does it all."""
    studio = drone_studio
    with ExitStack() as machines:
        for name in ("older", "bare", "otherlock", "right"):
            own = machines.enter_context(machine(driven, studio, tmp_path, name))
            project = own.project
            if name == "older":
                with project.script("bark").open("a", encoding="utf-8") as script:
                    script.write("# changed\n")
            if name == "bare":
                (project.root / "noxfile.py").unlink()
            if name == "otherlock":
                project.lock("drone").write_text("# other packages\n", encoding="utf-8")
        done = studio.type(*GENERATE, *driven.words, **weights)
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout + done.stderr
    assert "older takes no part: its checkout" in printed and "is of another commit" in printed
    assert "bare takes no part" in printed
    assert "Traceback" not in printed
    assert set(statuses(studio.takes.parent).values()) == {"done"}
    assert len(names_of(studio.takes.parent)) == 4


def test_weights_that_arrive_damaged_are_not_kept(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NO_WAIT_VARIABLE, "")  # which a host sets for its process
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    order = Order(str(studio.project.root), "hum", "low", "cpu", 1, 60.0, "hum.log", "", {})
    machine_host = Host(order)
    file = {
        "key": "w", "path": "huggingface/w.bin", "sha256": "0" * 64, "bytes": 5, "source": "w.bin",
        "revision": "", "pinned": True, "stamp": [],
    }  # fmt: skip
    assert machine_host.missing({"w": file}) == ["w"]
    machine_host.append(file["path"], 0, b"other")
    batches = machine_host.keep_weights({"w": file}, ["w"])
    (*_, last) = (message for batch in batches for message in batch)
    assert last[:3] == ("error", False, "bad_weights") and "damaged" in last[3]
    assert not [path for path in studio.project.cache.rglob("*") if path.is_file()]
    machine_host.close()
