"""What of a checkpoint lies on this disk already, and where its files belong."""

from dataclasses import dataclass, replace
from pathlib import Path

from secondtake.core.files import sha256_of
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, Model, Weight
from secondtake.core.weights import Fetched, read_manifest, stamp_of
from secondtake.runner.settings import Settings


@dataclass(frozen=True)
class Holdings:
    """What is known of a checkpoint's weights."""

    files: dict[str, Fetched]  # by key: whole, and the ones they should be
    records: dict[str, Fetched]  # by source: the first fetch of any checkpoint
    missing: tuple[Weight, ...]


def hub_folder(project: Project) -> Path:
    """The cache that huggingface_hub and transformers know how to read."""
    return project.hub_cache / "hub"


def repository_folder(project: Project, repository: str) -> Path:
    return hub_folder(project) / f"models--{repository.replace('/', '--')}"


def snapshot_path(project: Project, weight: Weight, commit: str) -> Path:
    return repository_folder(project, weight.repository) / "snapshots" / commit / weight.file


def blob_path(project: Project, weight: Weight, etag: str) -> Path:
    return repository_folder(project, weight.repository) / "blobs" / etag


def plain_path(project: Project, weight: Weight) -> Path:
    return project.cache / "downloads" / weight.file


def part_of(path: Path) -> Path:
    """Where a file grows until it is whole; the next fetch goes on from what a kill leaves."""
    return path.with_name(f"{path.name}.part")


def pinned_sha256(weight: Weight, settings: Settings) -> str:
    """The hash that was known beforehand, "" if none was."""
    return settings.pins.get(weight.source) or weight.sha256


def take_stock(
    project: Project, model: Model, checkpoint: Checkpoint, settings: Settings
) -> Holdings:
    """What lies here whole. A file is read only if the disk says that it changed."""
    records = _records(project, model, checkpoint)
    files = {}
    for weight in checkpoint.weights:
        record = records.get(weight.source)
        pinned = pinned_sha256(weight, settings)
        if record and record.sha256 == (pinned or record.sha256) and _is_whole(project, record):
            stamp = stamp_of(project.cache / record.path)
            files[weight.key] = replace(record, key=weight.key, pinned=bool(pinned), stamp=stamp)
    missing = [weight for weight in checkpoint.weights if weight.key not in files]
    # Optional weights are fetched first; once a required one is here, their absence is settled.
    if files and all(weight.optional for weight in missing):
        missing = []
    return Holdings(files, records, tuple(missing))


def manifests_naming(project: Project, beginning: str) -> list[Path]:
    """The manifests that record files whose source begins so: what to remove to forget them."""
    return [
        project.weights_manifest(model.name, checkpoint.name)
        for model in MODELS.values()
        for checkpoint in model.checkpoints
        if any(f.source.startswith(beginning) for f in _manifest_files(project, model, checkpoint))
    ]


def _records(project: Project, model: Model, checkpoint: Checkpoint) -> dict[str, Fetched]:
    """Checkpoints share files: what one has recorded holds for all, its own manifest first."""
    records: dict[str, Fetched] = {}
    for other in MODELS.values():
        for sibling in other.checkpoints:
            records |= {file.source: file for file in _manifest_files(project, other, sibling)}
    own = _manifest_files(project, model, checkpoint)
    return records | {file.source: file for file in own}


def _manifest_files(project: Project, model: Model, checkpoint: Checkpoint) -> list[Fetched]:
    manifest = read_manifest(project, model.name, checkpoint.name)
    return list(manifest.files.values()) if manifest else []


def _is_whole(project: Project, record: Fetched) -> bool:
    path = project.cache / record.path
    try:
        if stamp_of(path) == record.stamp:
            return True
        return path.stat().st_size == record.bytes and sha256_of(path) == record.sha256
    except OSError:
        return False
