"""The errors that the project expects, and how a program ends with one.

Each says in one line what a person can do about it. What nobody expected is three lines (what
happened, the log with its traceback, what to do) and an exit code of its own, wherever it comes up.
"""

import errno
import re
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
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


class DeviceLostError(ModelError):
    """A device whose state is lost: whatever this process asks of it fails from now on."""


class Exit:
    """Exit codes of every command (docs/commands.md)."""

    DONE = 0
    FAILED = 1
    BAD_INPUT = 2
    BLOCKED = 3
    LOCKED = 4
    UNEXPECTED = 70  # EX_SOFTWARE of sysexits.h
    DEVICE_LOST = 75  # EX_TEMPFAIL: of a worker, whose jobs are tried again by a new process
    INTERRUPTED = 130
    PIPE_CLOSED = PIPE_CLOSED  # who reads stdout has seen enough, as `head` has
    TERMINATED = 143


DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the last: a limit on a file's size
MAKE_ROOM = "make room (invoke clean shows what can go) and type it again"


@dataclass(frozen=True)
class KnownFailure:
    """A failure of a device or of its libraries, known by the words of the error's first line."""

    signs: tuple[str, ...]  # any of them, in small letters
    code: Code
    meaning: str
    hint: str
    loses_device: bool = False


ON_THE_CPU = "or use --device cpu"
GRAPHICS_PAGE = "docs/troubleshooting.md#graphics-memory-and-graphics-cards"
LOST_DEVICE_HINT = f"restart the computer, update the graphics card's driver, {ON_THE_CPU}"
# The first that fits is it. cuBLAS and cuDNN say that they are not initialized where there is no
# room for what they keep on the card.
KNOWN_FAILURES = (
    KnownFailure(
        (
            "device-side assert triggered",
            "illegal memory access",
            "illegal instruction was encountered",
            "misaligned address",
            "unspecified launch failure",
            "launch timed out",
            "uncorrectable ecc error",
            "hardware stack error",
            "cuda error: unknown error",
        ),
        "unsupported",
        "the graphics card has failed amid a computation",
        LOST_DEVICE_HINT,
        loses_device=True,
    ),
    KnownFailure(
        (
            "cuda out of memory",
            "hip out of memory",
            "mps backend out of memory",
            "cuda error: out of memory",
            "cublas_status_alloc_failed",
            "cublas_status_not_initialized",
            "cudnn_status_alloc_failed",
            "cudnn_status_not_initialized",
        ),
        "memory",
        "out of memory on the graphics card",
        "close what else uses the graphics card, make fewer takes at once (--takes 1), choose a "
        f"smaller checkpoint, set SECONDTAKE_LOW_MEMORY=1, {ON_THE_CPU}",
    ),
    KnownFailure(
        ("out of memory", "allocate memory"),
        "memory",
        "out of memory",
        "close other programs, choose a smaller checkpoint, set SECONDTAKE_LOW_MEMORY=1, "
        + ON_THE_CPU,
    ),
    KnownFailure(
        (
            "no kernel image is available",
            "device kernel image is invalid",
            "cudnn_status_arch_mismatch",
            "cublas_status_arch_mismatch",
            "invalid value for --gpu-architecture",
            "not compiled with cuda enabled",
        ),
        "unsupported",
        "this PyTorch was not built for this graphics card",
        f"{GRAPHICS_PAGE} says which is, {ON_THE_CPU}",
    ),
    KnownFailure(
        (
            "driver version is insufficient",
            "nvidia driver on your system is too old",
            "compiled with an unsupported toolchain",
            "unsupported display driver / cuda driver combination",
            "forward compatibility was attempted",
            "found no nvidia driver",
            "no cuda gpus are available",
            "no cuda-capable device is detected",
            "driver initialization failed",
            "cuda unknown error",
            "system not yet initialized",
            "driver/library version mismatch",
        ),
        "unsupported",
        "the NVIDIA driver does not serve this PyTorch",
        "nvidia-smi must list the card; install NVIDIA's current driver and restart, and unset "
        f"CUDA_VISIBLE_DEVICES if it names no card, {ON_THE_CPU}",
    ),
    KnownFailure(
        (
            "cudnn_status_",
            "cublas_status_",
            "cufft error",
            "unable to find an engine to execute this computation",
            "no execution plans support the graph",
        ),
        "unsupported",
        "a library of NVIDIA's refuses this computation",
        "unset LD_LIBRARY_PATH if it leads to another CUDA, update the NVIDIA driver, "
        + ON_THE_CPU,
    ),
    KnownFailure(
        (
            "implemented for the mps device",
            "not supported at the mps device",
            "mps tensor to float64",
            "the mps framework doesn't support",
            "is only supported on macos",
            "not supported on mps",
            "arguments from the 'mps' backend",
            "to the mps backend but it does not",
            '_mps" not implemented',
            "mpsgraph does not support",
        ),
        "unsupported",
        "Apple's graphics cores cannot do this",
        f"use --device cpu, or a newer macOS ({GRAPHICS_PAGE.partition('#')[0]}#on-a-mac)",
    ),
)
# What PyTorch advises behind what happened: other than our hints, or of no use here.
ADVICE = re.compile(
    r"\s*(?:Use PYTORCH_|If reserved |See documentation |Please (?:update|check) |"
    r"If you want this op|As a temporary fix|This could be because |This error may appear ).*"
)
LONGEST_ERROR = 300  # characters of a library's error in a message


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
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return ModelError("disk", describe_os_error(error), MAKE_ROOM)
    if known := _known_failure(error):
        kind = DeviceLostError if known.loses_device else ModelError
        said = ADVICE.sub("", first_line(error))[:LONGEST_ERROR]
        return kind(known.code, f"{known.meaning}: {said}" if said else known.meaning, known.hint)
    return ModelError("bug", f"{type(error).__name__}: {error}", "the log has the whole story")


def _known_failure(error: BaseException) -> KnownFailure | None:
    text = first_line(error).lower()
    if isinstance(error, MemoryError):
        text = f"out of memory {text}"
    return next((k for k in KNOWN_FAILURES if any(sign in text for sign in k.signs)), None)


def first_line(error: BaseException) -> str:
    """The first line with words: what follows are PyTorch's remarks on debugging."""
    return next(filter(None, map(str.strip, str(error).splitlines())), "")
