"""What would run here, and what stands in the way, without downloading or building anything."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.licences import explained
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, Model
from secondtake.core.weights import read_manifest
from secondtake.runner import environments, machine
from secondtake.runner.display import size
from secondtake.runner.estimates import Experience, Room, experiences, room_here, suggestion
from secondtake.runner.preflight import check_access
from secondtake.runner.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One checkpoint of one model: may it run, and if not, what would help."""

    model: str
    checkpoint: str
    default: bool
    environment: str  # built, not built
    weights: str  # fetched, none needed, 4.9 GB to fetch, …
    licence: str  # of the weights: its name
    terms: str  # what that licence says, and where
    memory_bytes: int  # it takes while it runs on the CPU
    experience: str  # how long takes of it took here; "" if none was made yet
    code: str  # "" if nothing stands in the way
    message: str
    hint: str
    suggestion: str = ""  # another checkpoint that suits this machine better

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(project: Project, settings: Settings, models: tuple[str, ...]) -> list[Finding]:
    """Ask for every checkpoint whether it may run. Takes seconds, also with no network."""
    known, room = experiences(project), room_here()
    findings: list[Finding] = []
    for model in (MODELS[name] for name in models or MODELS):
        mine = [
            _examine(project, settings, model, one, known.get((model.name, one.name)))
            for one in model.checkpoints
        ]
        findings += _with_suggestion(model, mine, room, settings)
    return findings


def _with_suggestion(
    model: Model, findings: list[Finding], room: Room, settings: Settings
) -> list[Finding]:
    """What is said of the default alone: it is what runs where nobody chooses."""
    full = frozenset(finding.checkpoint for finding in findings if finding.code == "disk")
    better = suggestion(model, model.default, room, low=settings.low_memory, no_room_for=full)
    return [replace(one, suggestion=better) if one.default else one for one in findings]


def _examine(
    project: Project,
    settings: Settings,
    model: Model,
    checkpoint: Checkpoint,
    experience: Experience | None,
) -> Finding:
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
        terms=explained(checkpoint.licence),
        memory_bytes=checkpoint.needed_memory(low=settings.low_memory),
        experience=str(experience or ""),
        code=code,
        message=message,
        hint=hint,
    )


def machine_lines(project: Project) -> list[str]:
    """What there is of processors, memory and disk, in a line each."""
    cores = machine.cores()
    others = [f"{device} ({name})" for device, name in machine.accelerators().items()]
    return [
        f"processor: {cores} core{'' if cores == 1 else 's'}; other devices: "
        f"{', '.join(others) or 'none'}",
        f"memory available: {size(machine.available_memory_bytes())}",
        f"disk free for the project: {size(machine.free_disk_bytes(project.root))}",
        f"disk free for weights: {size(machine.free_disk_bytes(project.cache))}  ({project.cache})",
    ]
