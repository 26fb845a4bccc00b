"""The scheduler: one worker at a time, loaded once, doing the jobs of one checkpoint.

A worker says how many jobs it takes at once, and gets them as one batch. The records are the truth:
the scheduler may be killed at any point, and the next run does what has no record. Where a worker
dies in the middle of a batch, each job without an answer is tried once more, alone, so that the one
that kills its worker fails and the others are done.
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
from secondtake.runner.worker_client import ProgressListener, Worker, WorkerDied, running_worker

OnOutcome = Callable[[Job, Outcome], None]


@dataclass
class JobQueue:
    """The jobs of one checkpoint that are left to do, and the limit of a batch."""

    waiting: list[Job]
    retry_alone: list[Job] = field(default_factory=list)  # a worker died of these; they go first
    batch_limit: int = sys.maxsize

    def take(self, batch: int) -> list[Job]:
        """The next jobs, at most `batch`; none if nothing is left."""
        queue, size = self.waiting, min(batch, self.batch_limit)
        if self.retry_alone:
            queue, size = self.retry_alone, 1
        jobs = queue[:size]
        del queue[:size]
        return jobs

    def on_worker_death(self, jobs: Sequence[Job], unanswered: Sequence[Job]) -> bool:
        """Queue what a dead worker left undone. True if it is tried again, alone.

        Until one of these jobs turns out to kill its worker alone too, their number is suspected
        (memory), and later batches are half as large.
        """
        if len(jobs) == 1:
            self.batch_limit = sys.maxsize
            return False
        self.retry_alone.extend(unanswered)
        self.batch_limit = len(jobs) // 2
        return True

    def clear(self) -> list[Job]:
        """Everything that was left."""
        left = [*self.retry_alone, *self.waiting]
        self.retry_alone, self.waiting = [], []
        return left


def run(
    jobs: Sequence[Job],
    project: Project,
    results: Path,
    device: str,
    log: Path,
    listener: ProgressListener,
    on_outcome: OnOutcome,
) -> None:
    """Do the jobs of one model; `on_outcome` gets each job's outcome as soon as it is known."""
    for checkpoint, group in groupby(jobs, key=lambda job: job.checkpoint):
        queue = JobQueue(list(group))
        model = queue.waiting[0].model
        while queue.retry_alone or queue.waiting:
            with running_worker(project, model, checkpoint, results, device, log) as worker:
                _work(worker, queue, project.relative(log), listener, on_outcome)


def _work(
    worker: Worker, queue: JobQueue, log: str, listener: ProgressListener, on_outcome: OnOutcome
) -> None:
    """Give jobs to one worker until there are none or it dies."""
    try:
        batch = worker.wait_until_ready(listener)
    except (ModelError, WorkerDied) as error:
        for job in queue.clear():
            on_outcome(job, _failure(error, log))
        return
    while jobs := queue.take(batch):
        waiting = {job.name: job for job in jobs}
        try:
            for name, answer in worker.generate(jobs, listener):
                on_outcome(waiting.pop(name), _outcome(answer, len(jobs), log))
        except WorkerDied as error:
            if queue.on_worker_death(jobs, list(waiting.values())):
                listener.line(f"{error}; what it was doing is tried again, one take at a time")
            else:
                on_outcome(jobs[0], _failure(error, log))
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
