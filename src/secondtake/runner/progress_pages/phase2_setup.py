"""Phase 2: the set-up, that is every model's environment and weights on this machine."""

from dataclasses import dataclass
from pathlib import Path

from secondtake.core.environ import environment_lock_hash
from secondtake.core.files import sha256_of
from secondtake.core.outcomes import Outcome
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import JUDGES
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, ModelSpec, WeightFile
from secondtake.core.weights import FetchedFile, Manifest, read_manifest
from secondtake.runner.progress_pages import remedies
from secondtake.runner.progress_pages.rendering import render_template
from secondtake.runner.progress_pages.sections import Page, overall
from secondtake.runner.progress_pages.survey import SongStatus

ANALYSIS = "analysis"


@dataclass(frozen=True)
class CheckpointStatus:
    """One checkpoint that the song needs, and what there is of it."""

    model: ModelSpec
    checkpoint: Checkpoint
    environment: str  # as environment_state says
    manifest: Manifest | None
    missing: tuple[str, ...]  # keys of files that are not on this disk as they were fetched
    blocked: Outcome | None  # of a job that the last run could not begin

    @property
    def ready(self) -> bool:
        return self.environment == "built" and not self.missing

    def fetched(self, weight: WeightFile) -> FetchedFile | None:
        """A weight file as the manifest knows it."""
        return self.manifest.files.get(weight.key) if self.manifest else None

    @property
    def shards(self) -> list[FetchedFile]:
        """The fetched files that an index lists."""
        return _shards(self.checkpoint, self.manifest)


@dataclass(frozen=True)
class EnvironmentStatus:
    """One environment and the lock that it is built from."""

    name: str
    purpose: str
    state: str  # as environment_state says
    lock: Path
    lock_sha256: str  # "" where the lock is missing


@dataclass(frozen=True)
class SetupPage(Page):
    """Context of phase2_setup.md.j2."""

    checkpoints: list[CheckpointStatus]
    environments: list[EnvironmentStatus]

    @property
    def unready_models(self) -> str:
        """The names of the models that no run is about to set up, as `--models` takes them."""
        needs = (need for need in self.checkpoints if not need.ready)
        unready = (need.model.name for need in needs if need.model.title not in self.status.coming)
        return ",".join(dict.fromkeys(unready))

    def remedy(self, need: CheckpointStatus) -> remedies.Remedy:
        """The remedy against what blocks a checkpoint."""
        code = need.blocked.code if need.blocked else ""
        return remedies.remedy(self.status, need.model, need.checkpoint, code, "")


def render(status: SongStatus) -> str:
    """The page."""
    checkpoints = checkpoint_statuses(status)
    ready = sum(need.ready for need in checkpoints)
    blocked = sum(bool(need.blocked) and not need.ready for need in checkpoints)
    word = overall(ready, blocked, len(checkpoints))
    purposes = {need.model.name: need.model.title for need in checkpoints}
    purposes[ANALYSIS] = "checks, comparison and plots"
    for judge in JUDGES.values():  # optional: only those that are here
        if status.project.environment(judge.name).is_symlink():
            purposes[judge.name] = f"judge {judge.title}: {judge.asks}"
    environments = [_environment(status.project, *item) for item in purposes.items()]
    page = SetupPage(status, word, checkpoints, environments)
    return render_template("phase2_setup.md.j2", page)


def environment_state(project: Project, name: str) -> str:
    """One of no lock, absent, foreign, stale, and built: made from the lock as it is now."""
    lock, link = project.lock(name), project.environment(name)
    if not lock.is_file():
        return "no lock"
    if not link.exists():
        return "absent"
    lock_hash = environment_lock_hash(str(link))
    if not link.is_symlink() or not lock_hash:
        return "foreign"
    return "built" if lock_hash == sha256_of(lock) else "stale"


def checkpoint_statuses(status: SongStatus) -> list[CheckpointStatus]:
    """The checkpoints that the song's jobs ask for, in the order of the registry."""
    names = dict.fromkeys((entry.job.model, entry.job.checkpoint) for entry in status.jobs)
    return [
        _checkpoint_status(status, MODELS[model], MODELS[model].checkpoint(checkpoint))
        for model, checkpoint in names
    ]


def _environment(project: Project, name: str, purpose: str) -> EnvironmentStatus:
    lock, state = project.lock(name), environment_state(project, name)
    digest = sha256_of(lock) if lock.is_file() else ""
    return EnvironmentStatus(project.environment(name).name, purpose, state, lock, digest)


def _checkpoint_status(
    status: SongStatus, model: ModelSpec, checkpoint: Checkpoint
) -> CheckpointStatus:
    manifest = read_manifest(status.project, model.name, checkpoint.name)
    files = manifest.files if manifest else {}
    missing = [
        weight.key
        for weight in checkpoint.weights
        if not weight.optional and not _is_there(status.project, files.get(weight.key))
    ]
    shards = _shards(checkpoint, manifest)
    missing += [file.key for file in shards if not _is_there(status.project, file)]
    blocked = (entry for entry in status.with_state("blocked") if entry.job.model == model.name)
    outcome = next((entry.outcome for entry in blocked if entry.outcome), None)
    state = environment_state(status.project, model.name)
    return CheckpointStatus(model, checkpoint, state, manifest, tuple(missing), outcome)


def _shards(checkpoint: Checkpoint, manifest: Manifest | None) -> list[FetchedFile]:
    keys = {weight.key for weight in checkpoint.weights}
    return [file for key, file in manifest.files.items() if key not in keys] if manifest else []


def _is_there(project: Project, file: FetchedFile | None) -> bool:
    """By its length alone: a worker proves the hash of all that it loads."""
    if file is None:
        return False
    path = project.cache / file.path
    return path.is_file() and path.stat().st_size == file.bytes
