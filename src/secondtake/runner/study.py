"""A study: plan a song's takes, check which models may run, generate with those.

A model that cannot run never stops the others. The outcome of every job is written down
(secondtake.core.outcomes) as soon as it is known.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from secondtake.core.formatting import plural
from secondtake.core.jobs import Job
from secondtake.core.outcomes import Outcome
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.take_files import put_in_place
from secondtake.runner import programs, scheduler
from secondtake.runner.amounts import Amount
from secondtake.runner.consent import declined, declined_error, without_room
from secondtake.runner.cost_table import bytes_of, show_costs
from secondtake.runner.costs import Access, Costs, costs_of_jobs
from secondtake.runner.estimates import timing_histories
from secondtake.runner.silence import silence_limit
from secondtake.runner.study_run import Blocks, FirstFailure, StudyRun, outcome_lines
from secondtake.runner.time_left import TimeLeft
from secondtake.runner.worker_client import Launcher

WAITING = Outcome("waiting", message="its run has not come to it yet")
InBetween = Callable[[list[str]], None]  # gets the titles of the models that are to come
NONE_FAILED = "nothing that is asked for failed, or was blocked, when last tried"


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
    finally:
        study.outcome_files.flush()


def _generate(
    study: StudyRun,
    todo: dict[str, list[Job]],
    reasons: dict[str, dict[str, str]],
    in_between: InBetween,
) -> None:
    order = sorted(todo, key=lambda name: bytes_of(MODELS[name], _checkpoints(todo[name])))
    blocks = Blocks(study)
    access: Access = {}
    builds_here = study.opened_engine.builds_here
    with study.display.working("looking what may run"):
        for name in order:
            with blocks.of(MODELS[name], todo[name]):
                access |= programs.check_model(
                    study.project,
                    MODELS[name],
                    _checkpoints(todo[name]),
                    study.preflight_settings,
                    builds=builds_here,
                )
    jobs = [job for name in order for job in todo[name]]
    histories = timing_histories(study.project)
    costs = costs_of_jobs(
        study.project,
        study.settings,
        jobs,
        histories,
        access,
        evaluate=study.evaluate,
        workers=study.workers(jobs),
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
    judging = costs.without(blocks.models).judging
    left = TimeLeft(expected_seconds(jobs, costs), judging, costs.workers)
    if study.ended_early:
        raise FirstFailure
    # One worker does one model after another, so that the first sound comes soon.
    takes_turns = study.engine.name == "local" and costs.workers == 1
    turns = [[name] for name in ready] if takes_turns else [ready]
    for place, names in enumerate(turns, 1):
        _run_models(study, {name: todo[name] for name in names}, left, costs)
        if study.evaluate and turns[place:]:
            study.outcome_files.flush()
            in_between([MODELS[name].title for names in turns[place:] for name in names])
        for name in names:
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


def _run_models(
    study: StudyRun, todo: Mapping[str, Sequence[Job]], left: TimeLeft, costs: Costs
) -> None:
    """Build, fetch and generate; what stops a model is the outcome of its every job."""
    display, blocks = study.display, Blocks(study)

    def on_outcome(job: Job, outcome: Outcome) -> None:
        left.finish(job.model, [job.name], time.monotonic())
        display.overall = str(left)
        is_shown = outcome.status == "done" and not display.is_live
        so_far = f" · {display.overall}" if is_shown else ""
        if outcome.status == "done" and study.displaced[job.name]:
            so_far += f"\n    {study.displaced[job.name]}"
        study.record(job, outcome, outcome_lines(job.name, outcome, so_far))
        if study.fail_fast and outcome.status == "failed":
            raise FirstFailure

    display.overall = str(left)
    launchers: dict[str, Launcher] = {}
    for name, jobs in todo.items():
        display.heading(MODELS[name].title)
        with blocks.of(MODELS[name], jobs):
            limit = silence_limit(longest_work(costs, name))
            launchers[name] = _prepared(study, MODELS[name], jobs, limit)
        blocks.show()
        if study.ended_early:
            raise FirstFailure
    for name in launchers:
        display.progress(MODELS[name].title, "starting", 0, 0)
        left.begin(name, time.monotonic())
    jobs = [job for name in launchers for job in todo[name]]
    if jobs:
        engine, write_due = study.opened_engine.make(launchers), study.outcome_files.write_due
        scheduler.run(jobs, engine, display, on_outcome, write_due)
    for name in todo:
        left.finish(name, [job.name for job in todo[name]], time.monotonic())
    display.overall = ""


def _prepared(study: StudyRun, model: ModelSpec, jobs: Sequence[Job], limit: float) -> Launcher:
    """Build a model's environment and fetch its weights; how its workers are started.

    limit: seconds of silence after which a worker counts as hanging.
    """
    project, settings, display = study.project, study.settings, study.display
    python = project.python(model.name)
    if study.opened_engine.builds_here:
        log = study.log(f"build-{model.name}")
        python = programs.prepare_environment(project, model.name, display, log)
    for name in _checkpoints(jobs):
        programs.fetch_weights(project, model, name, settings, display)
    results, device = study.song.results, study.request.device
    return Launcher(project, model.name, python, results, device, study.log(model.name), limit)


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
