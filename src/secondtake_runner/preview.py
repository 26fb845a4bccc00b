"""What a study would do: every job, what its model will read, and what memory it will take."""

import json
from collections.abc import Sequence
from typing import Any

from secondtake.jobs import Job
from secondtake.models import MODELS
from secondtake_runner.forecast import Forecast, forecast
from secondtake_runner.machine import available_memory_bytes
from secondtake_runner.settings import Settings

Planned = Sequence[tuple[Job, str | None]]  # each job with why it must be done (None: it need not)


def show_plan(song: str, planned: Planned, settings: Settings, *, as_json: bool) -> None:
    """Print the plan: for people, or as one JSON object for programs."""
    memory = _memory(planned, settings)
    if as_json:
        jobs = [_as_json(job, reason) for job, reason in planned]
        told = {"song": song, "jobs": jobs, "memory": [vars(one) for one in memory]}
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


def _as_json(job: Job, reason: str | None) -> dict[str, Any]:
    return {**job.to_json(), "name": job.name, "reason": reason, "remarks": list(job.remarks)}


def _memory(planned: Planned, settings: Settings) -> list[Forecast]:
    """A forecast for every checkpoint that will be loaded."""
    wanted = dict.fromkeys((job.model, job.checkpoint) for job, reason in planned if reason)
    available = available_memory_bytes()
    return [
        forecast(
            MODELS[name], MODELS[name].checkpoint(checkpoint), available, low=settings.low_memory
        )
        for name, checkpoint in wanted
    ]
