"""A project whose weights are Bark's tiny checkpoints, and programs run in it as Bark's are."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from secondtake.core.environ import child_environ
from secondtake.core.files import file_fingerprint, sha256_of
from secondtake.core.project import Project
from secondtake.core.registry.bark import BARK
from secondtake.core.weights import FetchedFile, Manifest, write_manifest

ROOT = Path(__file__).parents[2]
PYTHON_VARIABLE = "SECONDTAKE_BARK_PYTHON"  # another environment than the clone's


def make_project(root: Path, python: str) -> Project:
    """A project of its own in `root`, as if the tiny checkpoints had been fetched."""
    for name in ("scripts", "songs"):
        shutil.copytree(ROOT / name, root / name)
    (root / "noxfile.py").touch()
    project = Project(root)
    run(python, project, str(ROOT / "tests" / "tiny" / "bark.py"), str(project.cache))
    put_down(project)
    return project


def run(
    python: str, project: Project, *arguments: str, code: int = 0
) -> subprocess.CompletedProcess[str]:
    environ = {**child_environ(project), "SECONDTAKE_ROOT": str(project.root)}
    environ |= {
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        "SECONDTAKE_CACHE": "",
    }
    done = subprocess.run(
        [python, *arguments], cwd=project.root, env=environ, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def ask(python: str, project: Project, probe: str, *parts: str) -> dict[str, Any]:
    """The JSON of a probe beside this file on the project's checkpoints, or these parts of it."""
    command = (str(ROOT / "tests" / "e2e" / probe), str(project.cache), *parts)
    done = run(python, project, *command)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def chosen_python() -> str | None:
    return os.environ.get(PYTHON_VARIABLE)


def put_down(project: Project) -> None:
    """The manifest that fetching would have written."""
    for checkpoint in BARK.checkpoints:
        files = {}
        for weight in checkpoint.weights:
            path = project.cache / weight.file
            files[weight.key] = FetchedFile(
                weight.key, weight.file, sha256_of(path), path.stat().st_size, weight.source, "",
                False, file_fingerprint(path),
            )  # fmt: skip
        write_manifest(project, Manifest(BARK.name, checkpoint.name, files))
