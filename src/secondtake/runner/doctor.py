"""A report on every checkpoint: may it run here, and if not, why. Downloads and builds nothing."""

from dataclasses import dataclass, replace

from secondtake.core.errors import ModelError
from secondtake.core.formatting import format_bytes, plural
from secondtake.core.licences import explain_licence
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import JUDGES, chosen_judges
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import BaseSpec, Checkpoint
from secondtake.core.weights import read_manifest
from secondtake.runner import environments, machine
from secondtake.runner.costs import Cost, cost_of
from secondtake.runner.estimates import (
    TimingHistory,
    machine_resources,
    suggest_checkpoint,
    timing_histories,
)
from secondtake.runner.graphics_cards import graphics_memories
from secondtake.runner.preflight import preflight
from secondtake.runner.settings import Settings


@dataclass(frozen=True)
class CheckpointReport:
    """One checkpoint: may it run, and if not, what would help. The fields are JSON keys."""

    kind: str  # model; judge, which is optional
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
    cost: Cost
    suggestion: str = ""  # another checkpoint that suits this machine better

    def to_json(self) -> dict[str, object]:
        return {**vars(self), "cost": self.cost.to_json()}


def diagnose(
    project: Project, settings: Settings, models: tuple[str, ...]
) -> list[CheckpointReport]:
    """A report on every checkpoint of the models, all of them or the named, and on the judges.

    Takes seconds, also with no network.
    """
    histories, resources = timing_histories(project), machine_resources()
    reports: list[CheckpointReport] = []
    for model in (MODELS[name] for name in models or MODELS):
        of_model = [
            _diagnose(project, settings, "model", model, c, histories.get((model.name, c.name)))
            for c in model.checkpoints
        ]
        full = frozenset(report.checkpoint for report in of_model if report.code == "disk")
        low = settings.low_memory
        better = suggest_checkpoint(model, model.default, resources, low=low, no_room_for=full)
        # For the default alone: it is what runs where nobody chooses.
        reports += [replace(r, suggestion=better) if r.default else r for r in of_model]
    chosen = {} if models else chosen_judges()
    for name, checkpoint in chosen.items():
        judge = JUDGES[name]
        reports.append(_diagnose(project, settings, "judge", judge, judge.checkpoint(checkpoint)))
    return reports


def _diagnose(
    project: Project,
    settings: Settings,
    kind: str,
    model: BaseSpec,
    checkpoint: Checkpoint,
    history: TimingHistory | None = None,
) -> CheckpointReport:
    built = environments.is_built(project, model.name)
    manifest = read_manifest(project, model.name, checkpoint.name)
    fetched = "fetched" if manifest else "not fetched"
    weights = fetched if checkpoint.weights else "none needed"
    code, message, hint = "", "", ""
    result = None
    try:
        result = preflight(project, model, checkpoint, settings, environment_built=built)
        if result.downloads:
            weights = f"{format_bytes(result.bytes)} to fetch"
    except ModelError as error:
        code, message, hint = error.code, error.message, error.hint
    return CheckpointReport(
        kind=kind,
        model=model.name,
        checkpoint=checkpoint.name,
        default=checkpoint is model.default,
        environment="built" if built else "not built",
        weights=weights,
        licence=checkpoint.licence,
        terms=explain_licence(checkpoint.licence),
        memory_bytes=checkpoint.needed_memory(low=settings.low_memory),
        experience=str(history or ""),
        code=code,
        message=message,
        hint=hint,
        cost=cost_of(project, settings, model, checkpoint, history, access=result),
    )


def machine_lines(project: Project) -> list[str]:
    """The processors, the memory and the disks, in a line each."""
    others = [f"{memory.device} ({memory})" for memory in graphics_memories()]
    memory = format_bytes(machine.available_memory_bytes())
    project_disk, cache_disk = (
        format_bytes(machine.free_disk_bytes(path)) for path in (project.root, project.cache)
    )
    devices = ", ".join(others) or "none"
    faults = [
        f"■ {name}: {fault[0]}\n    → {fault[1]}"
        for name in (environments.ANALYSIS, *JUDGES)
        if (fault := machine.platform_fault(name))
    ]
    return [
        f"processor: {plural(machine.cores(), 'core')}; other devices: {devices}",
        f"memory available: {memory}",
        f"disk free for the project: {project_disk}",
        f"disk free for weights: {cache_disk}  ({project.cache})",
        *faults,
    ]
