"""What was fetched for a checkpoint: the manifest that workers load from, and its checks."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of, write_json
from secondtake.core.project import Project
from secondtake.core.registry.spec import Checkpoint, Model
from secondtake.core.serialization import shaped


@dataclass(frozen=True)
class Fetched:
    """One weight file on this disk."""

    key: str
    path: str  # relative to the project's cache
    sha256: str
    bytes: int
    source: str
    revision: str  # the commit it came from; empty for plain addresses
    pinned: bool  # its hash was known beforehand, rather than recorded at the first fetch
    stamp: tuple[int, ...]  # how the file looked to the disk when its hash was last checked


@dataclass(frozen=True)
class Manifest:
    """Every weight file of one checkpoint."""

    model: str
    checkpoint: str
    files: Mapping[str, Fetched]

    @property
    def hashes(self) -> dict[str, str]:
        return {key: file.sha256 for key, file in sorted(self.files.items())}

    def weights(self, project: Project) -> "Weights":
        paths = {key: project.cache / file.path for key, file in self.files.items()}
        return Weights(paths, self.hashes, project.cache)


@dataclass(frozen=True)
class Weights:
    """What a model's page loads from: files by key, each proven to be what was fetched."""

    paths: Mapping[str, Path]
    hashes: Mapping[str, str]  # sha256 of each
    cache: Path  # where what is made of them is kept

    def __getitem__(self, key: str) -> Path:
        return self.paths[key]


def stamp_of(path: Path) -> tuple[int, ...]:
    """What changes when someone writes to, cuts or replaces a file, without reading it."""
    status = path.stat()
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def read_manifest(project: Project, model: str, checkpoint: str) -> Manifest | None:
    """The manifest of what was fetched, or None if nothing (readable) was."""
    path = project.weights_manifest(model, checkpoint)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        files = {key: shaped(Fetched, file) for key, file in value["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return Manifest(model, checkpoint, files)


def write_manifest(project: Project, manifest: Manifest) -> None:
    path = project.weights_manifest(manifest.model, manifest.checkpoint)
    files = {key: _plain(file) for key, file in manifest.files.items()}
    write_json(path, {"files": files})


def checked_weights(project: Project, model: Model, checkpoint: Checkpoint) -> Weights:
    """The checkpoint's files, every file proven to be what was fetched.

    A file is read again only if the disk says that it changed since the last time.
    ModelError bad_weights names the file and the command that fetches it.
    """
    remedy = f"type: invoke fetch --models {model.name}"
    if not checkpoint.weights:
        return Weights({}, {}, project.cache)
    manifest = read_manifest(project, model.name, checkpoint.name)
    if manifest is None:
        raise ModelError("bad_weights", f"{checkpoint.title}: weights were not fetched", remedy)
    for weight in checkpoint.weights:
        if weight.key in manifest.files:
            _check(project, manifest.files[weight.key], remedy)
        elif not weight.optional:
            raise ModelError("bad_weights", f"{weight.source} was not fetched", remedy)
    return manifest.weights(project)


def _check(project: Project, file: Fetched, remedy: str) -> None:
    path = project.cache / file.path
    try:
        if stamp_of(path) == file.stamp:
            return
        found = sha256_of(path)
    except OSError as error:
        raise ModelError("bad_weights", f"{path}: {error.strerror}", remedy) from None
    if found != file.sha256:
        message = f"{path} is damaged: sha256 {found[:12]}… instead of {file.sha256[:12]}…"
        raise ModelError("bad_weights", message, remedy)


def _plain(file: Fetched) -> dict[str, Any]:
    return {**asdict(file), "stamp": list(file.stamp)}
