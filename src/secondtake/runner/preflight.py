"""Preflight checks of a checkpoint, before anything heavy is built or fetched.

The order is that of what a person can do about it: the platform, the network, the token, the terms,
the disk, the memory. What is fetched already needs none of the first three.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secondtake.core.errors import ModelError
from secondtake.core.formatting import format_bytes
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import GIB, BaseSpec, Checkpoint, WeightFile
from secondtake.core.weights import INDEX
from secondtake.runner.environments import is_built
from secondtake.runner.estimates import estimate_memory
from secondtake.runner.hub import store
from secondtake.runner.machine import (
    available_memory_bytes,
    check_platform,
    disk_of,
    free_disk_bytes,
)
from secondtake.runner.package_sizes import package_sizes, this_platform
from secondtake.runner.settings import Settings

if TYPE_CHECKING:
    from secondtake.runner.hub.client import RemoteFile

MARGIN_BYTES = GIB  # takes, logs, and what the system itself wants to write
BRIEF_WAIT = 10.0  # seconds that a hub may ask for before it is looked at again
ROOM_HINT = "make room (invoke clean says what there is), or move SECONDTAKE_CACHE in .env"


@dataclass(frozen=True)
class PendingDownload:
    """One file that has to be fetched."""

    source: str
    bytes: int  # what is left of it to fetch; 0 if the other side does not say


@dataclass(frozen=True)
class Preflight:
    """The downloads after which a checkpoint may run."""

    downloads: tuple[PendingDownload, ...] = ()

    @property
    def bytes(self) -> int:
        return sum(download.bytes for download in self.downloads)


def preflight(
    project: Project,
    model: BaseSpec,
    checkpoint: Checkpoint,
    settings: Settings,
    *,
    environment_built: bool = True,
) -> Preflight:
    """Check that a checkpoint can run; the files to fetch before. Fetches nothing.

    ModelError environment, no_token, bad_token, terms, network, disk or memory says what a person
    must do; bad_weights, that the hub no longer has what was fetched or pinned.
    """
    if not environment_built:
        check_platform(model.name)
    stock = store.inventory(project, model, checkpoint, settings)
    result = Preflight(_plan(project, checkpoint, settings, stock) if stock.missing else ())
    converted = 0
    if stock.missing:
        here = sum(file.bytes for file in stock.files.values())
        converted = checkpoint.conversion_bytes(here + result.bytes)
    _check_disk(project, model, result.bytes + converted, environment_built)
    _check_memory(model, checkpoint, settings)
    return result


def ready_checkpoints(project: Project, settings: Settings) -> Iterator[tuple[str, str]]:
    """Model and checkpoint, the default first, for which nothing is to be built or fetched.

    Nobody is asked.
    """
    for model in filter(lambda model: is_built(project, model.name), MODELS.values()):
        for checkpoint in sorted(model.checkpoints, key=lambda each: each is not model.default):
            if not store.inventory(project, model, checkpoint, settings).missing:
                yield model.name, checkpoint.name


def _plan(
    project: Project, checkpoint: Checkpoint, settings: Settings, stock: store.WeightInventory
) -> tuple[PendingDownload, ...]:
    from secondtake.runner.hub import client, integrity  # the hub's client is heavy

    for weight in stock.missing:
        client.check_reachable(weight, settings)
    downloads = []
    for weight in stock.missing:
        remote_file = integrity.look_up(
            project,
            weight,
            checkpoint,
            settings,
            stock.records,
            longest_wait=BRIEF_WAIT,
            patient=False,
        )
        if remote_file is None:
            continue
        variant, remote = remote_file
        left = max(0, remote.bytes - _bytes_here(project, variant, remote))
        if variant.file.endswith(INDEX):
            left += client.indexed_bytes(remote) or weight.bytes or 0  # of its shards
        downloads.append(PendingDownload(weight.source, left))
    return tuple(downloads)


def _bytes_here(project: Project, weight: WeightFile, remote: "RemoteFile") -> int:
    """The bytes of a file that lie here without being recorded: whole, or broken off."""
    if weight.url:
        whole = store.download_path(project, weight)
    else:
        whole = store.blob_path(project, weight, remote.etag)
    paths = (whole, store.partial_path(whole))
    return max(path.stat().st_size if path.is_file() else 0 for path in paths)


def _check_disk(project: Project, model: BaseSpec, to_keep: int, environment_built: bool) -> None:
    needs = {project.cache: to_keep}
    if not environment_built:
        sizes = package_sizes(project, model.name, this_platform())
        room = sum(disk for _, disk in sizes.values()) if sizes else model.environment_bytes
        needs[project.root] = needs.get(project.root, 0) + room
    if not any(needs.values()):
        return
    for path in needs:
        together = sum(n for other, n in needs.items() if disk_of(other) == disk_of(path))
        needed, free = together + MARGIN_BYTES, free_disk_bytes(path)
        if together and needed > free:
            message = f"{model.title} needs {format_bytes(needed)} of disk at "
            message += f"{project.relative(path)}, {format_bytes(free)} are free"
            raise ModelError("disk", message, ROOM_HINT)


def _check_memory(model: BaseSpec, checkpoint: Checkpoint, settings: Settings) -> None:
    expected = estimate_memory(model, checkpoint, available_memory_bytes(), low=settings.low_memory)
    if expected.hint and not settings.ignore_memory:
        raise ModelError("memory", str(expected), expected.hint)
