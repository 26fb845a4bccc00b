"""Fetch a checkpoint's weights into the project's cache; every file is checked by its hash."""

from collections.abc import Iterator
from contextlib import contextmanager

from secondtake.core.checkout import CACHE_VARIABLE
from secondtake.core.errors import ModelError
from secondtake.core.files import write_text
from secondtake.core.generate import Progress
from secondtake.core.project import Project
from secondtake.core.registry.spec import MAIN, BaseSpec, Checkpoint
from secondtake.core.run_lock import cache_lock
from secondtake.core.weights import INDEX, FetchedFile, Manifest, read_manifest, write_manifest
from secondtake.runner.hub.store import inventory, repository_folder
from secondtake.runner.settings import Settings


def no_progress(source: str, done: int, total: int) -> None:
    """Progress that is not shown."""


def fetch(
    project: Project,
    model: BaseSpec,
    checkpoint: Checkpoint,
    settings: Settings,
    progress: Progress = no_progress,
) -> Manifest:
    """Fetch what is missing or damaged; the manifest of all. Nothing missing: no network.

    progress gets source, bytes so far, bytes in all (0: unknown).
    ModelError as of `preflight`, and bad_weights if a file is not the one it should be. Files
    fetched until then are recorded, and the next fetch continues a file that is half here.
    """
    if not checkpoint.weights:
        return Manifest(model.name, checkpoint.name, {})
    with _locked_cache(project):
        files = _fetch_missing(project, model, checkpoint, settings, progress)
        if any(file.path.endswith(INDEX) for file in files.values()):
            # What its indexes list is known only now.
            files = _fetch_missing(project, model, checkpoint, settings, progress)
        manifest = Manifest(model.name, checkpoint.name, files)
        write_manifest(project, manifest)
        _name_revisions(project, checkpoint, manifest)
        return manifest


def _fetch_missing(
    project: Project,
    model: BaseSpec,
    checkpoint: Checkpoint,
    settings: Settings,
    progress: Progress,
) -> dict[str, FetchedFile]:
    """Fetch what is known to be missing; every file that is here then, by key."""
    stock = inventory(project, model, checkpoint, settings)
    files, records = dict(stock.files), dict(stock.records)
    # A damaged file's record stays until the file is here again: it says which that must be.
    before = read_manifest(project, model.name, checkpoint.name)
    recorded = dict(before.files) if before else {}
    if stock.missing:
        from secondtake.runner.hub.client import check_reachable  # the hub's client is heavy
        from secondtake.runner.hub.download import Downloader

        for weight in stock.missing:
            check_reachable(weight, settings)
        downloader = Downloader(project, checkpoint, settings, records, progress)
        # Optional ones first: where a required one is, an optional one's absence is settled.
        for weight in sorted(stock.missing, key=lambda weight: not weight.optional):
            if fetched := downloader.fetch(weight):
                files[weight.key] = records[fetched.source] = fetched
                # After every file, so that a kill forgets no hash that was trusted.
                write_manifest(project, Manifest(model.name, checkpoint.name, recorded | files))
    return files


def _name_revisions(project: Project, checkpoint: Checkpoint, manifest: Manifest) -> None:
    """Write the commit that lies here to refs/main: offline, libraries find a repository by it."""
    for weight in checkpoint.weights:
        file = manifest.files.get(weight.key)
        if file and weight.repository and file.source.startswith(f"{weight.repository}/"):
            refs = repository_folder(project, weight.repository) / "refs"
            write_text(refs / MAIN, file.revision)


@contextmanager
def _locked_cache(project: Project) -> Iterator[None]:
    """Wait until nobody else fetches into this cache. OSError becomes ModelError disk."""
    try:
        with cache_lock(project):
            yield
    except OSError as error:
        message = f"{error.filename or project.cache}: {error.strerror or error}"
        hint = f"make room there, or set {CACHE_VARIABLE} in .env to a folder that you can write to"
        raise ModelError("disk", message, hint) from None
