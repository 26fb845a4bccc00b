"""The errors that the project expects, and how a program ends with one.

Each says in one line what a person can do about it; what nobody expected keeps its traceback.
"""

import errno
import sys
from collections.abc import Callable
from typing import Literal, get_args

Code = Literal[
    "no_token",  # a gated model, and no token to show
    "bad_token",  # the hub refuses the token
    "terms",  # the account has not accepted the model's licence
    "network",  # the hub cannot be reached, or answers with a fault of its own
    "disk",  # not enough room
    "memory",  # not enough memory
    "unsupported",  # the model cannot do what was asked
    "bad_weights",  # a weight file is missing, damaged, or not the one it should be
    "environment",  # the model's environment cannot be built
    "bug",  # anything that nobody expected
]
CODES: frozenset[str] = frozenset(get_args(Code))

# A person must act, or the machine change, before the model can run at all.
BLOCKING = frozenset("no_token bad_token terms network disk memory environment".split())


class UserError(Exception):
    """Bad input: the message names the file, the place and the remedy. Exit code 2."""


class ModelError(Exception):
    """A model cannot do a job. The code says which kind of reason, the hint what to do next."""

    def __init__(self, code: Code, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.hint = hint


class Exit:
    """Exit codes of every command (docs/commands.md)."""

    DONE = 0
    FAILED = 1
    BAD_INPUT = 2
    BLOCKED = 3
    LOCKED = 4
    INTERRUPTED = 130
    TERMINATED = 143


DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
# PyTorch's words for it: on a device, on the CPU.
MEMORY_SIGNS = ("out of memory", "allocate memory")


def run_program(work: Callable[[], int]) -> int:
    """Do the work; its exit code, or that of an expected error, which is printed on stderr."""
    try:
        return work()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return Exit.BAD_INPUT
    except ModelError as error:
        print(f"error: {error.message}\n  → {error.hint}", file=sys.stderr)
        return exit_of(error)
    except BrokenPipeError:  # who reads has seen enough, as `head` has
        sys.stdout = None  # nothing is left to flush
        return Exit.DONE
    except OSError as error:  # a disk that is full, a file that is another user's
        print(f"error: {describe_os_error(error)}", file=sys.stderr)
        return Exit.FAILED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def exit_of(error: ModelError) -> int:
    """The exit code for a model that cannot go on."""
    return Exit.BLOCKED if error.code in BLOCKING else Exit.FAILED


def describe_os_error(error: OSError) -> str:
    """The file, as far as the system names it, and what is wrong with it."""
    reason = error.strerror or str(error)
    if error.errno in DISK_FULL:
        reason += "; make room (invoke clean shows what can go) and type it again"
    return f"{error.filename}: {reason}" if error.filename else reason


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
        return ModelError("disk", str(error), "make room: invoke clean shows what can go")
    return ModelError("bug", f"{type(error).__name__}: {error}", "the log has the whole story")
