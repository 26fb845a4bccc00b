"""The state of one run over a song: what is requested, the outcomes so far, and what stops whole
models. Every outcome is written down (secondtake.core.outcomes) as soon as it is known."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from secondtake.core.errors import Exit, ModelError, UserError
from secondtake.core.formatting import plural
from secondtake.core.jobs import Job
from secondtake.core.outcomes import (
    FINISHED,
    UNSUCCESSFUL,
    Outcome,
    OutcomeFiles,
    Status,
    read_outcomes,
)
from secondtake.core.plan import PlannedJob, Request, planned_jobs
from secondtake.core.project import Project
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.song import Song
from secondtake.core.take_store import TakeStore
from secondtake.runner import job_queue
from secondtake.runner.display import Display
from secondtake.runner.engines import (
    ONE_HERE,
    EngineRequest,
    OpenEngine,
    needs_of,
    open_engine,
)
from secondtake.runner.local_engine import this_machine
from secondtake.runner.placement import count_workers
from secondtake.runner.ray_pool import analysis_pool
from secondtake.runner.settings import Settings


class FirstFailure(Exception):
    """A job failed in a run that ends with the first failure."""


@dataclass
class StudyRun:
    """One run over a song: what is requested, and the outcomes so far."""

    project: Project
    settings: Settings
    song: Song
    request: Request
    display: Display
    force: bool = False
    yes: bool = False  # large downloads are not asked about
    evaluate: bool = False  # the stages after generation follow
    fail_fast: bool = False  # the first failure ends the run; what is left stays waiting
    retry_failed: bool = False  # only what failed, or was blocked, when it was last tried
    engine: EngineRequest = ONE_HERE
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    displaced: dict[str, str] = field(default_factory=dict)  # job -> what becomes of its old take
    closing: ExitStack = field(default_factory=ExitStack)  # of the engine, once it is open
    run_id: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))

    @cached_property
    def outcome_files(self) -> OutcomeFiles:
        return OutcomeFiles(self.song.results)

    @cached_property
    def opened_engine(self) -> OpenEngine:
        """The engine, reached when it is first asked for. ModelError if it cannot be."""
        opening = open_engine(self.engine, self.project, self.settings, self.display)
        return self.closing.enter_context(opening)

    @contextmanager
    def analysis_pool(self) -> Iterator[Mapping[str, str]]:
        """Variables by which the stages that measure use the machines that share our files."""
        nodes = self.opened_engine.sharing() if self.engine.is_elsewhere else {}
        if not nodes:
            yield {}
            return
        with analysis_pool(self.project, nodes, self.display.line) as own:
            yield own

    def workers(self, jobs: Sequence[Job]) -> int:
        """How many workers these jobs will have at once, at most. A cluster is asked for it."""
        if not jobs or self.engine.workers is not None:
            return self.engine.workers or 1
        needs = needs_of(jobs, self.settings, self.request.device)
        machines = [this_machine(None)]
        if self.engine.is_elsewhere:
            machines = self.opened_engine.machines()
        return max(1, min(len(jobs), count_workers(machines, needs)))

    @property
    def preflight_settings(self) -> Settings:
        """The settings by which this machine is looked at: if workers run on others, its memory
        is none of theirs."""
        if not self.engine.is_elsewhere:
            return self.settings
        return replace(self.settings, ignore_memory=True)

    @cached_property
    def takes(self) -> TakeStore:
        """The takes that were there before the run."""
        return TakeStore(self.song.results, self.song.name)

    def planned(self) -> list[PlannedJob]:
        """Every requested job with the reason to do it, or None if its take is up to date."""
        jobs = planned_jobs(self.song, self.request, self.project, self.takes, force=self.force)
        if not self.retry_failed:
            return jobs
        troubles: list[str] = []
        outcomes = read_outcomes(self.song.results, troubles)
        for trouble in troubles:
            self.display.line(f"warning: what failed is not known: {trouble}")
        tried = {name for name, outcome in outcomes.items() if outcome.status in UNSUCCESSFUL}
        return [entry for entry in jobs if entry.job.name in tried]

    def log(self, name: str) -> Path:
        """The file for the output of a model or a build, one per run."""
        return self.song.results / "logs" / f"{self.run_id}-{name}.log"

    @property
    def verb(self) -> str:
        """What was typed for this run."""
        return "generate-all" if self.evaluate else "generate"

    def command(self, *words: str) -> str:
        """A command to type about this song."""
        return self.project.command(*words, song=self.song.path)

    def record(self, job: Job, outcome: Outcome, line: str = "") -> None:
        """Record a job's outcome on disk and on the screen (`line`: in these words)."""
        self.record_all([(job, outcome)])
        self.display.end(job.name)
        self.display.line(line or outcome_lines(job.name, outcome))

    def record_all(self, outcomes: Sequence[tuple[Job, Outcome]]) -> None:
        """Record the outcomes of jobs on disk, in one writing for each model."""
        news: dict[str, dict[str, Outcome]] = {}
        for job, outcome in outcomes:
            self.outcomes[job.name] = outcome
            before = self.outcome_files.of(job.model, job.name)
            # A rerun that finds a take in order changes no page.
            if outcome.status != "up_to_date" or before is None or before.status not in FINISHED:
                entry = replace(outcome, job=job if job.is_edit else None)
                news.setdefault(job.model, {})[job.name] = entry
        for model, model_news in news.items():
            self.outcome_files.record(model, model_news)

    def names(self, status: Status) -> list[str]:
        """The jobs of this run whose outcome is so."""
        return [name for name, outcome in self.outcomes.items() if outcome.status == status]

    @property
    def ended_early(self) -> bool:
        """True if the first failure ended the run: nothing is to follow it."""
        return self.fail_fast and bool(self.names("failed"))

    @property
    def exit_code(self) -> int:
        if self.names("failed"):
            return Exit.FAILED
        return Exit.BLOCKED if self.names("blocked") else Exit.DONE


