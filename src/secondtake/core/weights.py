"""The fetched files of a checkpoint: the manifest that workers load from, and its checks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.files import file_fingerprint, sha256_of, write_json
from secondtake.core.project import Project
from secondtake.core.registry.spec import Checkpoint, ModelSpec
from secondtake.core.serialization import JsonFileError, from_dict, read_json


@dataclass(frozen=True)
class FetchedFile:
    """One weight file on this disk."""

    key: str
    path: str  # relative to the project's cache
    sha256: str
    bytes: int
    source: str
    revision: str  # the commit it came from; empty for plain addresses
    pinned: bool  # its hash was known beforehand, not recorded at the first fetch
    stamp: tuple[int, ...]  # its file_fingerprint when its hash was last checked


@dataclass(frozen=True)
class Manifest:
    """Every weight file of one checkpoint."""

    model: str
    checkpoint: str
    files: Mapping[str, FetchedFile]

    @property
    def hashes(self) -> dict[str, str]:
        return {key: file.sha256 for key, file in sorted(self.files.items())}

    def weights(self, project: Project) -> "Weights":
        paths = {key: project.cache / file.path for key, file in self.files.items()}
        return Weights(paths, self.hashes, project.cache)


@dataclass(frozen=True)
class Weights:
    """The files that a model's script loads, by key, each proven to be the fetched one."""

    paths: Mapping[str, Path]
    hashes: Mapping[str, str]  # sha256 of each
    cache: Path  # folder of what is derived from them

    def __getitem__(self, key: str) -> Path:
        return self.paths[key]


def read_manifest(project: Project, model: str, checkpoint: str) -> Manifest | None:
    """The manifest of the fetched files, or None if there is none that can be read."""

    def parse(value: Any) -> Manifest:
        files = {key: from_dict(FetchedFile, file) for key, file in value["files"].items()}
        return Manifest(model, checkpoint, files)

    try:
        return read_json(project.weights_manifest(model, checkpoint), parse)
    except JsonFileError:
        return None


def write_manifest(project: Project, manifest: Manifest) -> None:
    path = project.weights_manifest(manifest.model, manifest.checkpoint)
    write_json(path, {"files": {key: asdict(file) for key, file in manifest.files.items()}})


def verified_weights(project: Project, model: ModelSpec, checkpoint: Checkpoint) -> Weights:
    """The checkpoint's files, each proven to be the fetched one (read again only if it changed).

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


def _check(project: Project, file: FetchedFile, remedy: str) -> None:
    path = project.cache / file.path
    try:
        if file_fingerprint(path) == file.stamp:
            return
        actual = sha256_of(path)
    except OSError as error:
        raise ModelError("bad_weights", f"{path}: {error.strerror}", remedy) from None
    if actual != file.sha256:
        message = f"{path} is damaged: sha256 {actual[:12]}… instead of {file.sha256[:12]}…"
        raise ModelError("bad_weights", message, remedy)
