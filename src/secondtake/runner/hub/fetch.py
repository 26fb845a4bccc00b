"""Fetches a checkpoint's weights into the project's cache, and proves every one of them."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from secondtake.core.errors import ModelError
from secondtake.core.files import write_text
from secondtake.core.generate import Progress
from secondtake.core.project import CACHE_VARIABLE, Project
from secondtake.core.registry.spec import Checkpoint, Model
from secondtake.core.weights import Fetched, Manifest, read_manifest, write_manifest
from secondtake.runner.hub.store import repository_folder, take_stock
from secondtake.runner.settings import Settings


def silent(source: str, done: int, total: int) -> None:
    """The progress of a fetch that no one watches."""


def fetch(
    project: Project,
    model: Model,
    checkpoint: Checkpoint,
    settings: Settings,
    progress: Progress = silent,
) -> Manifest:
    """Fetch what is missing or damaged; the manifest of all. Nothing missing: no network.

    progress hears source, bytes so far, bytes in all (0: unknown).
    ModelError as of `check_access`, and bad_weights if a file is not the one it should be. What
    was fetched until then is recorded, and what is half here is gone on from.
    """
    if not checkpoint.weights:
        return Manifest(model.name, checkpoint.name, {})
    try:
        with _alone(project):
            return _fetch(project, model, checkpoint, settings, progress)
    except OSError as error:
        place = error.filename or project.cache
        message = f"{place}: {error.strerror or error}"
        hint = f"make room there, or set {CACHE_VARIABLE} in .env to a folder that you can write to"
        raise ModelError("disk", message, hint) from None


def _fetch(
    project: Project, model: Model, checkpoint: Checkpoint, settings: Settings, progress: Progress
) -> Manifest:
    stock = take_stock(project, model, checkpoint, settings)
    files, records = dict(stock.files), dict(stock.records)
    # A damaged file's record stays until the file is here again: it says which one that must be.
    before = read_manifest(project, model.name, checkpoint.name)
    kept = dict(before.files) if before else {}
    if stock.missing:
        from secondtake.runner.hub.client import check_reachable  # the hub's client is heavy
        from secondtake.runner.hub.download import Transfer

        for weight in stock.missing:
            check_reachable(weight, settings)
        transfer = Transfer(project, checkpoint, settings, records, progress)
        # Optional ones first: where a required one is, an optional one's absence is settled.
        for weight in sorted(stock.missing, key=lambda weight: not weight.optional):
            fetched = transfer.get(weight)
            if fetched is not None:
                files[weight.key] = records[weight.source] = fetched
                # After every file, so that a kill forgets no hash that was trusted.
                write_manifest(project, Manifest(model.name, checkpoint.name, kept | files))
    manifest = Manifest(model.name, checkpoint.name, files)
    write_manifest(project, manifest)
    _name_revisions(project, checkpoint, files)
    return manifest


def _name_revisions(project: Project, checkpoint: Checkpoint, files: Mapping[str, Fetched]) -> None:
    """Let refs/main say which commit lies here: libraries offline find a repository by it."""
    for weight in checkpoint.weights:
        file = files.get(weight.key)
        if file and weight.repository and file.revision != weight.revision:
            refs = repository_folder(project, weight.repository) / "refs"
            write_text(refs / weight.revision, file.revision)


@contextmanager
def _alone(project: Project) -> Iterator[None]:
    """Wait until no other process fetches into this cache; a killed one no longer does."""
    folder = project.cache / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
