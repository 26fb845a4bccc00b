"""The local engine: one worker at a time, loaded once, doing the jobs of one checkpoint.

A worker says how many jobs it takes at once, and gets them as one batch. The records are the truth:
an engine may be killed at any point, and the next run does what has no record. Where a worker dies
in the middle of a batch, each job without an answer is tried once more, alone, so that the one that
kills its worker fails and the others are done.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from secondtake.core.errors import ModelError
from secondtake.core.jobs import Job
from secondtake.core.outcomes import Outcome
from secondtake.core.project import Project
from secondtake.runner.worker_client import Watcher, Worker, WorkerDied, running

Told = Callable[[Job, Outcome], None]


@dataclass
class Queue:
    """The jobs of one checkpoint that are left to do, and how many may go at once."""

    waiting: list[Job]
    alone: list[Job] = field(default_factory=list)  # first, one by one: a worker died of these
    at_most: int = sys.maxsize

    def take(self, batch: int) -> list[Job]:
        """The next jobs, at most `batch`; none if nothing is left."""
        source, size = (self.alone, 1) if self.alone else (self.waiting, min(batch, self.at_most))
        taken = source[:size]
        del source[:size]
        return taken

    def died(self, jobs: Sequence[Job], unanswered: Sequence[Job]) -> bool:
        """A worker died of a batch. True if what it leaves undone will be tried again, alone.

        Until one of these jobs turns out to kill its worker alone too, their number is suspected
        (memory), and later batches are half as large.
        """
        if len(jobs) == 1:
            self.at_most = sys.maxsize
            return False
        self.alone.extend(unanswered)
        self.at_most = len(jobs) // 2
        return True

    def clear(self) -> list[Job]:
        """Everything that was left."""
        left = [*self.alone, *self.waiting]
        self.alone, self.waiting = [], []
        return left


def run(
    jobs: Sequence[Job],
    project: Project,
    results: Path,
    device: str,
    log: Path,
    watcher: Watcher,
    told: Told,
) -> None:
    """Do the jobs of one model; `told` hears each job's outcome as soon as it is known."""
    for checkpoint, group in groupby(jobs, key=lambda job: job.checkpoint):
        queue = Queue(list(group))
        model = queue.waiting[0].model
        while queue.alone or queue.waiting:
            with running(project, model, checkpoint, results, device, log) as worker:
                _work(worker, queue, project.relative(log), watcher, told)


def _work(worker: Worker, queue: Queue, log: str, watcher: Watcher, told: Told) -> None:
    """Give jobs to one worker until there are none or it dies."""
    try:
        batch = worker.wait_until_ready(watcher)
    except (ModelError, WorkerDied) as error:
        for job in queue.clear():
            told(job, _failure(error, log))
        return
    while jobs := queue.take(batch):
        waiting = {job.name: job for job in jobs}
        try:
            for name, answer in worker.do(jobs, watcher):
                told(waiting.pop(name), _outcome(answer, len(jobs), log))
        except WorkerDied as error:
            if queue.died(jobs, list(waiting.values())):
                watcher.line(f"{error}; what it was doing is tried again, one take at a time")
            else:
                told(jobs[0], _failure(error, log))
            return


def _outcome(answer: float | ModelError, batch: int, log: str) -> Outcome:
    if isinstance(answer, ModelError):
        return _failure(answer, log)
    together = f" in a batch of {batch}" if batch > 1 else ""
    return Outcome("done", message=f"{answer:.1f} s{together}")


def _failure(error: ModelError | WorkerDied, log: str) -> Outcome:
    if isinstance(error, ModelError):
        return Outcome("failed", error.code, error.message, error.hint, log)
    return Outcome("failed", "bug", str(error), f"its last words are in {log}", log)
