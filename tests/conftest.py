"""A scratch project with a stub model that hums, for tests of everything but real models."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS

ROOT = Path(__file__).parents[1]
STUB = ROOT / "tests" / "stub" / "generate_hum.py"
HUM_SONG = """\
title = "Hum"
bpm = 100

[[segment]]
number = 1
kind = "instrumental"
title = "First"
seconds = 1
models = ["hum"]

[[segment]]
number = 2
kind = "verse"
title = "Second"
seconds = 0.5
lyrics = "La la"
models = ["hum"]
"""


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """fsync takes milliseconds and guards against a power cut, which no test here can make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project: its folders, our sources, no results, nothing of the user's around."""
    root = tmp_path / "project"
    for folder in ("songs", "scripts", "requirements"):
        (root / folder).mkdir(parents=True)
    (root / "noxfile.py").touch()
    (root / "src").symlink_to(ROOT / "src")
    ours = (
        "SECONDTAKE_CACHE",
        "SECONDTAKE_LOW_MEMORY",
        "SECONDTAKE_BARK_LOCK",
        "SUNO_USE_SMALL_MODELS",
        "SUNO_OFFLOAD_CPU",
    )
    for variable in (*ours, "HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("SECONDTAKE_ROOT", str(root))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(root)
    return Project(root)


@pytest.fixture
def hum(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The scratch project with the humming model in its registry and a song for it."""
    shutil.copy(STUB, project.script("hum"))
    project.requirements("hum").write_text("# nothing\n")
    project.lock("hum").write_text("")
    (project.root / "songs" / "hum.toml").write_text(HUM_SONG)
    specification = importlib.util.spec_from_file_location("generate_hum", project.script("hum"))
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(MODELS, "hum", None)  # so that it is taken out again afterwards
    specification.loader.exec_module(module)
    return project
