"""A script as the runner's worker: loaded once, then batch after batch over stdio."""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic, NoReturn, Protocol, TextIO, TypeVar

from secondtake.core.errors import DeviceLostError, Exit, as_model_error
from secondtake.core.generate import (
    LoadedModel,
    Progress,
    SelectedDevice,
    generate_takes,
    read_environment_marker,
)
from secondtake.core.jobs import Job
from secondtake.core.progress import Throttle
from secondtake.core.protocol import ProtocolError, encode, read_message

WRITING_SECONDS = 30.0  # that the end waits for a take: a disk that needs longer does not answer


class Channel:
    """The worker's side of the protocol, on the stdin and stdout that it was started with."""

    def __init__(self) -> None:
        self._in: TextIO = os.fdopen(os.dup(0), encoding="utf-8")
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
        self._lock = threading.Lock()
        self.writing = threading.Lock()  # held while a take is written, until it was answered for
        os.dup2(2, 1)  # whatever a model prints goes to the log, never between our messages
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)  # and what it starts, or asks of the user, never eats one of them
        os.close(nothing)
        self.inbox: SimpleQueue[dict[str, Any]] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._end_on_signal, args=(_wakeups(),), daemon=True).start()

    def send(self, kind: str, **fields: Any) -> None:
        """Send a message. That the runner is gone, the end of the input says."""
        with self._lock, suppress(BrokenPipeError):
            self._out.write(encode(kind, **fields))
            self._out.flush()

    def send_error(self, name: str, error: BaseException) -> None:
        """Report an error; a bug leaves its traceback in the log."""
        reported = as_model_error(error)
        if reported.code == "bug":
            traceback.print_exception(error, file=sys.stderr)
        message, hint = reported.message, reported.hint
        self.send("error", name=name, code=reported.code, message=message, hint=hint)

    def end_if_lost(self, error: BaseException) -> None:
        """End the process if it has lost its device: what it has not answered for is tried anew."""
        reported = as_model_error(error)
        if not isinstance(reported, DeviceLostError):
            return
        traceback.print_exception(error, file=sys.stderr)
        print(reported.message, file=sys.stderr, flush=True)
        with self._lock:
            os._exit(Exit.DEVICE_LOST)

    def _listen(self) -> None:
        try:
            while message := read_message(self._in):
                if message["type"] == "shutdown":
                    break
                self.inbox.put(message)
        except (ProtocolError, ValueError, OSError) as error:
            print(f"worker: {error}", file=sys.stderr, flush=True)
        finally:
            self._end(Exit.DONE)

    def _end_on_signal(self, wakeups: int) -> None:
        while os.read(wakeups, 1) != bytes([signal.SIGTERM]):
            pass
        self._end(Exit.TERMINATED)

    def _end(self, code: int) -> NoReturn:
        """End the process, whatever the model is doing: what was not begun to be written is lost.

        A take that is being written becomes whole first, and is answered for.
        """
        self.writing.acquire(timeout=WRITING_SECONDS)
        self._lock.acquire(timeout=1.0)  # so that no message is cut
        os._exit(code)


J = TypeVar("J", bound="Named")


class Named(Protocol):
    """A job, as far as the protocol knows it."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Service(Generic[J]):
    """What a loaded script does for the runner: takes by a model, judgments by a judge."""

    device: SelectedDevice
    dtype: str
    load_seconds: float
    batch: int  # jobs at once, at most
    read_job: Callable[[Any], J]  # of a message's entry; ValueError, TypeError or KeyError
    # Yields every job once, with the fields of its result (seconds, warnings) or its error. What
    # is held while a job's file is written keeps the process from ending meanwhile.
    work: Callable[
        [Sequence[J], Progress, AbstractContextManager[Any]],
        Iterator[tuple[J, Mapping[str, Any] | Exception]],
    ]


def model_service(loaded: LoadedModel, weights: Mapping[str, str], results: Path) -> Service[Job]:
    """A loaded model's takes, written into the results. weights: the hashes of its files."""

    def work(
        jobs: Sequence[Job], progress: Progress, writing: AbstractContextManager[Any]
    ) -> Iterator[tuple[Job, Mapping[str, Any] | Exception]]:
        for job, take in generate_takes(jobs, loaded, weights, results, progress, writing):
            if isinstance(take, Exception):
                yield job, take
            else:
                yield job, {"seconds": take.made.seconds, "warnings": list(take.warnings)}

    return Service(loaded.device, loaded.dtype, loaded.seconds, loaded.batch, Job.from_json, work)


def serve(prepare: Callable[[], Service[J]]) -> NoReturn:
    """Load a script's network, then do jobs until the runner says stop or goes away."""
    read_environment_marker()  # before anything can be built anew
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the runner decides what Ctrl-C means
    channel = Channel()
    throttle = Throttle()

    def progress(phase: str, done: int, total: int) -> None:
        if throttle.should_emit(phase, done, total, time.monotonic()):
            channel.send("progress", phase=phase, done=done, total=total)

    try:
        progress("loading", 0, 0)
        service = prepare()
    except Exception as error:
        channel.send_error("", error)
        raise SystemExit(Exit.FAILED) from error
    facts = {"device": service.device.name, "dtype": service.dtype, "batch": service.batch}
    notes, seconds = list(service.device.notes), round(service.load_seconds, 3)
    channel.send("ready", **facts, load_seconds=seconds, notes=notes)
    while True:
        try:
            jobs = _jobs(channel.inbox.get()["jobs"], service)
        except Exception as error:
            channel.send_error("", error)
            continue
        for job, result in service.work(jobs, progress, channel.writing):
            if isinstance(result, Exception):
                channel.end_if_lost(result)
                channel.send_error(job.name, result)
            else:
                channel.send("result", name=job.name, **result)


def _jobs(value: Any, service: Service[J]) -> Sequence[J]:
    """The jobs of a message. ValueError, TypeError or KeyError if they are none, or too many."""
    jobs = [service.read_job(job) for job in value]
    if not 1 <= len(jobs) <= service.batch:
        raise ValueError(f"{len(jobs)} jobs at once; this script takes 1 to {service.batch}")
    if len({job.name for job in jobs}) < len(jobs):
        raise ValueError("two jobs of one name at once")
    return jobs


def _wakeups() -> int:
    """A descriptor that can be read as soon as a signal comes, even while the main thread is deep
    in a library that never comes back to Python."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    signal.set_wakeup_fd(writing)
    return reading
