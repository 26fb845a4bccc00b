"""The client of a worker process: it is started, spoken to over two pipes, and stopped."""

import math
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol

from secondtake.core.environ import child_environ
from secondtake.core.errors import LOST_DEVICE_HINT, Code, Exit, ModelError
from secondtake.core.escape import plain
from secondtake.core.formatting import format_duration
from secondtake.core.project import Project
from secondtake.core.protocol import ProtocolError, encode, read_message
from secondtake.runner.child_process import PIPE, Child, describe_end, start
from secondtake.runner.silence import VARIABLE, Silence, bytes_moved

GRACE_SECONDS = 5.0  # between asking a worker to stop and killing it
LOOK_SECONDS = 1.0  # between looks for other signs of life than a message
LAST_LINES, LINE_CHARACTERS, LAST_BYTES = 5, 200, 8192  # of a dead worker's log, for people
VMSTAT = Path("/proc/vmstat")  # Linux: counts the kills for want of memory
MEMORY_HINT = "close other programs, choose a smaller checkpoint or set SECONDTAKE_LOW_MEMORY=1"


class ProgressListener(Protocol):
    """The display of a run."""

    def line(self, text: str) -> None: ...

    def progress(self, label: str, phase: str, done: int, total: int) -> None: ...


class WorkerJob(Protocol):
    """A job, as it is told to a worker."""

    @property
    def name(self) -> str: ...

    def to_json(self) -> dict[str, Any]: ...


class WorkerDied(ModelError):
    """The worker's process ended, hung (code timeout), or broke the protocol, amid something."""


class WorkerStopped(Exception):
    """The run was stopped, and whoever waited for the worker waits no longer."""


class Worker:
    """A model's or a judge's script in its environment, on the other end of two pipes."""

    batches_ahead = 1  # it is told of the next one in no time

    def __init__(self, child: Child, launcher: "Launcher", log_start: int) -> None:
        self._child, self._launcher = child, launcher
        self._log_start = log_start  # bytes that the log had before
        self._silence = Silence(launcher.limit)
        self._inbox: SimpleQueue[dict[str, Any] | Exception | None] = SimpleQueue()
        self._messages = 0
        self._memory_kills = _memory_kills()
        Thread(target=self._listen, daemon=True).start()

    def wait_until_ready(self, listener: ProgressListener) -> int:
        """Wait for the model; the number of jobs that it takes at once.

        ModelError if the model says why it cannot load, WorkerDied if it does not.
        """
        message = self._receive("ready", self._launcher.model, listener)
        if message["type"] == "error":
            raise _model_error(message)
        for note in message["notes"]:
            listener.line(f"{self._launcher.model}: {plain(note)}")
        return int(message["batch"])

    def generate(
        self, batches: Sequence[Sequence[WorkerJob]], listener: ProgressListener
    ) -> Iterator[tuple[str, float | ModelError]]:
        """Have takes made, one batch after another, each at once; yield each job's name, as it
        ends, with seconds or error.

        WorkerDied if the worker is gone before all have an answer.
        """
        for jobs in batches:
            yield from self._generate_batch(jobs, listener)

    def _generate_batch(
        self, jobs: Sequence[WorkerJob], listener: ProgressListener
    ) -> Iterator[tuple[str, float | ModelError]]:
        assert self._child.stdin is not None
        try:
            kind = "judge" if self._launcher.judges else "generate"
            self._child.stdin.write(encode(kind, jobs=[job.to_json() for job in jobs]))
            self._child.stdin.flush()
        except OSError:
            raise self._died() from None
        names = {job.name for job in jobs}
        label = jobs[0].name if len(jobs) == 1 else self._launcher.model
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

    def interrupt(self) -> None:
        """Have whoever waits for it, in another thread, stop: WorkerStopped is raised there."""
        self._inbox.put(WorkerStopped())

    def stop(self) -> dict[str, float]:
        """Ask it to end, wait, then kill. The takes whose writing it finished, with seconds."""
        assert self._child.stdin is not None
        with suppress(OSError):
            self._child.stdin.close()  # which a worker understands as "stop"
        finished: dict[str, float] = {}
        deadline = time.monotonic() + GRACE_SECONDS
        with suppress(Empty, TimeoutError):
            while (message := self._inbox.get(timeout=_left(deadline))) is not None:
                if isinstance(message, dict) and message["type"] == "result":
                    finished[message["name"]] = message["seconds"]
            self._child.wait(_left(deadline))
            return finished
        self._child.kill()
        return finished

    def _listen(self) -> None:
        assert self._child.stdout is not None
        try:
            while message := read_message(self._child.stdout):
                self._inbox.put(message)
        except (ProtocolError, ValueError, OSError) as error:
            self._inbox.put(error)
        self._inbox.put(None)

    def _receive(self, wanted: str, label: str, listener: ProgressListener) -> dict[str, Any]:
        """The next message of the wanted type, or the next error; progress is shown meanwhile."""
        while True:
            message = self._next_message()
            if message["type"] in (wanted, "error"):
                return message
            if message["type"] != "progress":
                raise self._protocol_error(f"a {message['type']} out of turn")
            listener.progress(label, message["phase"], message["done"], message["total"])

    def _next_message(self) -> dict[str, Any]:
        """The next message, however long it takes while there are other signs of life."""
        while True:
            try:
                message = self._inbox.get(timeout=LOOK_SECONDS)
            except Empty:
                log, moved = _size(self._launcher.log), bytes_moved(self._child.pid)
                if self._silence.is_too_long(self._messages, log, moved):
                    raise self._hung() from None
                continue
            self._messages += 1
            if message is None:
                self._inbox.put(None)  # the end, for whoever asks next too
                raise self._died()
            if isinstance(message, WorkerStopped):
                raise message
            if isinstance(message, Exception):
                raise self._protocol_error(str(message))
            return message

    def _hung(self) -> WorkerDied:
        self._child.kill()
        quiet = format_duration(self._silence.limit)
        reason = f"the worker was ended: nothing was heard of it for {quiet}"
        return self._death("timeout", reason, f"for longer: {VARIABLE}=seconds (0: never)")

    def _protocol_error(self, reason: str) -> WorkerDied:
        self._child.kill()
        return self._death("bug", f"the worker broke the protocol: {reason}")

    def _died(self) -> WorkerDied:
        try:
            code = self._child.wait(GRACE_SECONDS)
        except TimeoutError:
            self._child.kill()
            return self._death("bug", "the worker closed its output without ending")
        reason = f"the worker {describe_end(code)}"
        if code == Exit.DEVICE_LOST:
            reason = "the worker ended, since its graphics card had failed"
            return self._death("unsupported", reason, LOST_DEVICE_HINT)
        if code != -signal.SIGKILL:
            return self._death("bug", reason)
        if self._memory_kills is not None and (_memory_kills() or 0) > self._memory_kills:
            return self._death("memory", f"{reason}: the system ran out of memory", MEMORY_HINT)
        return self._death("bug", f"{reason}; the system may have run out of memory")

    def _death(self, code: Code, reason: str, hint: str = "") -> WorkerDied:
        log = self._launcher.log
        lines = last_lines(log, self._log_start)
        message = "\n    ".join([f"{reason}; its last words:" if lines else reason, *lines])
        place = f"its log is {self._launcher.project.relative(log)}"
        return WorkerDied(code, message, f"{hint}; {place}" if hint else place)


