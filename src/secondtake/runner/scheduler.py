"""The scheduler: workers at the places that an engine has, each loaded once, until all jobs end.

A worker says how many jobs it takes at once, and gets them as one batch. The records are the truth:
the scheduler may be killed at any point, and the next run does what has no record.

Each worker is waited for by a thread of its own. What they have to tell comes to the thread that
called `run`, which alone shows and records it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Any, Protocol

from secondtake.core.errors import ModelError
from secondtake.core.jobs import Job
from secondtake.core.outcomes import Outcome
from secondtake.runner.job_queue import JobQueue, OnOutcome
from secondtake.runner.worker_client import (
    GRACE_SECONDS,
    ProgressListener,
    WorkerDied,
    WorkerStopped,
)

LOADS = 2  # of a checkpoint at one place that die one after another, before it is given up there
LOOK_SECONDS = 2.0  # between looks for room: a cluster grows and shrinks by itself
STOP_SECONDS = 4 * GRACE_SECONDS  # for all workers together, to finish what they are writing


class WorkerHandle(Protocol):
    """A checkpoint that is loaded somewhere, or being loaded (runner.worker_client)."""

    @property
    def batches_ahead(self) -> int: ...  # that it may be given at once, to do one after another

    def wait_until_ready(self, listener: ProgressListener) -> int: ...

    def generate(
        self, batches: Sequence[Sequence[Job]], listener: ProgressListener
    ) -> Iterator[tuple[str, float | ModelError]]: ...

    def interrupt(self) -> None: ...

    def stop(self) -> dict[str, float]: ...


class Seat(Protocol):
    """Room for one worker of one checkpoint. It is taken until it is left."""

    @property
    def place(self) -> str: ...  # the machine, for people

    @property
    def key(self) -> str: ...  # by which the machine is avoided

    def worker(self) -> AbstractContextManager[WorkerHandle]: ...

    def leave(self) -> None: ...


class Engine(Protocol):
    """Where workers run: this machine (runner.local_engine), or a cluster (runner.ray_engine)."""

    def seat(self, model: str, checkpoint: str, avoided: frozenset[str]) -> Seat | None:
        """A seat for a worker of a checkpoint, at no avoided place; None while there is no room.

        ModelError if no place could ever have it.
        """

    def has_place(self, model: str, checkpoint: str, avoided: frozenset[str]) -> bool:
        """True if there is a place that could ever have it, and is not avoided."""

    def log(self, model: str) -> str:
        """The file that gets what a model's workers print, as people see it."""


def run(
    jobs: Sequence[Job],
    engine: Engine,
    listener: ProgressListener,
    on_outcome: OnOutcome,
    on_look: Callable[[], object] = lambda: None,
) -> None:
    """Do the jobs; `on_outcome` gets each job's outcome as soon as it is known.

    It is called in this thread, as is `on_look`, every other second. An error that they raise ends
    the run, as an interrupt does: what workers are writing is finished first, and `on_outcome` gets
    that too.
    """
    Run(engine, listener, on_outcome, jobs).until_done(on_look)


@dataclass
class _Group:
    """The jobs of one checkpoint, and the workers that do them."""

    model: str
    checkpoint: str
    queue: JobQueue
    workers: int = 0
    loading: int = 0
    load_deaths: Counter[str] = field(default_factory=Counter)  # by key, one after another
    avoided: set[str] = field(default_factory=set)  # keys of places where it cannot be loaded
    error: ModelError | None = None  # the last one of loading


