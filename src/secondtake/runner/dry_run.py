"""The plan of a study: every job, its prompt, and the memory and time that it will take."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from secondtake.core.formatting import format_duration, plural
from secondtake.core.jobs import Job
from secondtake.core.registry.all_models import MODELS
from secondtake.runner.estimates import MemoryEstimate, TimingHistory, estimate_memory
from secondtake.runner.machine import available_memory_bytes
from secondtake.runner.settings import Settings

Planned = Sequence[tuple[Job, str | None]]  # each job with the reason to do it, None: up to date
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

    def __str__(self) -> str:
        work, load = format_duration(self.work_seconds), format_duration(self.load_seconds)
        source = f"{plural(self.takes, 'take')} made here on {self.device}"
        needs = f"needs about {work} for {self.sound_seconds:g} s of sound"
        return f"{self.title} {needs}, after loading for {load}, going by {source}"


def show_plan(
    song: str, planned: Planned, settings: Settings, histories: TimingHistories, *, as_json: bool
) -> None:
    """Print the plan: for people, or as one JSON object for programs."""
    memory, time = _memory(planned, settings), _time(planned, histories)
    if as_json:
        jobs = [
            {**job.to_json(), "name": job.name, "reason": reason, "remarks": list(job.remarks)}
            for job, reason in planned
        ]
        value = {"song": song, "jobs": jobs, "memory": list(map(vars, memory))}
        print(json.dumps({**value, "time": list(map(vars, time))}, indent=2, ensure_ascii=False))
        return
    for job, reason in planned:
        print(f"{job.name}: {f'to do ({reason})' if reason else 'up to date'}")
        print(f"    {job.checkpoint}, {job.seconds:g} s, seed {job.seed}")
        print("    prompt: " + job.prompt.replace("\n", "\n            "))
        for remark in job.remarks:
            print(f"    note: {remark}")
    for memory_estimate in memory:
        print(memory_estimate, *filter(None, [memory_estimate.hint]), sep="\n    → ")
    for time_estimate in time:
        print(time_estimate)


def _memory(planned: Planned, settings: Settings) -> list[MemoryEstimate]:
    """An estimate for every checkpoint that will be loaded."""
    available, low = available_memory_bytes(), settings.low_memory
    return [
        estimate_memory(MODELS[name], MODELS[name].checkpoint(checkpoint), available, low=low)
        for name, checkpoint in _sound_seconds(planned)
    ]


def _time(planned: Planned, histories: TimingHistories) -> list[TimeEstimate]:
    """An estimate for every checkpoint of which takes were made here before."""
    return [
        TimeEstimate(
            MODELS[name].checkpoint(checkpoint).title,
            seconds,
            seconds * history.work,
            history.load_seconds,
            history.device,
            history.takes,
        )
        for (name, checkpoint), seconds in _sound_seconds(planned).items()
        if (history := histories.get((name, checkpoint)))
    ]


def _sound_seconds(planned: Planned) -> dict[tuple[str, str], float]:
    """The seconds of sound that each checkpoint is to generate."""
    seconds: dict[tuple[str, str], float] = {}
    for job, reason in planned:
        if reason:
            key = (job.model, job.checkpoint)
            seconds[key] = seconds.get(key, 0.0) + job.seconds
    return seconds
