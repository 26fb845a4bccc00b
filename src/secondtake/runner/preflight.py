"""May this checkpoint run here? Asked before anything heavy is built or fetched.

The order is that of what a person can do about it: the network, the token, the terms, the disk,
the memory. What is fetched already needs none of the first three.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from secondtake.core.errors import ModelError
from secondtake.core.project import Project
from secondtake.core.registry.spec import GIB, Checkpoint, Model, Weight
from secondtake.runner.estimates import forecast
from secondtake.runner.hub.store import Holdings, blob_path, part_of, plain_path, take_stock
from secondtake.runner.machine import available_memory_bytes, disk_of, free_disk_bytes
from secondtake.runner.settings import Settings

if TYPE_CHECKING:
    from secondtake.runner.hub.client import Remote

MARGIN_BYTES = GIB  # takes, logs, and what the system itself wants to write


@dataclass(frozen=True)
class Download:
    """One file that has to be fetched."""

    source: str
    bytes: int  # what is left of it to fetch; 0 if the other side does not say


@dataclass(frozen=True)
class Access:
    """The checkpoint may run, once these are fetched."""

    downloads: tuple[Download, ...] = ()

    @property
    def bytes(self) -> int:
        return sum(download.bytes for download in self.downloads)


def check_access(
    project: Project,
    model: Model,
    checkpoint: Checkpoint,
    settings: Settings,
    *,
    environment_built: bool = True,
) -> Access:
    """What has to be fetched before the checkpoint can run.

    ModelError no_token, bad_token, terms, network, disk or memory says what a person must do;
    bad_weights, that the hub no longer has what was fetched or pinned. Fetches nothing.
    """
    stock = take_stock(project, model, checkpoint, settings)
    downloads = _plan(project, checkpoint, settings, stock) if stock.missing else ()
    access = Access(downloads)
    converted = checkpoint.converted_bytes if stock.missing else 0
    _check_disk(project, model, access.bytes + converted, environment_built)
    _check_memory(model, checkpoint, settings)
    return access


def size_text(count: int) -> str:
    """Bytes as people read them: 5.3 GB, 240 MB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _plan(
    project: Project, checkpoint: Checkpoint, settings: Settings, stock: Holdings
) -> tuple[Download, ...]:
    from secondtake.runner.hub import client, integrity  # the hub's client is heavy

    for weight in stock.missing:
        client.check_reachable(weight, settings)
    downloads = []
    for weight in stock.missing:
        remote = integrity.ask(project, weight, checkpoint, settings, stock.records)
        if remote is not None:
            left = max(0, remote.bytes - _bytes_here(project, weight, remote))
            downloads.append(Download(weight.source, left))
    return tuple(downloads)


def _bytes_here(project: Project, weight: Weight, remote: "Remote") -> int:
    """How much of a file lies here without being recorded: whole, or broken off."""
    whole = plain_path(project, weight) if weight.url else blob_path(project, weight, remote.etag)
    return max(path.stat().st_size if path.is_file() else 0 for path in (whole, part_of(whole)))


def _check_disk(project: Project, model: Model, to_keep: int, environment_built: bool) -> None:
    needs = {project.cache: to_keep}
    if not environment_built:
        needs[project.root] = needs.get(project.root, 0) + model.environment_bytes
    if not any(needs.values()):
        return
    for path in needs:
        together = sum(n for other, n in needs.items() if disk_of(other) == disk_of(path))
        needed, free = together + MARGIN_BYTES, free_disk_bytes(path)
        if together and needed > free:
            message = (
                f"{model.title} needs {size_text(needed)} of disk at {project.relative(path)}, "
                f"{size_text(free)} are free"
            )
            hint = "make room (invoke clean says what there is), or move SECONDTAKE_CACHE in .env"
            raise ModelError("disk", message, hint)


def _check_memory(model: Model, checkpoint: Checkpoint, settings: Settings) -> None:
    expected = forecast(model, checkpoint, available_memory_bytes(), low=settings.low_memory)
    if expected.hint and not settings.ignore_memory:
        raise ModelError("memory", str(expected), expected.hint)
