"""Tiny checkpoints that tests/tiny wrote, as a model's script gets them. Imported by probes too."""

import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from secondtake.core.files import file_fingerprint, sha256_of
from secondtake.core.project import Project
from secondtake.core.registry.spec import BaseSpec, Checkpoint, WeightFile
from secondtake.core.weights import (
    INDEX,
    FetchedFile,
    Manifest,
    Weights,
    shard_keys,
    shard_names,
    write_manifest,
)

COMMIT = "0" * 40


def written_files(folder: Path, checkpoint: Checkpoint) -> Iterator[tuple[WeightFile, Path]]:
    """Every weight file by the first of its names that was written, shards after their index."""
    for weight in checkpoint.weights:
        places = ((v, folder / place) for v in weight.variants for place in (v.source, v.file))
        written, path = next((pair for pair in places if pair[1].is_file()), (None, folder))
        if written is None:
            assert weight.optional, f"{folder} has no {weight.source}"
            continue
        yield written, path
        if path.name.endswith(INDEX):
            file = PurePosixPath(written.file)
            for key, name in zip(shard_keys(weight.key), shard_names(path), strict=False):
                shard = WeightFile(key, str(file.with_name(name)), weight.repository)
                yield shard, path.with_name(name)


def weights_in(folder: Path, checkpoint: Checkpoint) -> Weights:
    """The weights of a checkpoint that lie where they were written."""
    paths = {weight.key: path for weight, path in written_files(folder, checkpoint)}
    hashes = {key: sha256_of(path) for key, path in paths.items()}
    return Weights(paths, hashes, folder / "cache")


def put_down(project: Project, model: BaseSpec, tiny: Path, *checkpoints: str) -> None:
    """Files where the hub's cache has them, and manifests as fetching would write them."""
    for checkpoint in map(model.checkpoint, checkpoints or [c.name for c in model.checkpoints]):
        files = {}
        for weight, written in written_files(tiny, checkpoint):
            repository = f"models--{weight.repository.replace('/', '--')}"
            path = project.hub_cache / "hub" / repository / "snapshots" / COMMIT / weight.file
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(written, path)
            files[weight.key] = FetchedFile(
                weight.key, str(path.relative_to(project.cache)), sha256_of(path),
                path.stat().st_size, weight.source, COMMIT, False, file_fingerprint(path),
            )  # fmt: skip
        write_manifest(project, Manifest(model.name, checkpoint.name, files))
