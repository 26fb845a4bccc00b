"""Two engines: this machine, and a Ray cluster whose nodes are processes of this machine, or hosts
in namespaces of their own. `nox -s engines` runs the tests."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import House, clone_folder, clone_into
from tests.e2e.tiny_weights import written_files
from tests.engines.nodes import CORES, SETTINGS, Nodes
from tests.faults.studio import Studio, studio_in
from tests.hub import LoopbackHub
from tests.hub.pinned import pinned_commits, pins_in, served_as

from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
# Whose environments no third one could have the packages of: one wants an old torch.
CHECKPOINTS = {"bark": "small", "musicgen": "small"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.engines)


@pytest.fixture(scope="session", autouse=True)
def ray_folder() -> Iterator[Path]:
    """The folder of all clusters, on a short path: names of sockets have 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="engines-"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def nodes(ray_folder: Path) -> Iterator[Nodes]:
    """A cluster of two nodes of two cores, which share the files of whoever drives it."""
    with Nodes.started(ray_folder, CORES, CORES) as nodes:
        yield nodes


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A scratch project with the humming model."""
    with studio_in(tmp_path / "project") as studio:
        yield studio


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The clone of `nox -s e2e` with two models, and a hub that serves tiny checkpoints of them."""
    project = clone_into(clone_folder("e2e"))
    done = House(project, {}).type("invoke", "setup", "--models", ",".join(CHECKPOINTS))
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path_factory.mktemp("hub")
    for model, checkpoint in CHECKPOINTS.items():
        write_tiny(project, folder, model, checkpoint)
    served = folder / "served"
    pins = project.root / "pins.json"
    pins.write_text(json.dumps(pins_in(served)))
    with LoopbackHub(served, commits=pinned_commits()) as hub:
        variables = {"HF_ENDPOINT": hub.url, "SECONDTAKE_DOWNLOADS": hub.url}
        variables["SECONDTAKE_IGNORE_MEMORY"] = "1"  # the true checkpoints would need it
        yield House(project, {**variables, "SECONDTAKE_PINS": str(pins)})


def write_tiny(project: Project, folder: Path, model: str, checkpoint: str) -> None:
    """Write a model's tiny checkpoints, and put one where a hub serves it from."""
    made = folder / "made" / model
    command = [project.python(model), ROOT / "tests" / "tiny" / f"{model}.py", made]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": str(CORES)})
    for weight, path in written_files(made, MODELS[model].checkpoint(checkpoint)):
        place = folder / "served" / served_as(weight)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
