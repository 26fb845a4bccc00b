"""How a program ends: what is expected to go wrong becomes one line and an exit code."""

import errno
import sys
from collections.abc import Callable

from secondtake.core.errors import BLOCKING, Exit, ModelError, UserError

FULL = (errno.ENOSPC, errno.EDQUOT)


def ended(work: Callable[[], int]) -> int:
    """Do the work; its exit code, or that of an expected error, which is told on stderr.

    What nobody expected goes on, with its traceback.
    """
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
        print(f"error: {in_words(error)}", file=sys.stderr)
        return Exit.FAILED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def exit_of(error: ModelError) -> int:
    """The exit code for a model that cannot go on."""
    return Exit.BLOCKED if error.code in BLOCKING else Exit.FAILED


def in_words(error: OSError) -> str:
    """Which file, as far as the system says it, and what is wrong with it."""
    reason = error.strerror or str(error)
    if error.errno in FULL:
        reason += "; make room (invoke clean shows what can go) and type it again"
    return f"{error.filename}: {reason}" if error.filename else reason
