"""The local store of weights: the files of a checkpoint that are here, and where files belong."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from secondtake.core.files import file_fingerprint, sha256_of
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import SPECS
from secondtake.core.registry.spec import BaseSpec, Checkpoint, WeightFile
from secondtake.core.weights import INDEX, FetchedFile, read_manifest, shard_keys, shard_names
from secondtake.runner.settings import Settings


@dataclass(frozen=True)
class WeightInventory:
    """The weights of a checkpoint that are here, and those that are missing."""

    files: dict[str, FetchedFile]  # by key: whole, and the ones they should be
    records: dict[str, FetchedFile]  # by source: the first fetch of any checkpoint
    missing: tuple[WeightFile, ...]


def hub_folder(project: Project) -> Path:
    """The cache that huggingface_hub and transformers know how to read."""
    return project.hub_cache / "hub"


def repository_folder(project: Project, repository: str) -> Path:
    return hub_folder(project) / f"models--{repository.replace('/', '--')}"


def snapshot_path(project: Project, weight: WeightFile, commit: str) -> Path:
    return repository_folder(project, weight.repository) / "snapshots" / commit / weight.file


def blob_path(project: Project, weight: WeightFile, etag: str) -> Path:
    return repository_folder(project, weight.repository) / "blobs" / etag


def download_path(project: Project, weight: WeightFile) -> Path:
    return project.cache / "downloads" / weight.file


def partial_path(path: Path) -> Path:
    """The path of a file until it is whole; the next fetch goes on from what a kill leaves."""
    return path.with_name(f"{path.name}.part")


def pinned_sha256(weight: WeightFile, settings: Settings) -> str:
    """The hash that was known beforehand, "" if none was."""
    return settings.pins.get(weight.source) or weight.sha256


def pinned_git_id(weight: WeightFile, settings: Settings) -> str:
    """The id of its git blob that was known beforehand, "" if none was, or a hash is given."""
    return "" if settings.pins.get(weight.source) else weight.git_id


def inventory(
    project: Project, model: BaseSpec, checkpoint: Checkpoint, settings: Settings
) -> WeightInventory:
    """The weights that lie here whole. A file is read only if the disk says that it changed."""
    records = _records(project, model, checkpoint)
    files, wanted = {}, list(checkpoint.weights)
    for weight in wanted:  # which grows: an index is followed by its shards
        record, pinned = _expected_record(weight, records, settings)
        if record and _is_whole(project, record):
            stamp = file_fingerprint(project.cache / record.path)
            files[weight.key] = replace(record, key=weight.key, pinned=pinned, stamp=stamp)
            wanted += _shards(project, weight, record)
    # Libraries look for the files of a model in one folder, so those of another repository count
    # if the whole folder was fetched from there.
    own = {_folder(w) for w in wanted if w.key not in files or _is_own(w, files[w.key])}
    for weight in wanted:
        if _folder(weight) in own and not _is_own(weight, files.get(weight.key)):
            files.pop(weight.key, None)
    missing = [weight for weight in wanted if weight.key not in files]
    # Optional weights are fetched first; once a required one is here, their absence is settled.
    if files and all(weight.optional for weight in missing):
        missing = []
    return WeightInventory(files, records, tuple(missing))


def recorded_variant(weight: WeightFile, records: Mapping[str, FetchedFile]) -> WeightFile | None:
    """The file by the name that it was first fetched by; None if it was not yet."""
    return next((variant for variant in weight.variants if variant.source in records), None)


def _expected_record(
    weight: WeightFile, records: Mapping[str, FetchedFile], settings: Settings
) -> tuple[FetchedFile | None, bool]:
    """The record of the file that a weight should be, and True if its hash is pinned.

    A pinned hash tells a file that was fetched from another repository, or from the same one
    under a former name.
    """
    if variant := recorded_variant(weight, records):
        record, pinned = records[variant.source], pinned_sha256(variant, settings)
        return (record if record.sha256 == (pinned or record.sha256) else None), bool(pinned)
    pinned = pinned_sha256(weight, settings)
    same = (record for record in records.values() if record.sha256 == pinned)
    return next(same, None), bool(pinned)


def _shards(project: Project, weight: WeightFile, index: FetchedFile) -> list[WeightFile]:
    """The files that a fetched index lists, at its commit; none if it is no index."""
    if not index.path.endswith(INDEX):
        return []
    names = shard_names(project.cache / index.path)
    each = weight.bytes // len(names) if weight.bytes else None  # an index does not say more
    file = PurePosixPath(index.source.removeprefix(f"{weight.repository}/"))
    return [
        WeightFile(key, str(file.with_name(name)), weight.repository, index.revision, bytes=each)
        for key, name in zip(shard_keys(weight.key), names, strict=False)
    ]


def _folder(weight: WeightFile) -> str:
    return weight.source.rpartition("/")[0]


def _is_own(weight: WeightFile, file: FetchedFile | None) -> bool:
    """True if it was fetched from the weight's own repository."""
    return file is not None and file.source in (each.source for each in weight.variants)


def manifests_naming(project: Project, beginning: str) -> list[Path]:
    """The manifests that record files whose source begins so: to forget the files, remove these."""
    return [
        project.weights_manifest(model.name, checkpoint.name)
        for model in SPECS.values()
        for checkpoint in model.checkpoints
        if any(f.source.startswith(beginning) for f in _manifest_files(project, model, checkpoint))
    ]


def _records(project: Project, model: BaseSpec, checkpoint: Checkpoint) -> dict[str, FetchedFile]:
    """Checkpoints share files: a record of one holds for all, its own manifest first."""
    pairs = [(other, sibling) for other in SPECS.values() for sibling in other.checkpoints]
    pairs.append((model, checkpoint))  # the last record of a source holds
    return {file.source: file for pair in pairs for file in _manifest_files(project, *pair)}


def _manifest_files(project: Project, model: BaseSpec, checkpoint: Checkpoint) -> list[FetchedFile]:
    manifest = read_manifest(project, model.name, checkpoint.name)
    return list(manifest.files.values()) if manifest else []


def _is_whole(project: Project, record: FetchedFile) -> bool:
    path = project.cache / record.path
    try:
        if file_fingerprint(path) == record.stamp:
            return True
        return path.stat().st_size == record.bytes and sha256_of(path) == record.sha256
    except OSError:
        return False