@dataclass(frozen=True)
class Launcher:
    """How a model's workers are started: each of a run by the same build of its environment."""

    project: Project
    model: str
    python: Path  # by the resolved path of its environment, whose link may change meanwhile
    results: Path
    device: str
    log: Path  # gets what they print
    limit: float = math.inf  # seconds of silence after which a worker counts as hanging
    judges: bool = False  # a judge's script, which makes judgments

    @property
    def script(self) -> Path:
        return (
            self.project.judge_script(self.model)
            if self.judges
            else self.project.script(self.model)
        )

    @contextmanager
    def worker(
        self, checkpoint: str, variables: Mapping[str, str] | None = None
    ) -> Iterator[Worker]:
        """A worker for one checkpoint, from its start to its end. WorkerDied if there is none.

        variables: for its process, beside those that every model's has.
        """
        command: list[str | Path] = [self.python, self.script]
        command += ["--worker", self.results, "--checkpoint", checkpoint, "--device", self.device]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            log_start = log.tell()
            try:
                child = start(
                    command,
                    cwd=self.project.root,
                    env={**child_environ(self.project), **(variables or {})},
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=log,
                    text=True,
                    keep_lock=True,
                )
            except OSError as error:
                raise WorkerDied("bug", f"no worker can be started: {error}") from None
        with child:
            worker = Worker(child, self, log_start)
            yield worker
            worker.stop()


def last_lines(log: Path, start: int = 0) -> list[str]:
    """The last lines of a log behind its first `start` bytes: few, short, nothing invisible."""
    try:
        with log.open("rb") as file:
            file.seek(max(start, _size(log) - LAST_BYTES))
            text = file.read(LAST_BYTES).decode(errors="replace")
    except OSError:
        return []
    lines = filter(None, map(plain, text.splitlines()))
    return [line[:LINE_CHARACTERS] for line in lines][-LAST_LINES:]


def _memory_kills() -> int | None:
    """How many processes Linux has killed for want of memory; None if nobody says."""
    try:
        facts = dict(line.split() for line in VMSTAT.read_text(encoding="ascii").splitlines())
        return int(facts["oom_kill"])
    except (OSError, ValueError, KeyError):
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def _model_error(message: dict[str, Any]) -> ModelError:
    return ModelError(message["code"], message["message"], message["hint"])
