"""A model's page as a worker of the runner: loaded once, then batch after batch over stdio."""

import errno
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NoReturn, TextIO

from secondtake.core.errors import Exit, ModelError, UserError
from secondtake.core.generate import Loaded, Progress, make_takes
from secondtake.core.jobs import Job
from secondtake.core.progress import Seldom
from secondtake.core.protocol import ProtocolError, encode, read_message

PR_SET_PDEATHSIG = 1  # Linux: which signal this process gets when its parent dies
NO_MEMORY = ("out of memory", "allocate memory")  # how PyTorch says it on a device, on the CPU


class Conversation:
    """The worker's side of the protocol, on the stdin and stdout that it was born with."""

    def __init__(self) -> None:
        self._in: TextIO = os.fdopen(os.dup(0), encoding="utf-8")
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
        self._lock = threading.Lock()
        os.dup2(2, 1)  # whatever a model prints goes to the log, never between our messages
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)  # and what it starts, or asks of the user, never eats one of them
        os.close(nothing)
        self.inbox: SimpleQueue[dict[str, Any]] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def say(self, kind: str, **fields: Any) -> None:
        with self._lock:
            self._out.write(encode(kind, **fields))
            self._out.flush()

    def fail(self, name: str, error: BaseException) -> None:
        """Report an error; what was not expected leaves its traceback in the log."""
        known = as_model_error(error)
        if known.code == "bug":
            traceback.print_exception(error, file=sys.stderr)
        self.say("error", name=name, code=known.code, message=known.message, hint=known.hint)

    def _listen(self) -> None:
        try:
            while message := read_message(self._in):
                if message["type"] == "shutdown":
                    break
                self.inbox.put(message)
        except (ProtocolError, ValueError, OSError) as error:
            print(f"worker: {error}", file=sys.stderr, flush=True)
        finally:
            # The runner has finished with us or is gone. Nothing needs saving: a take is whole
            # on the disk or was never there.
            os._exit(Exit.DONE)


Prepare = Callable[[], tuple[Loaded, Mapping[str, str]]]  # the model, its weights' hashes


def serve(prepare: Prepare, results: Path) -> NoReturn:
    """Load the model, then do jobs until the runner says stop or goes away."""
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the runner decides what Ctrl-C means
    conversation = Conversation()

    seldom = Seldom()

    def progress(phase: str, done: int, total: int) -> None:
        if seldom.worth_telling(phase, done, total, time.monotonic()):
            conversation.say("progress", phase=phase, done=done, total=total)

    try:
        progress("loading", 0, 0)
        loaded, weights = prepare()
    except Exception as error:
        conversation.fail("", error)
        raise SystemExit(Exit.FAILED) from error
    conversation.say(
        "ready",
        device=loaded.device,
        dtype=loaded.dtype,
        load_seconds=round(loaded.seconds, 3),
        batch=loaded.batch,
    )
    while True:
        _do(conversation, conversation.inbox.get(), loaded, weights, results, progress)


def _do(
    conversation: Conversation,
    message: Mapping[str, Any],
    loaded: Loaded,
    weights: Mapping[str, str],
    results: Path,
    progress: Progress,
) -> None:
    try:
        jobs = _jobs(message["jobs"], loaded.batch)
    except Exception as error:
        conversation.fail("", error)
        return
    for job, made in make_takes(jobs, loaded, weights, results, progress):
        if isinstance(made, Exception):
            conversation.fail(job.name, made)
        else:
            conversation.say(
                "result", name=job.name, seconds=made.made.seconds, warnings=list(made.warnings)
            )


def _jobs(value: Any, batch: int) -> Sequence[Job]:
    """The jobs of a message. ValueError, TypeError or KeyError if they are none, or too many."""
    jobs = [Job.from_json(job) for job in value]
    if not 1 <= len(jobs) <= batch:
        raise ValueError(f"{len(jobs)} jobs at once; this model takes 1 to {batch}")
    if len({job.name for job in jobs}) < len(jobs):
        raise ValueError("two jobs of one name at once")
    return jobs


def as_model_error(error: BaseException) -> ModelError:
    """What an error means to a person; code bug if nobody expected it."""
    if isinstance(error, ModelError):
        return error
    if isinstance(error, UserError):
        return ModelError("unsupported", str(error))
    if isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in NO_MEMORY):
        return ModelError(
            "memory",
            f"out of memory: {error}",
            "close other programs, choose a smaller checkpoint, set SECONDTAKE_LOW_MEMORY=1, or "
            "use --device cpu",
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelError("disk", str(error), "make room: invoke clean shows what can go")
    return ModelError("bug", f"{type(error).__name__}: {error}", "the log has the whole story")


def _die_with_parent() -> None:
    """On Linux, be killed when the runner dies; elsewhere the end of stdin says so."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
