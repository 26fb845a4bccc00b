"""The jobs of one checkpoint and the state of each, whichever workers they are given to.

A worker that dies or hangs costs one job. Of a batch, each job without an answer is then tried
alone, so that the one that ends its worker is known, and that one is tried alone once more. A
worker that is lost with its machine costs no job: what it was doing is given to another one.
"""

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from threading import RLock
from typing import Literal

from secondtake.core.errors import BLOCKING, ModelError
from secondtake.core.jobs import Job
from secondtake.core.outcomes import Outcome, Status
from secondtake.runner.worker_client import WorkerDied

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
    "lost",  # its worker, with the machine that it was on
    "lost too often",
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
    ("together", "lost"): "waiting",
    ("together", "lost too often"): "failed",
    ("together", "stopped"): "waiting",
    ("alone", "answered"): "done",
    ("alone", "refused"): "failed",
    ("alone", "died"): "again",
    ("alone", "hung"): "again",
    ("alone", "lost"): "alone",
    ("alone", "lost too often"): "failed",
    ("alone", "unloadable"): "failed",
    ("alone", "kept out"): "blocked",
    ("alone", "stopped"): "waiting",
    ("again", "answered"): "done",
    ("again", "refused"): "failed",
    ("again", "died"): "failed",
    ("again", "hung"): "failed",
    ("again", "lost"): "again",
    ("again", "lost too often"): "failed",
    ("again", "unloadable"): "failed",
    ("again", "kept out"): "blocked",
    ("again", "stopped"): "waiting",
}
ENDS: dict[State, Status] = {"done": "done", "failed": "failed", "blocked": "blocked"}
LOSSES = 5  # of one job with its machine: it may be the job that brings machines down


class WorkerLost(WorkerDied):
    """The worker is gone with the machine that it was on, or cannot be reached there any more."""


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


class JobQueue:
    """The jobs of one checkpoint, the state of each, and the limit of a batch.

    Several threads may use it: each asks for a worker of its own.
    """

    def __init__(self, jobs: Iterable[Job], log: str, on_outcome: OnOutcome) -> None:
        self.jobs = {job.name: job for job in jobs}
        self.states: dict[str, State] = dict.fromkeys(self.jobs, "waiting")
        self.batch_limit = sys.maxsize
        self._log, self._on_outcome = log, on_outcome
        self._waiting = deque(self.jobs)
        self._retries: deque[str] = deque()  # alone or again, with no worker; those first
        self._losses: Counter[str] = Counter()
        self._lock = RLock()

    @property
    def left(self) -> list[str]:
        """The names of the jobs that have no end yet."""
        return [name for name, state in self.states.items() if state not in ENDS]

    def without_end(self, jobs: Iterable[Job]) -> list[str]:
        """The names of those among these jobs that have no end yet."""
        return [job.name for job in jobs if self.states[job.name] not in ENDS]

    @property
    def to_give(self) -> int:
        """How many jobs are with no worker, and have no end yet."""
        return len(self._waiting) + len(self._retries)

    def next_batches(self, batch: int, count: int) -> list[list[Job]]:
        """As many batches as `count`, to be done one after another, each as by `next`.

        What is to be done alone is given alone.
        """
        batches: list[list[Job]] = []
        with self._lock:
            while len(batches) < count and not (batches and self._retries):
                was_retry = bool(self._retries)
                if jobs := self.next(batch):
                    batches.append(jobs)
                if was_retry or not jobs:
                    break
        return batches

    def next(self, batch: int) -> list[Job]:
        """The next jobs to give to a worker, at most `batch`; none if nothing is left."""
        with self._lock:
            if self._retries:
                return [self.jobs[self._retries.popleft()]]
            count = min(batch, self.batch_limit, len(self._waiting))
            names = [self._waiting.popleft() for _ in range(count)]
            for name in names:
                self.happen(name, "given" if len(names) > 1 else "given alone")
            return [self.jobs[name] for name in names]

    def happen(
        self, name: str, event: Event, error: ModelError | None = None, message: str = ""
    ) -> State:
        """Take a job to its next state, which is its outcome if it ends there."""
        with self._lock:
            state = self.states[name] = TRANSITIONS[self.states[name], event]
            if state == "waiting":
                self._waiting.appendleft(name)
            elif event in ("died", "hung", "lost") and state in ("alone", "again"):
                self._retries.append(name) if state == "alone" else self._retries.appendleft(name)
            if status := ENDS.get(state):
                outcome = Outcome(status, message=message)
                if error:
                    outcome = Outcome(status, error.code, error.message, error.hint, self._log)
                self._on_outcome(self.jobs[name], outcome)
            return state

    def give_up(self, error: ModelError) -> None:
        """End every job that no worker has: there is none that could be given it."""
        with self._lock:
            names = [*self._retries, *self._waiting]
            self._retries.clear()
            self._waiting.clear()
            for name in names:
                self.happen(name, unloadable_event(error), error)

    def on_end_amid(self, batches: Sequence[Sequence[Job]], error: WorkerDied) -> str:
        """Take the jobs of a worker that died amid these batches to their next state; a line.

        The first that has a job without an end is the one that it died of; what stands behind that
        was not begun.
        """
        with self._lock:
            undone = [jobs for jobs in batches if self.without_end(jobs)]
            for jobs in reversed(undone[1:]):
                for name in reversed(self.without_end(jobs)):
                    self.happen(name, "stopped")
            return self.on_worker_death(undone[0], error) if undone else ""

    def on_worker_death(self, jobs: Sequence[Job], error: WorkerDied) -> str:
        """Take the jobs that a worker left undone to their next state; a line if none has failed.

        Until a job turns out to end its worker alone too, the number of a batch is suspected
        (memory), and later batches are half as large.
        """
        with self._lock:
            undone = self.without_end(jobs)
            if isinstance(error, WorkerLost):
                return self._on_loss(undone, error)
            event: Event = "hung" if error.code == "timeout" else "died"
            states = [self.happen(name, event, error) for name in undone]
            if len(jobs) > 1:
                self.batch_limit = len(jobs) // 2
                return f"{error}\n    → what it was doing is tried again, one take at a time"
            if "failed" in states:
                self.batch_limit = sys.maxsize
                return ""
            return f"{undone[0]}: {error}\n    → it is tried once more"

    def _on_loss(self, undone: Sequence[str], error: WorkerLost) -> str:
        self._losses.update(undone)
        for name in reversed(undone):  # so that they wait in their order
            if self._losses[name] < LOSSES:
                self.happen(name, "lost", error)
                continue
            message = f"{LOSSES} times a worker was lost while it was made; lastly: {error}"
            hint = "look whether it takes more memory than those machines have"
            self.happen(name, "lost too often", ModelError(error.code, message, hint))
        return f"{error}\n    → what it was doing is done by another worker"
