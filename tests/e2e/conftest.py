"""A clone of the project with its real environments, and a hub that serves tiny checkpoints.

The clone lies in .cache/e2e, on the disk of the checkout, so that uv can link rather than copy
gigabytes; its environments stay there between sessions, as a user's would.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.bark_project import chosen_python, make_project
from tests.e2e.tiny_weights import written_files
from tests.hub import Account, LoopbackHub
from tests.hub.pinned import pinned_commits, pins_in, served_as

from secondtake.core.leftovers import ENVIRONMENTS
from secondtake.core.lock_names import VARIABLES as LOCK_VARIABLES
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import SPECS

ROOT = Path(__file__).parents[2]
# Begun first, so that no process is left with it at the end.
LONGEST = Path(__file__).with_name("test_study.py")
PARTS = ("src", "scripts", "requirements", "songs", "noxfile.py", "tasks.py")
OPEN_1_0 = "stabilityai/stable-audio-open-1.0"
GATED = sorted(  # repositories whose terms a person must accept
    {
        checkpoint.gate.removeprefix("https://huggingface.co/")
        for model in SPECS.values()
        for checkpoint in model.checkpoints
        if checkpoint.gate
    }
)
MEMBER, STRANGER, FORGED = "hf_memberToken123", "hf_strangerToken456", "hf_forgedToken789"
# Their environments are there, and nobody is asked: tests of judges wake those that they want. The
# packages of the lyrics are those with weights that hear real words.
JUDGES_ASLEEP = {"SECONDTAKE_JUDGES": "none", "SECONDTAKE_LYRICS_LOCK": "lyrics_packaged"}
FOREIGN = (
    *("HF_TOKEN", "HF_HOME", "HF_ENDPOINT", "SECONDTAKE_CACHE", "SECONDTAKE_ROOT"),
    *LOCK_VARIABLES,
    "SECONDTAKE_JUDGES",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file first; every other test where it was."""
    items.sort(key=lambda item: item.path != LONGEST)


def clone_folder(suite: str, name: str = "clone") -> Path:
    """Where a clone of this process lies: each process that tests has clones of its own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return ROOT / ".cache" / suite / (name if worker == "gw0" else f"{name}-{worker}")


def clone_into(root: Path) -> Project:
    """Our files as a fresh clone has them; environments that are there already stay."""
    root.mkdir(parents=True, exist_ok=True)
    for name in (*PARTS, "results", ".cache"):
        old = root / name
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    return Project(root)


@dataclass(frozen=True)
class House:
    """A project and the way to type commands in it."""

    project: Project
    variables: dict[str, str]

    def type(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """What `invoke …` or `nox …` does, as a user's shell would start it."""
        return subprocess.run(
            [sys.executable, "-m", *words], cwd=self.project.root,
            env=self.environ(**variables), capture_output=True, text=True, check=False,
        )  # fmt: skip

    def environ(self, **variables: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        home = str(self.project.root / ".cache" / "home")  # no token of the user's
        return {**clean, "HOME": home, "OMP_NUM_THREADS": "2", "UV_CACHE_DIR": UV_CACHE,
                **self.variables, **variables}  # fmt: skip


UV_CACHE = subprocess.run(
    [sys.executable, "-m", "uv", "cache", "dir"], capture_output=True, text=True, check=True
).stdout.strip()


@pytest.fixture(scope="session")
def clone() -> Project:
    """The clone with its environments built, as `invoke setup` builds them.

    Of two processes, the second one begins with what the first has built.
    """
    project = clone_into(clone_folder("e2e"))
    with (project.root.parent / "building.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        own = project.root / ENVIRONMENTS
        for other in project.root.parent.glob(f"clone*/{ENVIRONMENTS}"):
            if not own.exists() and other.parent.name in ("clone", "clone-gw1"):
                shutil.copytree(other, own, symlinks=True, copy_function=os.link)
        every = ",".join(SPECS)
        done = House(project, dict(JUDGES_ASLEEP)).type("invoke", "setup", "--models", every)
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture(scope="session")
def tiny(clone: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's folder with every file that the registry asks for.

    tests/tiny/<model>.py writes them, in the model's own environment. The first of two processes
    writes them for both.
    """
    own = tmp_path_factory.getbasetemp()
    root = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "hub"
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "served").is_dir():
            _write_tiny(clone, root)
    return root / "served"


def _write_tiny(clone: Project, root: Path) -> None:
    aside = root / "aside"
    for name, model in SPECS.items():
        made = root / "made" / name
        script = ROOT / "tests" / "tiny" / f"{name}.py"
        if script.is_file():
            command = [clone.python(name), script, made]
            subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "2"})
        for weight, path in (pair for c in model.checkpoints for pair in written_files(made, c)):
            served = aside / served_as(weight)
            served.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, served)
    aside.rename(root / "served")


@pytest.fixture(scope="session")
def hub(tiny: Path) -> Iterator[LoopbackHub]:
    accounts = {MEMBER: Account("member", set(GATED)), STRANGER: Account("stranger")}
    with LoopbackHub(tiny, gated=GATED, accounts=accounts, commits=pinned_commits()) as hub:
        yield hub


@pytest.fixture(scope="session")
def house(clone: Project, tiny: Path, hub: LoopbackHub) -> House:
    """The clone, told that the tiny checkpoints on the loopback hub are the ones it wants."""
    pins = clone.root / "pins.json"
    pins.write_text(json.dumps(pins_in(tiny)))
    variables = {**JUDGES_ASLEEP, "HF_ENDPOINT": hub.url, "SECONDTAKE_DOWNLOADS": hub.url}
    variables["SECONDTAKE_IGNORE_MEMORY"] = "1"  # the true checkpoints would need it, these do not
    return House(clone, {**variables, "SECONDTAKE_PINS": str(pins)})


@pytest.fixture(scope="session")
def bark_python(request: pytest.FixtureRequest) -> str:
    """The Python of an environment that Bark runs in."""
    return chosen_python() or str(request.getfixturevalue("clone").python("bark"))


@pytest.fixture(scope="module")
def bark_project(tmp_path_factory: pytest.TempPathFactory, bark_python: str) -> Project:
    """A project whose weights are Bark's tiny ones, without a hub."""
    return make_project(tmp_path_factory.mktemp("bark"), bark_python)
