"""The fetched files of a checkpoint: the manifest that workers load from, and its checks.

Large files may be cut into shards. An index lists their names; "model" is then the index, and
"model1", "model2"… are the shards, in the order of their names.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.files import file_fingerprint, sha256_of
from secondtake.core.project import Project
from secondtake.core.registry.spec import BaseSpec, Checkpoint
from secondtake.core.serialization import (
    JsonFileError,
    from_dict,
    read_checked,
    read_json,
    write_checked,
)
from secondtake.core.validation import shorten_repr

FORMAT = 1  # of a manifest; the first had no number and no checksum
INDEX = ".index.json"  # the end of an index's name
SHARD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(?:safetensors|bin)")


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
        """By key. Without indexes, which say where tensors lie, and nothing of what they are."""
        files = sorted(self.files.items())
        return {key: file.sha256 for key, file in files if not file.path.endswith(INDEX)}

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

    def parts(self, key: str) -> tuple[str, ...]:
        """The keys of the files that hold a key's tensors: its own, or those of its shards."""
        if not self.paths[key].name.endswith(INDEX):
            return (key,)
        return tuple(takewhile(self.paths.__contains__, shard_keys(key)))

    def files(self, key: str) -> tuple[Path, ...]:
        """The file of a key, or, if that is an index, the shards that it lists."""
        return tuple(self.paths[part] for part in self.parts(key))

    def sha256(self, key: str) -> str:
        """One hash of all the files of a key: a single file's own."""
        hashes = [self.hashes[part] for part in self.parts(key)]
        return (
            hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
        )


def shard_keys(key: str) -> Iterator[str]:
    """The keys of a file's shards, without end."""
    return (f"{key}{number}" for number in count(1))


def shard_names(index: Path) -> tuple[str, ...]:
    """The names of the shards that an index lists, sorted; they lie in its folder.

    ModelError bad_weights if it is no index, or names anything else than files of its own format
    (model.safetensors.index.json: .safetensors).
    """
    ending = Path(index.name.removesuffix(INDEX)).suffix

    def parse(value: Any) -> tuple[str, ...]:
        names = set(value["weight_map"].values())
        for name in names:
            if not SHARD.fullmatch(name) or not name.endswith(ending):
                raise ValueError(f"{shorten_repr(name)} is no shard of it")
        if not names:
            raise ValueError("it names no file")
        return tuple(sorted(names))

    try:
        return read_json(index, parse)
    except JsonFileError as error:
        hint = "it is not one that its publisher's own programs could load: report it"
        raise ModelError("bad_weights", f"{index} is no index of shards: {error}", hint) from None


def read_manifest(project: Project, model: str, checkpoint: str) -> Manifest | None:
    """The manifest of the fetched files, or None if there is none that can be read."""

    def parse(value: Any) -> Manifest:
        files = {key: from_dict(FetchedFile, file) for key, file in value["files"].items()}
        return Manifest(model, checkpoint, files)

    try:
        return read_checked(project.weights_manifest(model, checkpoint), FORMAT, parse)
    except JsonFileError:
        return None


def write_manifest(project: Project, manifest: Manifest) -> None:
    path = project.weights_manifest(manifest.model, manifest.checkpoint)
    files = {key: asdict(file) for key, file in manifest.files.items()}
    write_checked(path, {"format": FORMAT, "files": files})


def verified_weights(project: Project, model: BaseSpec, checkpoint: Checkpoint) -> Weights:
    """The checkpoint's files, each proven to be the fetched one (read again only if it changed).

    ModelError bad_weights names the file and the command that fetches it.
    """
    remedy = f"type: {model.fetch_command}"
    if not checkpoint.weights:
        return Weights({}, {}, project.cache)
    manifest = read_manifest(project, model.name, checkpoint.name)
    if manifest is None:
        is_there = project.weights_manifest(model.name, checkpoint.name).exists()
        why = "the manifest of its weights is damaged" if is_there else "weights were not fetched"
        raise ModelError("bad_weights", f"{checkpoint.title}: {why}", remedy)
    for weight in checkpoint.weights:
        if weight.key in manifest.files:
            _check(project, manifest.files[weight.key], remedy)
            _check_shards(project, manifest, weight.key, remedy)
        elif not weight.optional:
            raise ModelError("bad_weights", f"{weight.source} was not fetched", remedy)
    return manifest.weights(project)


def _check_shards(project: Project, manifest: Manifest, key: str, remedy: str) -> None:
    index = manifest.files[key]
    if not index.path.endswith(INDEX):
        return
    for shard_key, name in zip(
        shard_keys(key), shard_names(project.cache / index.path), strict=False
    ):
        shard = manifest.files.get(shard_key)
        if shard is None or Path(shard.path).name != name:
            raise ModelError("bad_weights", f"{name} of {index.source} was not fetched", remedy)
        _check(project, shard, remedy)


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