class Run:
    """One call of `run`."""

    def __init__(
        self, engine: Engine, listener: ProgressListener, on_outcome: OnOutcome, jobs: Sequence[Job]
    ) -> None:
        self._engine, self._listener, self._on_outcome = engine, listener, on_outcome
        self._inbox: SimpleQueue[partial[None]] = SimpleQueue()  # of the calling thread
        self._workers: set[WorkerHandle] = set()
        self._threads = 0
        self._is_stopped = False
        self._groups = [
            _Group(model, checkpoint, JobQueue(group, engine.log(model), self._tell_outcome))
            for (model, checkpoint), group in _by_checkpoint(jobs).items()
        ]

    def until_done(self, on_look: Callable[[], object]) -> None:
        """Start workers wherever there is room, and pass on what they tell, until all is done."""
        try:
            look_at = 0.0
            while True:
                if monotonic() >= look_at:
                    look_at = monotonic() + LOOK_SECONDS
                    self._start_workers()
                    on_look()
                threads = self._threads
                if not threads and self._inbox.empty() and not self._to_give:
                    return
                with suppress(Empty):
                    self._inbox.get(timeout=LOOK_SECONDS)()
                if self._threads != threads:  # one ended: what it left can be taken
                    look_at = 0.0
        except BaseException:  # Ctrl-C, a signal, --fail-fast: what is being written is finished
            self._stop()
            raise

    @property
    def _to_give(self) -> int:
        return sum(group.queue.to_give for group in self._groups)

    def line(self, text: str) -> None:
        """A worker's line for people, passed on by the calling thread."""
        self._inbox.put(partial(self._listener.line, text))

    def progress(self, label: str, phase: str, done: int, total: int) -> None:
        """How far a worker is, passed on by the calling thread."""
        self._inbox.put(partial(self._listener.progress, label, phase, done, total))

    def _wait_until_heard(self) -> None:
        """Wait in a worker's thread until the calling thread has heard of a failure: it may end the
        run, and nothing more is to be made then."""
        heard = Event()
        self._inbox.put(partial(heard.set))
        while not heard.wait(LOOK_SECONDS) and not self._is_stopped:
            pass

    def _tell_outcome(self, job: Job, outcome: Outcome) -> None:
        self._inbox.put(partial(self._on_outcome, job, outcome))

    def _start_workers(self) -> None:
        """Start as many workers as there are seats and jobs for, each group's in turn."""
        while sum(self._start_worker(group) for group in self._groups):
            pass

    def _start_worker(self, group: _Group) -> bool:
        """Start one more worker of a group, if it has use for one and there is room."""
        if group.queue.to_give <= group.loading:
            return False
        try:
            avoided = frozenset(group.avoided)
            seat = self._engine.seat(group.model, group.checkpoint, avoided)
        except ModelError as error:
            if not group.workers:  # else those may do it
                group.queue.give_up(group.error or error)
            return False
        if seat is None:
            return False
        group.workers += 1
        group.loading += 1
        self._threads += 1
        Thread(target=self._serve, args=(group, seat), name=seat.place, daemon=True).start()
        return True

    def _serve(self, group: _Group, seat: Seat) -> None:
        """The thread of one worker, from its start to its end."""
        loaded: list[bool] = []
        try:
            with seat.worker() as worker:
                self._workers.add(worker)
                try:
                    if not self._is_stopped:
                        batch = worker.wait_until_ready(self)
                        loaded.append(True)
                        self._inbox.put(partial(self._on_load, group, seat))
                        self._work(worker, group.queue, batch)
                finally:
                    self._workers.discard(worker)
        except WorkerStopped:
            pass
        except ModelError as error:
            self._inbox.put(partial(self._on_load_failure, group, seat, error))
        except BaseException as error:
            self._inbox.put(partial(_raise, error))
        finally:
            seat.leave()
            self._inbox.put(partial(self._on_end, group, bool(loaded)))

    def _work(self, worker: WorkerHandle, queue: JobQueue, batch: int) -> None:
        """Give jobs to one worker until there are none, it dies, or the run is stopped."""
        batches: list[list[Job]] = []
        sizes: dict[str, int] = {}
        try:
            while not self._is_stopped and (
                batches := queue.next_batches(batch, worker.batches_ahead)
            ):
                sizes = {job.name: len(jobs) for jobs in batches for job in jobs}
                for name, answer in worker.generate(batches, self):
                    if isinstance(answer, ModelError):
                        queue.happen(name, "refused", answer)
                        self._wait_until_heard()
                    else:
                        queue.happen(name, "answered", message=_describe(answer, sizes[name]))
        except WorkerDied as error:
            if line := queue.on_end_amid(batches, error):
                self.line(line)
        except WorkerStopped:
            finished = worker.stop()
            for name in queue.without_end(job for jobs in batches for job in jobs):
                if name in finished:
                    queue.happen(name, "answered", message=_describe(finished[name], sizes[name]))
                else:
                    queue.happen(name, "stopped")

    def _on_load(self, group: _Group, seat: Seat) -> None:
        group.loading -= 1
        group.load_deaths.pop(seat.key, None)

    def _on_load_failure(self, group: _Group, seat: Seat, error: ModelError) -> None:
        """Load it once more where its process died; else nowhere there."""
        group.error = error
        group.load_deaths[seat.key] += 1
        again = isinstance(error, WorkerDied) and group.load_deaths[seat.key] < LOADS
        if not again:
            group.avoided.add(seat.key)
            if not self._engine.has_place(group.model, group.checkpoint, frozenset(group.avoided)):
                return  # which its jobs say
        what_next = "it is loaded once more" if again else f"not on {seat.place}, but elsewhere"
        self._listener.line(f"{group.checkpoint}: {error}\n    → {what_next}")

    def _on_end(self, group: _Group, was_loaded: bool) -> None:
        self._threads -= 1
        group.workers -= 1
        if not was_loaded:
            group.loading -= 1

    def _stop(self) -> None:
        """End every worker; on_outcome hears what they finish meanwhile."""
        self._is_stopped = True
        for worker in list(self._workers):
            worker.interrupt()
        deadline = monotonic() + STOP_SECONDS
        while self._threads and monotonic() < deadline:
            with suppress(Exception):  # another error ends the run already
                self._inbox.get(timeout=max(0.0, deadline - monotonic()))()


def _by_checkpoint(jobs: Sequence[Job]) -> dict[tuple[str, str], list[Job]]:
    groups: dict[tuple[str, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.model, job.checkpoint), []).append(job)
    return groups


def _describe(seconds: float, batch: int) -> str:
    return f"{seconds:.1f} s in a batch of {batch}" if batch > 1 else f"{seconds:.1f} s"


def _raise(error: Any) -> None:
    raise error
