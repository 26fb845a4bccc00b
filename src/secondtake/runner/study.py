"""A study: plan a song's takes, check which models may run, generate with those.

A model that cannot run never stops the others. The outcome of every job is written down
(secondtake.core.outcomes) as soon as it is known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from secondtake.core.errors import BLOCKING, Exit, ModelError, UserError
from secondtake.core.jobs import Job
from secondtake.core.outcomes import Outcome, Status, read_outcomes, record_outcomes
from secondtake.core.plan import Request, plan, stale_reason
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.song import Song
from secondtake.runner import programs, scheduler
from secondtake.runner.display import Display
from secondtake.runner.settings import Settings

FINISHED = ("done", "up_to_date")  # a rerun that finds a take in order changes no page


@dataclass
class StudyRun:
    """One run over a song: what is requested, and the outcomes so far."""

    project: Project
    settings: Settings
    song: Song
    request: Request
    display: Display
    force: bool = False
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    run_id: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))

    def planned(self) -> list[tuple[Job, str | None]]:
        """Every requested job with the reason to do it, or None if its take is up to date."""
        place = (self.song.results, self.project, self.request.device)
        force = "--force" if self.force else None
        return [(job, stale_reason(job, *place) or force) for job in plan(self.song, self.request)]

    def log(self, name: str) -> Path:
        """The file for the output of a model or a build, one per run."""
        return self.song.results / "logs" / f"{self.run_id}-{name}.log"

    def record(self, job: Job, outcome: Outcome, line: str = "") -> None:
        """Record a job's outcome on disk and on the screen (`line`: in these words)."""
        self.outcomes[job.name] = outcome
        before = read_outcomes(self.song.results).get(job.name)
        if outcome.status != "up_to_date" or before is None or before.status not in FINISHED:
            record_outcomes(self.song.results, job.model, {job.name: outcome})
        self.display.line(line or _outcome_lines(job.name, outcome))

    @property
    def exit_code(self) -> int:
        states = {outcome.status for outcome in self.outcomes.values()}
        if "failed" in states:
            return Exit.FAILED
        return Exit.BLOCKED if "blocked" in states else Exit.DONE


def generate(study: StudyRun) -> None:
    """Generate every requested take that is not up to date."""
    todo: dict[str, list[Job]] = {}
    for job, reason in study.planned():
        if reason is None:
            study.record(job, Outcome("up_to_date"))
        else:
            study.display.line(f"{job.name}: to do ({reason})")
            todo.setdefault(job.model, []).append(job)
    # The lightest environment first, so that the first sound comes soon.
    order = sorted(todo, key=lambda name: MODELS[name].environment_bytes)
    ready = [name for name in order if _guarded(study, MODELS[name], todo[name], _check)]
    for name in ready:
        study.display.heading(MODELS[name].title)
        if _guarded(study, MODELS[name], todo[name], _prepare):
            results, device, log = study.song.results, study.request.device, study.log(name)
            jobs, display = todo[name], study.display
            scheduler.run(jobs, study.project, results, device, log, display, study.record)


Step = Callable[[StudyRun, ModelSpec, Sequence[Job]], None]


def _guarded(study: StudyRun, model: ModelSpec, jobs: Sequence[Job], step: Step) -> bool:
    """Do a step that all these jobs need. False if it fails; its error is then their outcome."""
    try:
        step(study, model, jobs)
        return True
    except ModelError as error:
        status: Status = "blocked" if error.code in BLOCKING else "failed"
        outcome = Outcome(status, error.code, error.message, error.hint)
    except UserError as error:  # something of the user's is in the way of this model alone
        outcome = Outcome("blocked", "environment", str(error), "then run again")
    study.display.line(_outcome_lines(model.title, outcome))  # once for all of the model's jobs
    for job in jobs:
        study.record(job, outcome, line=f"    {job.name}")
    return False


def _check(study: StudyRun, model: ModelSpec, jobs: Sequence[Job]) -> None:
    programs.check_model(study.project, model, _checkpoints(jobs), study.settings)


def _prepare(study: StudyRun, model: ModelSpec, jobs: Sequence[Job]) -> None:
    log = study.log(f"build-{model.name}")
    checkpoints = _checkpoints(jobs)
    programs.prepare_model(study.project, model, checkpoints, study.settings, study.display, log)


def _checkpoints(jobs: Sequence[Job]) -> list[str]:
    return list(dict.fromkeys(job.checkpoint for job in jobs))


def _outcome_lines(name: str, outcome: Outcome) -> str:
    """An outcome in one line, and its hint in another."""
    mark = {"done": "✓", "up_to_date": "✓", "failed": "✗", "blocked": "■", "skipped": "–"}
    text = f"{mark[outcome.status]} {name}: {outcome.status.replace('_', ' ')}"
    if outcome.status == "done":
        text += f" ({outcome.message})"
    elif outcome.message:
        text += f": {outcome.message}"
    return f"{text}\n    → {outcome.hint}" if outcome.hint else text
