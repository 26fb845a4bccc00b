"""The client of a worker process: it is started, spoken to over two pipes, and stopped."""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from secondtake.core.errors import ModelError
from secondtake.core.jobs import Job
from secondtake.core.project import Project
from secondtake.core.protocol import ProtocolError, encode, read_message
from secondtake.runner.programs import start_process

GRACE_SECONDS = 5.0  # between asking a worker to stop and killing it


class ProgressListener(Protocol):
    """The display of a run."""

    def line(self, text: str) -> None: ...

    def progress(self, label: str, phase: str, done: int, total: int) -> None: ...


class WorkerDied(Exception):
    """The worker's process ended, or broke the protocol, in the middle of something."""


class Worker:
    """A model's script in its environment, on the other end of two pipes."""

    def __init__(self, process: "subprocess.Popen[str]", model: str) -> None:
        self.process = process
        self.model = model

    def wait_until_ready(self, listener: ProgressListener) -> int:
        """Wait for the model; the number of jobs that it takes at once.

        ModelError if the model says why it cannot load, WorkerDied if it does not.
        """
        message = self._receive("ready", self.model, listener)
        if message["type"] == "error":
            raise _model_error(message)
        return int(message["batch"])

    def generate(
        self, jobs: Sequence[Job], listener: ProgressListener
    ) -> Iterator[tuple[str, float | ModelError]]:
        """Have takes made at once; yield each job's name, as it ends, with seconds or error.

        WorkerDied if the worker is gone before all have an answer.
        """
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(encode("generate", jobs=[job.to_json() for job in jobs]))
            self.process.stdin.flush()
        except OSError:
            raise WorkerDied(self._exit_reason()) from None
        names = {job.name for job in jobs}
        label = jobs[0].name if len(jobs) == 1 else self.model
        while names:
            message = self._receive("result", label, listener)
            if message["type"] == "error" and not message["name"]:
                yield from ((name, _model_error(message)) for name in names)
                return  # it could read none of the jobs
            name = message["name"]
            if name not in names:
                raise self._protocol_error(f"an answer for {name!r}, which it has not to do")
            names.remove(name)
            failed = message["type"] == "error"
            yield name, _model_error(message) if failed else message["seconds"]

    def _receive(self, wanted: str, label: str, listener: ProgressListener) -> dict[str, Any]:
        """The next message of the wanted type, or the next error; progress is shown meanwhile."""
        assert self.process.stdout is not None
        while True:
            try:
                message = read_message(self.process.stdout)
            except (ProtocolError, UnicodeDecodeError) as error:
                raise self._protocol_error(str(error)) from None
            if message is None:
                raise WorkerDied(self._exit_reason())
            if message["type"] in (wanted, "error"):
                return message
            if message["type"] != "progress":
                raise self._protocol_error(f"a {message['type']} out of turn")
            listener.progress(label, message["phase"], message["done"], message["total"])

    def _protocol_error(self, reason: str) -> WorkerDied:
        self.process.kill()
        return WorkerDied(f"the worker broke the protocol: {reason}")

    def _exit_reason(self) -> str:
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


def _model_error(message: dict[str, Any]) -> ModelError:
    return ModelError(message["code"], message["message"], message["hint"])


@contextmanager
def running_worker(
    project: Project, model: str, checkpoint: str, results: Path, device: str, log: Path
) -> Iterator[Worker]:
    """A worker for one checkpoint of a model, from its start to its end; `log` gets its stderr."""
    command = [str(project.python(model)), str(project.script(model)), "--worker", str(results)]
    command += ["--checkpoint", checkpoint, "--device", device]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as errors:
        process = start_process(
            project,
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors.fileno(),
            new_session=True,  # Ctrl-C is for the runner, which then stops the worker
        )
    try:
        yield Worker(process, model)
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[str]") -> None:
    """Ask, wait, then kill. The end of its input is what a worker understands as "stop"."""
    for pipe in filter(None, (process.stdin, process.stdout)):
        with suppress(OSError):
            pipe.close()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