class Blocks:
    """What stops whole models, each cause shown once, whomever it stops."""

    def __init__(self, study: StudyRun) -> None:
        self.study = study
        self.models: set[str] = set()
        self._causes: dict[Outcome, dict[str, int]] = {}  # -> title of a model -> its takes

    @contextmanager
    def of(self, model: ModelSpec, jobs: Sequence[Job]) -> Iterator[None]:
        """A step that all these jobs need: if it fails, its error is their outcome."""
        try:
            yield
            return
        except ModelError as error:
            state = job_queue.TRANSITIONS["waiting", job_queue.unloadable_event(error)]
            outcome = Outcome(job_queue.ENDS[state], error.code, error.message, error.hint)
        except UserError as error:  # something of the user's is in the way of this model alone
            outcome = Outcome("blocked", "environment", str(error), "then run again")
        self.models.add(model.name)
        self._causes.setdefault(outcome, {})[model.title] = len(jobs)
        self.study.record_all([(job, outcome) for job in jobs])

    def show(self) -> None:
        for outcome, takes in self._causes.items():
            who = f"{', '.join(takes)} ({plural(sum(takes.values()), 'take')})"
            self.study.display.line(outcome_lines(who, outcome))
        self._causes.clear()


def outcome_lines(name: str, outcome: Outcome, so_far: str = "") -> str:
    """An outcome in one line, and its hint in another."""
    mark = {"done": "✓", "up_to_date": "✓", "failed": "✗", "blocked": "■", "skipped": "–"}
    text = f"{mark[outcome.status]} {name}: {outcome.status.replace('_', ' ')}"
    if outcome.status == "done":
        text += f" ({outcome.message})"
    elif outcome.message:
        text += f": {outcome.message}"
    text += so_far
    return f"{text}\n    → {outcome.hint}" if outcome.hint else text
