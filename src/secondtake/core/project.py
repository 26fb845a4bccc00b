"""The paths of a checkout, below the folder that holds noxfile.py."""

import os
from dataclasses import dataclass
from pathlib import Path

from secondtake.core.errors import UserError

MARKER = "noxfile.py"
CACHE_VARIABLE = "SECONDTAKE_CACHE"  # moves .cache/, e.g. to a larger disk
ROOT_VARIABLE = "SECONDTAKE_ROOT"
DEFAULT_SONG = "songs/whispers_del_futuro.toml"


@dataclass(frozen=True)
class Project:
    """Paths of one checkout. Nothing here reads or writes a file."""

    root: Path

    @property
    def cache(self) -> Path:
        """Weights, converted checkpoints, features: all that can be fetched or made again."""
        folder = os.environ.get(CACHE_VARIABLE)
        if not folder:
            return self.root / ".cache"
        return (self.root / Path(folder).expanduser()).resolve()

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def hub_cache(self) -> Path:
        return self.cache / "huggingface"

    def song(self, file: str) -> Path:
        """A song file as people name it: from the folder they stand in, else from the project."""
        path = Path(file).absolute()
        try:
            return path if path.exists() else self.root / file
        except OSError:  # a name that no file can have
            return self.root / file

    def script(self, model: str) -> Path:
        return self.root / "scripts" / f"generate_{model}.py"

    def requirements(self, environment: str) -> Path:
        return self.root / "requirements" / f"{environment}.txt"

    def lock(self, environment: str) -> Path:
        return self.root / "requirements" / f"{environment}.lock"

    def environment(self, environment: str) -> Path:
        """The link that people type: venv-bark, venv-stable-audio, …"""
        return self.root / f"venv-{environment.replace('_', '-')}"

    def python(self, environment: str) -> Path:
        return self.environment(environment) / "bin" / "python"

    def weights_manifest(self, model: str, checkpoint: str) -> Path:
        """The list of a checkpoint's fetched files, with hashes (secondtake.core.weights)."""
        return self.cache / "weights" / f"{model}-{checkpoint}.json"

    def relative(self, path: Path) -> str:
        """`path` as people see it: relative to the project where it lies inside."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def find_project(start: Path | None = None) -> Project:
    """The project of SECONDTAKE_ROOT, of `start`, or of the folder we stand in."""
    root = os.environ.get(ROOT_VARIABLE)
    inside = Path(root) if root else (start or Path.cwd())
    for folder in [inside.resolve(), *inside.resolve().parents]:
        if (folder / MARKER).is_file() and (folder / "songs").is_dir():
            return Project(folder)
    raise UserError(
        f"{inside} is not inside a secondtake project (no folder above it holds {MARKER} and "
        f"songs/); change into the project, or set {ROOT_VARIABLE} to it"
    )
