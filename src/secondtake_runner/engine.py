"""The local engine: one worker at a time, loaded once, doing the jobs of one checkpoint.

The records are the truth: an engine may be killed at any point, and the next run does what
has no record. A job whose worker dies is failed, and the others get a new worker.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import IO, Any, Protocol

from secondtake.errors import ModelError
from secondtake.jobs import Job
from secondtake.outcomes import Outcome
from secondtake.project import Project
from secondtake.protocol import ProtocolError, encode, read_message
from secondtake.surroundings import model_environ

GRACE_SECONDS = 5.0  # between asking a worker to stop and killing it

Told = Callable[[Job, Outcome], None]


class Watcher(Protocol):
    """Whoever shows the run."""

    def line(self, text: str) -> None: ...

    def progress(self, label: str, phase: str, done: int, total: int) -> None: ...


class WorkerDied(Exception):
    """The worker's process ended, or talked nonsense, in the middle of something."""


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
        waiting = list(group)
        while waiting:
            with _worker(project, waiting[0].model, checkpoint, results, device, log) as worker:
                waiting = _work(worker, waiting, project.relative(log), watcher, told)


def _work(
    worker: "Worker", waiting: list[Job], log: str, watcher: Watcher, told: Told
) -> list[Job]:
    """Give jobs to one worker until they are done or it dies; return those left to do."""
    try:
        worker.wait_until_ready(watcher)
    except (ModelError, WorkerDied) as error:
        for job in waiting:
            told(job, _failure(error, log))
        return []
    for place, job in enumerate(waiting):
        try:
            told(job, worker.do(job, watcher))
        except ModelError as error:
            told(job, _failure(error, log))
        except WorkerDied as error:
            told(job, _failure(error, log))
            return waiting[place + 1 :]
    return []


def _failure(error: ModelError | WorkerDied, log: str) -> Outcome:
    if isinstance(error, ModelError):
        return Outcome("failed", error.code, error.message, error.hint, log)
    return Outcome("failed", "bug", str(error), f"its last words are in {log}", log)


class Worker:
    """A model's page in its environment, on the other end of two pipes."""

    def __init__(self, process: "subprocess.Popen[str]", model: str) -> None:
        self.process = process
        self.model = model

    @property
    def _in(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin

    def wait_until_ready(self, watcher: Watcher) -> None:
        """ModelError if the model says why it cannot load, WorkerDied if it does not."""
        self._until("ready", self.model, watcher)

    def do(self, job: Job, watcher: Watcher) -> Outcome:
        """Have one take made. ModelError if the model cannot, WorkerDied if it is gone."""
        try:
            self._in.write(encode("generate", job=job.to_json()))
            self._in.flush()
        except OSError:
            raise WorkerDied(self._how_it_ended()) from None
        result = self._until("result", job.name, watcher)
        return Outcome("done", message=f"{result['seconds']:.1f} s")

    def _until(self, wanted: str, label: str, watcher: Watcher) -> dict[str, Any]:
        assert self.process.stdout is not None
        while True:
            try:
                message = read_message(self.process.stdout)
            except (ProtocolError, UnicodeDecodeError) as error:
                self.process.kill()
                raise WorkerDied(f"the worker broke the protocol: {error}") from None
            if message is None:
                raise WorkerDied(self._how_it_ended())
            if message["type"] == wanted:
                return message
            if message["type"] == "error":
                raise ModelError(message["code"], message["message"], message["hint"])
            if message["type"] == "progress":
                watcher.progress(label, message["phase"], message["done"], message["total"])

    def _how_it_ended(self) -> str:
        try:
            code = self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "the worker closed its output without ending"
        if code >= 0:
            return f"the worker ended with exit code {code}"
        name = signal.Signals(-code).name
        memory = "; the system may have run out of memory" if name == "SIGKILL" else ""
        return f"the worker was killed by {name}{memory}"


@contextmanager
def _worker(
    project: Project, model: str, checkpoint: str, results: Path, device: str, log: Path
) -> Iterator[Worker]:
    command = [str(project.python(model)), str(project.page(model)), "--worker", str(results)]
    command += ["--checkpoint", checkpoint, "--device", device]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command,
            cwd=project.root,
            env=model_environ(project),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for the runner, which then stops the worker
        )
    try:
        yield Worker(process, model)
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[str]") -> None:
    """Ask, wait, then kill. The end of its input is what a worker understands as "stop"."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue
    deadline = time.monotonic() + GRACE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if process.poll() is None:
        process.kill()
    process.wait()
