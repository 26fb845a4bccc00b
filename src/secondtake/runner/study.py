"""A study: plan a song's takes, check which models may run, generate with those.

A model that cannot run never stops the others. The outcome of every job is written down
(secondtake.core.outcomes) as soon as it is known.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from secondtake.core.errors import Exit, ModelError, UserError
from secondtake.core.formatting import plural
from secondtake.core.jobs import Job
from secondtake.core.outcomes import FINISHED, Outcome, OutcomeFiles, Status, read_outcomes
from secondtake.core.plan import PlannedJob, Request, planned_jobs
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.song import Song
from secondtake.core.take_files import put_in_place
from secondtake.core.take_store import TakeStore
from secondtake.runner import programs, scheduler
from secondtake.runner.consent import declined, declined_error, without_room
from secondtake.runner.cost_table import bytes_of, show_costs
from secondtake.runner.costs import Access, Amount, Costs, costs_of_jobs
from secondtake.runner.display import Display
from secondtake.runner.estimates import timing_histories
from secondtake.runner.settings import Settings
from secondtake.runner.silence import silence_limit
from secondtake.runner.time_left import TimeLeft
from secondtake.runner.worker_client import Launcher

WAITING = Outcome("waiting", message="its run has not come to it yet")
InBetween = Callable[[list[str]], None]  # gets the titles of the models that are to come
UNSUCCESSFUL = ("failed", "blocked")  # what --retry-failed tries again
NONE_FAILED = "nothing that is asked for failed, or was blocked, when last tried"


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
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    displaced: dict[str, str] = field(default_factory=dict)  # job -> what becomes of its old take
    run_id: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))

    @cached_property
    def outcome_files(self) -> OutcomeFiles:
        return OutcomeFiles(self.song.results)

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
        self.display.line(line or _outcome_lines(job.name, outcome))

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


def generate(study: StudyRun, in_between: InBetween = lambda titles: None) -> None:
    """Generate every requested take that is not up to date.

    What it costs is told before anything is built or fetched, and a large download is asked about.
    In a study that evaluates, `in_between` is called after each model but the last. Where a person
    or the system ends the run, a line says what is saved.
    """
    reasons: dict[str, dict[str, str]] = {}  # model -> name of a take to generate -> why
    todo: dict[str, list[Job]] = {}
    ready_takes: list[tuple[Job, Outcome]] = []
    study.takes.remove_second_names()
    planned = study.planned()
    if study.retry_failed and not planned:
        study.display.line(NONE_FAILED)
    for note in dict.fromkeys(entry.note for entry in planned if entry.note):
        study.display.line(note)
    for entry in planned:
        job = entry.job
        if entry.generates:
            todo.setdefault(job.model, []).append(job)
            study.displaced[job.name] = entry.consequence
            reasons.setdefault(job.model, {})[job.name] = entry.reason or ""
            continue
        if entry.earlier:
            put_in_place(study.song.results, entry.earlier, job)
            study.display.line(f"{job.name}: brought back ({entry.explanation})")
        ready_takes.append((job, Outcome("up_to_date")))
    study.takes.save_hashes()
    study.record_all(ready_takes)
    if ready_takes:
        are = "is" if len(ready_takes) == 1 else "are"
        study.display.line(f"✓ {plural(len(ready_takes), 'take')} {are} up to date")
    try:
        if todo:
            _generate(study, todo, reasons, in_between)
    except FirstFailure:
        study.display.overall = ""
    except (KeyboardInterrupt, SystemExit):
        saved, left = len(study.names("done")), len(study.names("waiting"))
        if saved or left:
            with suppress(OSError):  # whoever read our lines may have gone first
                line = f"stopped: {plural(saved, 'take')} of this run saved, {left} not made"
                study.display.line(line)
        raise


def _generate(
    study: StudyRun,
    todo: dict[str, list[Job]],
    reasons: dict[str, dict[str, str]],
    in_between: InBetween,
) -> None:
    order = sorted(todo, key=lambda name: bytes_of(MODELS[name], _checkpoints(todo[name])))
    blocks = Blocks(study)
    access: Access = {}
    with study.display.working("looking what may run"):
        for name in order:
            with blocks.of(MODELS[name], todo[name]):
                access |= programs.check_model(
                    study.project, MODELS[name], _checkpoints(todo[name]), study.settings
                )
    jobs = [job for name in order for job in todo[name]]
    histories = timing_histories(study.project)
    costs = costs_of_jobs(
        study.project, study.settings, jobs, histories, access, evaluate=study.evaluate
    )
    for name, error in without_room(costs.without(blocks.models)).items():
        with blocks.of(MODELS[name], todo[name]):
            raise error
    show_costs(study.display, costs, reasons, blocks.models)
    blocks.show()
    _ask(study, blocks, costs, todo)
    blocks.show()
    ready = [name for name in order if name not in blocks.models]
    jobs = [job for name in ready for job in todo[name]]
    study.record_all([(job, WAITING) for job in jobs])
    left = TimeLeft(expected_seconds(jobs, costs), costs.without(blocks.models).judging)
    if study.ended_early:
        raise FirstFailure
    for place, name in enumerate(ready, 1):
        study.display.heading(MODELS[name].title)
        _run_model(study, MODELS[name], todo[name], left, silence_limit(longest_work(costs, name)))
        if study.evaluate and ready[place:]:
            in_between([MODELS[other].title for other in ready[place:]])
        left.judge(name)


def _ask(
    study: StudyRun, blocks: "Blocks", costs: Costs, todo: Mapping[str, Sequence[Job]]
) -> None:
    """Block the models whose large download a person does not want."""
    downloads: dict[str, Amount] = {}
    for cost in costs.each:
        if cost.model not in blocks.models:
            title = MODELS[cost.model].title
            downloads[title] = downloads.get(title, Amount()) + cost.download
    refused = declined(downloads, study.display, yes=study.yes)
    for name in todo:
        title = MODELS[name].title
        if title in refused:
            with blocks.of(MODELS[name], todo[name]):
                command = study.command(study.verb, "--models", name, "--yes")
                raise declined_error(downloads[title], command)


def _run_model(
    study: StudyRun, model: ModelSpec, jobs: Sequence[Job], left: TimeLeft, limit: float
) -> None:
    """Build, fetch and generate; what stops that is the outcome of every job.

    limit: seconds of silence after which a worker counts as hanging.
    """
    display, checkpoints = study.display, _checkpoints(jobs)
    blocks = Blocks(study)

    def on_outcome(job: Job, outcome: Outcome) -> None:
        left.finish(model.name, [job.name], time.monotonic())
        display.overall = str(left)
        so_far = f" · {left}" if outcome.status == "done" and not display.is_live else ""
        if outcome.status == "done" and study.displaced[job.name]:
            so_far += f"\n    {study.displaced[job.name]}"
        study.record(job, outcome, _outcome_lines(job.name, outcome, so_far))
        if study.ended_early:
            raise FirstFailure

    display.overall = str(left)
    with blocks.of(model, jobs):
        log = study.log(f"build-{model.name}")
        python = programs.prepare_model(
            study.project, model, checkpoints, study.settings, display, log
        )
    blocks.show()
    if study.ended_early:
        raise FirstFailure
    if not blocks.models:
        display.progress(model.title, "starting", 0, 0)
        left.begin(model.name, time.monotonic())
        results, device = study.song.results, study.request.device
        log = study.log(model.name)
        launcher = Launcher(study.project, model.name, python, results, device, log, limit)
        scheduler.run(jobs, launcher, display, on_outcome)
    left.finish(model.name, [job.name for job in jobs], time.monotonic())
    display.overall = ""


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
            state = scheduler.TRANSITIONS["waiting", scheduler.unloadable_event(error)]
            outcome = Outcome(scheduler.ENDS[state], error.code, error.message, error.hint)
        except UserError as error:  # something of the user's is in the way of this model alone
            outcome = Outcome("blocked", "environment", str(error), "then run again")
        self.models.add(model.name)
        self._causes.setdefault(outcome, {})[model.title] = len(jobs)
        self.study.record_all([(job, outcome) for job in jobs])

    def show(self) -> None:
        for outcome, takes in self._causes.items():
            who = f"{', '.join(takes)} ({plural(sum(takes.values()), 'take')})"
            self.study.display.line(_outcome_lines(who, outcome))
        self._causes.clear()


def expected_seconds(jobs: Sequence[Job], costs: Costs) -> dict[tuple[str, str], float | None]:
    """The seconds of work that each take is expected to need, by model and name."""
    each = {(cost.model, cost.checkpoint): cost.time.seconds_a_take for cost in costs.each}
    return {(job.model, job.name): each[job.model, job.checkpoint] for job in jobs}


def longest_work(costs: Costs, model: str) -> float | None:
    """The seconds that a model's slowest take needs, with loading; None where that is unknown."""
    times = [cost.time for cost in costs.each if cost.model == model]
    each = [t.load_seconds + t.seconds_a_take for t in times if t.seconds_a_take is not None]
    return max(each) if each and len(each) == len(times) else None


def _checkpoints(jobs: Sequence[Job]) -> list[str]:
    return list(dict.fromkeys(job.checkpoint for job in jobs))


def _outcome_lines(name: str, outcome: Outcome, so_far: str = "") -> str:
    """An outcome in one line, and its hint in another."""
    mark = {"done": "✓", "up_to_date": "✓", "failed": "✗", "blocked": "■", "skipped": "–"}
    text = f"{mark[outcome.status]} {name}: {outcome.status.replace('_', ' ')}"
    if outcome.status == "done":
        text += f" ({outcome.message})"
    elif outcome.message:
        text += f": {outcome.message}"
    text += so_far
    return f"{text}\n    → {outcome.hint}" if outcome.hint else text
