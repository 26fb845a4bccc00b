"""What a study would do: every job, what its model will read, what memory and time it will take."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.core.jobs import Job
from secondtake.core.progress import minutes
from secondtake.core.registry.all_models import MODELS
from secondtake.runner.estimates import Experience, Forecast, forecast
from secondtake.runner.machine import available_memory_bytes
from secondtake.runner.progress_pages.markdown import many
from secondtake.runner.settings import Settings

Planned = Sequence[tuple[Job, str | None]]  # each job with why it must be done (None: it need not)


Known = Mapping[tuple[str, str], Experience]  # by model and checkpoint (experience.py)


@dataclass(frozen=True)
class Span:
    """How long one checkpoint will work on what is planned, as far as takes made here tell."""

    title: str
    sound_seconds: float
    work_seconds: float
    load_seconds: float
    device: str
    takes: int  # that this rests on

    def __str__(self) -> str:
        return (
            f"{self.title} needs about {minutes(self.work_seconds)} for {self.sound_seconds:g} s "
            f"of sound, after loading for {minutes(self.load_seconds)}, going by "
            f"{many(self.takes, 'take')} made here on {self.device}"
        )


def show_plan(
    song: str, planned: Planned, settings: Settings, known: Known, *, as_json: bool
) -> None:
    """Print the plan: for people, or as one JSON object for programs."""
    memory, time = _memory(planned, settings), _time(planned, known)
    if as_json:
        jobs = [_as_json(job, reason) for job, reason in planned]
        told = {"song": song, "jobs": jobs, "memory": [vars(one) for one in memory]}
        told["time"] = [vars(one) for one in time]
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for job, reason in planned:
        print(f"{job.name}: {f'to do ({reason})' if reason else 'up to date'}")
        print(f"    {job.checkpoint}, {job.seconds:g} s, seed {job.seed}")
        print("    prompt: " + job.prompt.replace("\n", "\n            "))
        for remark in job.remarks:
            print(f"    note: {remark}")
    for one in memory:
        print(one, *filter(None, [one.hint]), sep="\n    → ")
    for span in time:
        print(span)


def _as_json(job: Job, reason: str | None) -> dict[str, Any]:
    return {**job.to_json(), "name": job.name, "reason": reason, "remarks": list(job.remarks)}


def _memory(planned: Planned, settings: Settings) -> list[Forecast]:
    """A forecast for every checkpoint that will be loaded."""
    available = available_memory_bytes()
    return [
        forecast(
            MODELS[name], MODELS[name].checkpoint(checkpoint), available, low=settings.low_memory
        )
        for name, checkpoint in _sound_seconds(planned)
    ]


def _time(planned: Planned, known: Known) -> list[Span]:
    """For every checkpoint that will work, and of which takes were made here before."""
    return [
        Span(
            MODELS[name].checkpoint(checkpoint).title,
            seconds,
            seconds * one.work,
            one.load_seconds,
            one.device,
            one.takes,
        )
        for (name, checkpoint), seconds in _sound_seconds(planned).items()
        if (one := known.get((name, checkpoint)))
    ]


def _sound_seconds(planned: Planned) -> dict[tuple[str, str], float]:
    """The seconds of sound that each checkpoint is asked to make."""
    seconds: dict[tuple[str, str], float] = {}
    for job, reason in planned:
        if reason:
            key = (job.model, job.checkpoint)
            seconds[key] = seconds.get(key, 0.0) + job.seconds
    return seconds
