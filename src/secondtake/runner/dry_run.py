"""The plan of a study: every job, what its model reads, and what generating it will cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from secondtake.core.plan import PlannedJob
from secondtake.core.registry.all_models import MODELS
from secondtake.core.streams import print_json
from secondtake.runner.consent import without_room
from secondtake.runner.cost_table import in_order, show_costs
from secondtake.runner.costs import Costs, costs_of_jobs
from secondtake.runner.estimates import (
    MemoryEstimate,
    TimingHistory,
    estimate_memory,
    timing_histories,
)
from secondtake.runner.machine import available_memory_bytes
from secondtake.runner.study import NONE_FAILED
from secondtake.runner.study_run import StudyRun

Planned = Sequence[PlannedJob]
TimingHistories = Mapping[tuple[str, str], TimingHistory]  # by model and checkpoint


@dataclass(frozen=True)
class TimeEstimate:
    """The time of one checkpoint for what is planned, going by takes made on this machine."""

    title: str
    sound_seconds: float
    work_seconds: float
    load_seconds: float
    device: str
    takes: int  # that this rests on


def show_plan(study: StudyRun, *, as_json: bool) -> None:
    """Print the plan: for people, or as one JSON object for programs. Asks no hub."""
    planned, histories = study.planned(), timing_histories(study.project)
    jobs = [entry.job for entry in planned if entry.generates]
    costs = costs_of_jobs(
        study.project,
        study.settings,
        jobs,
        histories,
        evaluate=study.evaluate,
        workers=study.workers(jobs),
    )
    memory = _memory(costs, study)
    if as_json:
        _print_json(study, planned, costs, memory, histories)
        return
    if study.retry_failed and not planned:
        print(NONE_FAILED)
    for entry in planned:
        job, why = entry.job, entry.explanation
        what = "to do" if entry.generates else "to bring back"
        print(f"{job.name}: {f'{what} ({why})' if why else 'up to date'}")
        print(f"    {job.checkpoint}, {job.seconds:g} s, seed {job.seed}")
        for text in job.text_lines:
            print("    " + text.replace("\n", "\n    "))
        for remark in entry.remarks:
            print(f"    note: {remark}")
    if jobs:
        reasons: dict[str, dict[str, str]] = {}
        for entry in (entry for entry in planned if entry.generates):
            reasons.setdefault(entry.job.model, {})[entry.job.name] = entry.reason or ""
        print()
        full = without_room(in_order(costs))
        show_costs(study.display, costs, reasons, full)
        for name, error in full.items():
            print(f"■ {MODELS[name].title} would be blocked: {error.message}\n    → {error.hint}")
    for estimate in memory:
        print(estimate, *filter(None, [estimate.hint]), sep="\n    → ")


def _print_json(
    study: StudyRun,
    planned: Planned,
    costs: Costs,
    memory: Sequence[MemoryEstimate],
    histories: TimingHistories,
) -> None:
    jobs = [
        {
            **entry.job.to_json(),
            "name": entry.job.name,
            "reason": entry.explanation,
            "earlier": entry.earlier.name if entry.earlier else None,
            "remarks": list(entry.remarks),
        }
        for entry in planned
    ]
    print_json(
        {
            "song": study.song.name,
            "jobs": jobs,
            "memory": list(map(asdict, memory)),
            "no_room": [
                {"model": name, "message": error.message, "hint": error.hint}
                for name, error in without_room(in_order(costs)).items()
            ],
            "time": list(map(asdict, _time(costs, histories))),
            "costs": [cost.to_json() for cost in costs.each],
            "total": costs.to_json(),
        }
    )


def _memory(costs: Costs, study: StudyRun) -> list[MemoryEstimate]:
    """An estimate for every checkpoint that will be loaded."""
    available, low = available_memory_bytes(), study.settings.low_memory
    return [
        estimate_memory(model, model.checkpoint(cost.checkpoint), available, low=low)
        for cost in costs.each
        for model in [MODELS[cost.model]]
    ]


def _time(costs: Costs, histories: TimingHistories) -> list[TimeEstimate]:
    """An estimate for every checkpoint of which takes were made here before."""
    return [
        TimeEstimate(
            cost.title,
            cost.time.sound_seconds,
            cost.time.work_seconds or 0.0,
            history.load_seconds,
            history.device,
            history.takes,
        )
        for cost in costs.each
        if (history := histories.get((cost.model, cost.checkpoint)))
    ]
