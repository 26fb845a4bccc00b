"""The errors that the project expects, and how a program ends with one.

Each says in one line what a person can do about it. What nobody expected is three lines (what
happened, the log with its traceback, what to do) and an exit code of its own, wherever it comes up.
"""

import errno
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from secondtake.core import streams
from secondtake.core.formatting import format_bytes
from secondtake.core.interrupts import end_at_once_if_again, hear_interrupts
from secondtake.core.redaction import redact
from secondtake.core.streams import PIPE_CLOSED, close_to_reader, print_json, wants_json
from secondtake.core.unexpected import log_unexpected

Code = Literal[
    "no_token",  # a gated model, and no token to show
    "bad_token",  # the hub refuses the token
    "terms",  # the account has not accepted the model's licence
    "network",  # the hub cannot be reached, or answers with a fault of its own
    "disk",  # not enough room
    "memory",  # not enough memory
    "declined",  # a person answered no to a large download
    "unsupported",  # the model cannot do what was asked
    "bad_weights",  # a weight file is missing, damaged, or not the one it should be
    "environment",  # the model's environment cannot be built
    "timeout",  # nothing was heard of it for as long as SECONDTAKE_TIMEOUT allows
    "bug",  # anything that nobody expected
]
CODES: frozenset[str] = frozenset(get_args(Code))

# A person must act, or the machine change, before the model can run at all.
BLOCKING = frozenset("no_token bad_token terms network disk memory declined environment".split())


class UserError(Exception):
    """Bad input: the message names the file, the place and the remedy. Exit code 2."""


class LockedError(Exception):
    """Another run holds the lock. Exit code 4."""


class ModelError(Exception):
    """A model cannot do a job. The code says which kind of reason, the hint what to do next."""

    def __init__(self, code: Code, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.hint = hint


class UnsupportedError(ModelError):
    """A model cannot do what a job asks: of which input (`key`), its value, the limit, the remedy.

    Planning says so before anything is built (secondtake.core.constraints), a worker of its own.
    """

    def __init__(self, key: str, message: str, hint: str) -> None:
        super().__init__("unsupported", message, hint)
        self.key = key


class Exit:
    """Exit codes of every command (docs/commands.md)."""

    DONE = 0
    FAILED = 1
    BAD_INPUT = 2
    BLOCKED = 3
    LOCKED = 4
    UNEXPECTED = 70  # EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130
    PIPE_CLOSED = PIPE_CLOSED  # who reads stdout has seen enough, as `head` has
    TERMINATED = 143


DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the last: a limit on a file's size
MAKE_ROOM = "make room (invoke clean shows what can go) and type it again"
# PyTorch's words for it: on a device, on the CPU.
MEMORY_SIGNS = ("out of memory", "allocate memory")


def run_program(work: Callable[[], int], *, as_json: bool = False) -> int:
    """Do the work; its exit code, or that of an error, which is printed on stderr.

    as_json: print the error on stdout too, as an object (docs/schemas/error.json).
    """
    try:
        hear_interrupts()
        code = work()
        if sys.stdout:
            sys.stdout.flush()
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        return end_program(error, as_json=as_json)
    if streams.tell_lost_output():
        return code or Exit.FAILED
    return code or (Exit.UNEXPECTED if streams.has_failed_thread() else Exit.DONE)


def end_program(error: BaseException, *, as_json: bool | None = None) -> int:
    """Say why a program ends; its exit code. as_json None: if --json is on the command line."""
    if as_json is None:
        as_json = wants_json(sys.argv[1:])
    if isinstance(error, BrokenPipeError):
        close_to_reader()
        return Exit.PIPE_CLOSED
    if isinstance(error, KeyboardInterrupt):
        end_at_once_if_again()
        if as_json:
            print_error_object("interrupted", "interrupted", "", Exit.INTERRUPTED)
        return Exit.INTERRUPTED
    code, kind, message, hints = _described(error)
    message, hints = redact(message), [redact(hint) for hint in hints]
    print(f"error: {message}", *hints, sep="\n  → ", file=sys.stderr)
    if as_json:
        print_error_object(kind, message, "; ".join(hints), code)
    return code


streams.set_ending(end_program)


def _described(error: BaseException) -> tuple[int, str, str, list[str]]:
    """An error's exit code, its code in words, its message, and what else to say of it."""
    if isinstance(error, UserError):
        return Exit.BAD_INPUT, "bad_input", str(error), []
    if isinstance(error, LockedError):
        return Exit.LOCKED, "locked", str(error), []
    if isinstance(error, OSError):  # a disk that is full, a file that is another user's
        kind = "disk" if error.errno in DISK_FULL else "file"
        return Exit.FAILED, kind, describe_os_error(error), [MAKE_ROOM] if kind == "disk" else []
    reported = as_model_error(error)
    if reported.code == "bug" and reported is not error:  # nobody expected it
        return Exit.UNEXPECTED, "bug", *log_unexpected(error)
    return exit_of(reported), reported.code, reported.message, list(filter(None, [reported.hint]))


def print_error_object(kind: str, message: str, hint: str, exit_code: int) -> None:
    """Print an error as programs read it: one JSON object on stdout (docs/schemas/error.json)."""
    error = {"code": kind, "message": message, "hint": hint}
    print_json({"error": error, "exit_code": exit_code})


def exit_of(error: ModelError) -> int:
    """The exit code for a model that cannot go on."""
    return Exit.BLOCKED if error.code in BLOCKING else Exit.FAILED


def describe_os_error(error: OSError) -> str:
    """The file, as far as the system names it, and what is wrong with it."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def with_path(error: OSError, path: Path, needed: int = 0) -> OSError:
    """The error of a write with the file's name; a full disk's with the bytes needed and free."""
    reason = error.strerror or str(error)
    if error.errno in DISK_FULL:
        with suppress(OSError):
            free = f"{format_bytes(shutil.disk_usage(path.parent).free)} are free"
            reason += f": {format_bytes(needed)} are needed, {free}" if needed else f": {free}"
    return OSError(error.errno, reason, str(path))


def as_model_error(error: BaseException) -> ModelError:
    """The error as a person is told of it; code bug if nobody expected it."""
    if isinstance(error, ModelError):
        return error
    if isinstance(error, UserError):
        return ModelError("unsupported", str(error))
    if isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in MEMORY_SIGNS):
        return ModelError(
            "memory",
            f"out of memory: {error}",
            "close other programs, choose a smaller checkpoint, set SECONDTAKE_LOW_MEMORY=1, or "
            "use --device cpu",
        )
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return ModelError("disk", describe_os_error(error), MAKE_ROOM)
    return ModelError("bug", f"{type(error).__name__}: {error}", "the log has the whole story")
