"""Making a song's takes: decide, ask whether each model may run, then run what may.

A model that cannot run never stops the others; what became of every job is written down
(secondtake.core.outcomes) as soon as it is known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from secondtake.core.errors import BLOCKING, Exit, ModelError, UserError
from secondtake.core.jobs import Job
from secondtake.core.outcomes import Outcome, Status, note, read_outcomes
from secondtake.core.plan import Wish, plan, why_make
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Model
from secondtake.core.song import Song
from secondtake.runner import environments, scheduler
from secondtake.runner.display import Display
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.preflight import check_access
from secondtake.runner.settings import Settings

FINISHED = ("done", "up_to_date")  # a rerun that finds a take in order changes no page


@dataclass
class Study:
    """One run over a song: what is wanted, and what has become of it so far."""

    project: Project
    settings: Settings
    song: Song
    wish: Wish
    display: Display
    force: bool = False
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    run_id: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))

    def planned(self) -> list[tuple[Job, str | None]]:
        """Every wanted job with why it must be done, or None if its take is up to date."""
        return [(job, self._why(job)) for job in plan(self.song, self.wish)]

    def _why(self, job: Job) -> str | None:
        reason = why_make(job, self.song.results, self.project, self.wish.device)
        return reason or ("--force" if self.force else None)

    def log(self, name: str) -> Path:
        """Where the output of a model or a build goes, a file per run."""
        return self.song.results / "logs" / f"{self.run_id}-{name}.log"

    def settle(self, job: Job, outcome: Outcome, told: str = "") -> None:
        """Note what became of a job, on disk and on the screen (`told`: in these words)."""
        self.outcomes[job.name] = outcome
        known = read_outcomes(self.song.results).get(job.name)
        if outcome.status != "up_to_date" or known is None or known.status not in FINISHED:
            note(self.song.results, job.model, {job.name: outcome})
        self.display.line(told or _told(job.name, outcome) + _remedy(outcome))

    @property
    def exit_code(self) -> int:
        states = {outcome.status for outcome in self.outcomes.values()}
        if "failed" in states:
            return Exit.FAILED
        return Exit.BLOCKED if "blocked" in states else Exit.DONE


def generate(study: Study) -> None:
    """Make every wanted take that is not up to date."""
    todo: dict[str, list[Job]] = {}
    for job, reason in study.planned():
        if reason is None:
            study.settle(job, Outcome("up_to_date"))
        else:
            study.display.line(f"{job.name}: to do ({reason})")
            todo.setdefault(job.model, []).append(job)
    # The lightest environment first, so that the first sound comes soon.
    order = sorted(todo, key=lambda name: MODELS[name].environment_bytes)
    ready = [name for name in order if _managed(study, MODELS[name], todo[name], _ask)]
    for name in ready:
        study.display.heading(MODELS[name].title)
        if _managed(study, MODELS[name], todo[name], _prepare):
            _run(study, MODELS[name], todo[name])


Step = Callable[[Study, Model, Sequence[Job]], None]


def _managed(study: Study, model: Model, jobs: Sequence[Job], step: Step) -> bool:
    """Whether a step that all these jobs need went well; if not, that is what becomes of them."""
    try:
        step(study, model, jobs)
    except ModelError as error:
        status: Status = "blocked" if error.code in BLOCKING else "failed"
        _settle_all(study, model, jobs, Outcome(status, error.code, error.message, error.hint))
        return False
    except UserError as error:  # something of the user's is in the way of this model alone
        outcome = Outcome("blocked", "environment", str(error), "then run again")
        _settle_all(study, model, jobs, outcome)
        return False
    return True


def _settle_all(study: Study, model: Model, jobs: Sequence[Job], outcome: Outcome) -> None:
    """The same outcome for all of a model's jobs, told once."""
    study.display.line(f"{_told(model.title, outcome)}{_remedy(outcome)}")
    for job in jobs:
        study.settle(job, outcome, told=f"    {job.name}")


def _ask(study: Study, model: Model, jobs: Sequence[Job]) -> None:
    """Find out whether the model may run, before anything heavy is built or fetched."""
    for checkpoint in _checkpoints(jobs):
        built = environments.is_built(study.project, model.name)
        check_access(
            study.project,
            model,
            model.checkpoint(checkpoint),
            study.settings,
            environment_built=built,
        )


def _prepare(study: Study, model: Model, jobs: Sequence[Job]) -> None:
    prepare_environment(study.project, model.name, study.log(f"build-{model.name}"), study.display)
    for name in _checkpoints(jobs):
        fetch_weights(study.project, model, name, study.settings, study.display)


def prepare_environment(project: Project, name: str, log: Path, display: Display) -> None:
    """Build an environment if need be, showing its steps."""
    label = project.environment(name).name
    environments.ensure(project, name, log, lambda step: display.progress(label, step, 0, 0))


def fetch_weights(
    project: Project, model: Model, checkpoint: str, settings: Settings, display: Display
) -> None:
    """Fetch a checkpoint's weights if need be, showing how far it is."""
    fetch(
        project,
        model,
        model.checkpoint(checkpoint),
        settings,
        lambda file, done, total: display.progress(model.title, f"fetching {file}", done, total),
    )


def _run(study: Study, model: Model, jobs: Sequence[Job]) -> None:
    scheduler.run(
        jobs,
        study.project,
        study.song.results,
        study.wish.device,
        study.log(model.name),
        study.display,
        study.settle,
    )


def _checkpoints(jobs: Sequence[Job]) -> list[str]:
    return list(dict.fromkeys(job.checkpoint for job in jobs))


def _told(name: str, outcome: Outcome) -> str:
    """What became of something, in one line."""
    mark = {"done": "✓", "up_to_date": "✓", "failed": "✗", "blocked": "■", "skipped": "–"}
    text = f"{mark[outcome.status]} {name}: {outcome.status.replace('_', ' ')}"
    if outcome.status == "done":
        return f"{text} ({outcome.message})"
    return f"{text}: {outcome.message}" if outcome.message else text


def _remedy(outcome: Outcome) -> str:
    return f"\n    → {outcome.hint}" if outcome.hint else ""
