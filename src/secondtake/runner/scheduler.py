"""The scheduler: one worker at a time, loaded once, doing the jobs of one checkpoint.

A worker says how many jobs it takes at once, and gets them as one batch. The records are the truth:
the scheduler may be killed at any point, and the next run does what has no record.

A worker that dies or hangs costs one job. Of a batch, each job without an answer is then tried
alone, so that the one that ends its worker is known, and that one is tried alone once more.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Literal

from secondtake.core.errors import BLOCKING, ModelError
from secondtake.core.jobs import Job
from secondtake.core.outcomes import Outcome, Status
from secondtake.runner.worker_client import Launcher, ProgressListener, Worker, WorkerDied

OnOutcome = Callable[[Job, Outcome], None]

State = Literal[
    "waiting",
    "together",  # being made in a batch with others
    "alone",  # to be made, or being made, by a worker that does nothing else meanwhile
    "again",  # so once more, since it ended a worker alone
    "done",
    "failed",
    "blocked",
]
Event = Literal[
    "given",  # to a worker, with others
    "given alone",
    "answered",  # with its take
    "refused",  # with an error
    "died",  # its worker's process
    "hung",  # its worker, of which nothing was heard for too long
    "unloadable",  # its model, which said why, or died of it twice
    "kept out",  # its model: a person must act, or the machine change, before it can be tried
    "stopped",  # the run: by Ctrl-C, by a signal, or by --fail-fast
]
TRANSITIONS: dict[tuple[State, Event], State] = {
    ("waiting", "given"): "together",
    ("waiting", "given alone"): "alone",
    ("waiting", "unloadable"): "failed",
    ("waiting", "kept out"): "blocked",
    ("together", "answered"): "done",
    ("together", "refused"): "failed",
    ("together", "died"): "alone",
    ("together", "hung"): "alone",
    ("together", "stopped"): "waiting",
    ("alone", "answered"): "done",
    ("alone", "refused"): "failed",
    ("alone", "died"): "again",
    ("alone", "hung"): "again",
    ("alone", "unloadable"): "failed",
    ("alone", "kept out"): "blocked",
    ("alone", "stopped"): "waiting",
    ("again", "answered"): "done",
    ("again", "refused"): "failed",
    ("again", "died"): "failed",
    ("again", "hung"): "failed",
    ("again", "unloadable"): "failed",
    ("again", "kept out"): "blocked",
    ("again", "stopped"): "waiting",
}
ENDS: dict[State, Status] = {"done": "done", "failed": "failed", "blocked": "blocked"}
LOADS = 2  # of a checkpoint that die one after another, before its jobs fail


def state_diagram() -> str:
    """The states of a job as a mermaid diagram, for docs/architecture.md."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, event), after in TRANSITIONS.items():
        arrows.setdefault((state, after), []).append(event)
    lines = [f"    {a} --> {b}: {', '.join(events)}" for (a, b), events in arrows.items()]
    ends = [f"    {end} --> [*]" for end in ENDS]
    return "\n".join(["stateDiagram-v2", "    [*] --> waiting", *lines, *ends])


def unloadable_event(error: ModelError) -> Event:
    """The event for the jobs of a model that cannot be loaded, or not even tried."""
    return "kept out" if error.code in BLOCKING else "unloadable"


def run(
    jobs: Sequence[Job], launcher: Launcher, listener: ProgressListener, on_outcome: OnOutcome
) -> None:
    """Do the jobs of one model; `on_outcome` gets each job's outcome as soon as it is known."""
    for checkpoint, group in groupby(jobs, key=lambda job: job.checkpoint):
        queue = JobQueue(group, launcher.project.relative(launcher.log), on_outcome)
        deaths = 0  # while loading, one after another
        while queue.left:
            try:
                with launcher.worker(checkpoint) as worker:
                    _work(worker, queue, worker.wait_until_ready(listener), listener)
                deaths = 0
            except ModelError as error:
                deaths += 1
                if isinstance(error, WorkerDied) and deaths < LOADS:
                    listener.line(f"{checkpoint}: {error}\n    → it is loaded once more")
                    continue
                for name in queue.left:
                    queue.happen(name, unloadable_event(error), error)


class JobQueue:
    """The jobs of one checkpoint, the state of each, and the limit of a batch."""

    def __init__(self, jobs: Iterable[Job], log: str, on_outcome: OnOutcome) -> None:
        self.jobs = {job.name: job for job in jobs}
        self.states: dict[str, State] = dict.fromkeys(self.jobs, "waiting")
        self.batch_limit = sys.maxsize
        self._log, self._on_outcome = log, on_outcome

    @property
    def left(self) -> list[str]:
        """The names of the jobs that have no end yet."""
        return [name for name, state in self.states.items() if state not in ENDS]

    def next(self, batch: int) -> list[Job]:
        """The next jobs to give to a worker, at most `batch`; none if nothing is left."""
        for state in ("again", "alone"):
            if names := self._in(state):
                return [self.jobs[names[0]]]
        names = self._in("waiting")[: min(batch, self.batch_limit)]
        for name in names:
            self.happen(name, "given" if len(names) > 1 else "given alone")
        return [self.jobs[name] for name in names]

    def happen(
        self, name: str, event: Event, error: ModelError | None = None, message: str = ""
    ) -> State:
        """Take a job to its next state, which is its outcome if it ends there."""
        state = self.states[name] = TRANSITIONS[self.states[name], event]
        if status := ENDS.get(state):
            outcome = Outcome(status, message=message)
            if error:
                outcome = Outcome(status, error.code, error.message, error.hint, self._log)
            self._on_outcome(self.jobs[name], outcome)
        return state

    def on_worker_death(self, jobs: Sequence[Job], error: WorkerDied) -> str:
        """Take the jobs that a worker left undone to their next state; a line if none has failed.

        Until a job turns out to end its worker alone too, the number of a batch is suspected
        (memory), and later batches are half as large.
        """
        event: Event = "hung" if error.code == "timeout" else "died"
        undone = [job.name for job in jobs if job.name in self.left]
        states = [self.happen(name, event, error) for name in undone]
        if len(jobs) > 1:
            self.batch_limit = len(jobs) // 2
            return f"{error}\n    → what it was doing is tried again, one take at a time"
        if "failed" in states:
            self.batch_limit = sys.maxsize
            return ""
        return f"{undone[0]}: {error}\n    → it is tried once more"

    def _in(self, state: str) -> list[str]:
        return [name for name in self.jobs if self.states[name] == state]


def _work(worker: Worker, queue: JobQueue, batch: int, listener: ProgressListener) -> None:
    """Give jobs to one worker until there are none or it dies."""
    jobs: list[Job] = []
    try:
        while jobs := queue.next(batch):
            for name, answer in worker.generate(jobs, listener):
                if isinstance(answer, ModelError):
                    queue.happen(name, "refused", answer)
                else:
                    queue.happen(name, "answered", message=_describe(answer, len(jobs)))
    except WorkerDied as error:
        if line := queue.on_worker_death(jobs, error):
            listener.line(line)
    except BaseException:  # Ctrl-C, a signal, --fail-fast: what is being written is finished
        finished = worker.stop()
        for name in {job.name for job in jobs} & set(queue.left):
            if name in finished:
                queue.happen(name, "answered", message=_describe(finished[name], len(jobs)))
            else:
                queue.happen(name, "stopped")
        raise


def _describe(seconds: float, batch: int) -> str:
    return f"{seconds:.1f} s in a batch of {batch}" if batch > 1 else f"{seconds:.1f} s"
