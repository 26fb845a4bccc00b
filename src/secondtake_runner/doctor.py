"""What would run here, and what stands in the way, without downloading or building anything."""

from dataclasses import asdict, dataclass
from typing import Any

from secondtake.errors import ModelError
from secondtake.model import Checkpoint, Model
from secondtake.models import MODELS
from secondtake.project import Project
from secondtake.weights import read_manifest
from secondtake_runner import environments, machine
from secondtake_runner.access import check_access
from secondtake_runner.display import size
from secondtake_runner.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One checkpoint of one model: may it run, and if not, what would help."""

    model: str
    checkpoint: str
    default: bool
    environment: str  # built, not built
    weights: str  # fetched, none needed, 4.9 GB to fetch, …
    licence: str
    memory_bytes: int  # it takes while it runs on the CPU
    code: str  # "" if nothing stands in the way
    message: str
    hint: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(project: Project, settings: Settings, models: tuple[str, ...]) -> list[Finding]:
    """Ask for every checkpoint whether it may run. Takes seconds, also with no network."""
    return [
        _examine(project, settings, MODELS[name], checkpoint)
        for name in models or tuple(MODELS)
        for checkpoint in MODELS[name].checkpoints
    ]


def _examine(project: Project, settings: Settings, model: Model, checkpoint: Checkpoint) -> Finding:
    built = environments.is_built(project, model.name)
    manifest = read_manifest(project, model.name, checkpoint.name)
    fetched = "fetched" if manifest else "not fetched"
    weights = fetched if checkpoint.weights else "none needed"
    code, message, hint = "", "", ""
    try:
        access = check_access(project, model, checkpoint, settings, environment_built=built)
        if access.downloads:
            weights = f"{size(access.bytes)} to fetch"
    except ModelError as error:
        code, message, hint = error.code, error.message, error.hint
    return Finding(
        model=model.name,
        checkpoint=checkpoint.name,
        default=checkpoint is model.default,
        environment="built" if built else "not built",
        weights=weights,
        licence=checkpoint.licence,
        memory_bytes=checkpoint.needed_memory(low=settings.low_memory),
        code=code,
        message=message,
        hint=hint,
    )


def machine_lines(project: Project) -> list[str]:
    """What there is of memory and disk, in a line each."""
    return [
        f"memory available: {size(machine.available_memory_bytes())}",
        f"disk free for the project: {size(machine.free_disk_bytes(project.root))}",
        f"disk free for weights: {size(machine.free_disk_bytes(project.cache))}  ({project.cache})",
    ]
