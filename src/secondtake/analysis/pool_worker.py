"""A process of the runner's pool, on whichever node: works on chunks, as they come over stdin.

    python -m secondtake.analysis.pool_worker

A chunk is a pickle of two: the folders that modules are imported from, and a pickle of a function
and items. An answer is a pickle of two: the results of the items up to the first error, and that
error or None. The process ends when stdin is closed, and with its guard.
"""

import os
import pickle
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import IO, Any

from secondtake.analysis.parallel import THREADS
from secondtake.core.pool_protocol import frame, read_frame


def main() -> None:
    """Work until there is no more."""
    os.environ.update(dict.fromkeys(THREADS, "1"))  # before anything computes
    chunks, answers = _take_pipes()
    answers.write(frame([b""]))
    while (chunk := read_frame(chunks)) is not None:
        answers.write(frame([answer(chunk)]))


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Stdin and stdout for frames alone: what a library prints goes to stderr."""
    pipes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return pipes


def answer(chunk: bytes) -> bytes:
    """Work on a chunk; its answer. No error of the work is raised."""
    results: list[Any] = []
    failure = None
    try:
        folders, packed = pickle.loads(chunk)  # noqa: S301 - of an analysis of the same user
        sys.path[:] = folders
        work: Callable[[Any], Any]
        items: Sequence[Any]
        work, items = pickle.loads(packed)  # noqa: S301
        results.extend(map(work, items))
    except Exception as error:
        failure = _portable(error)
    try:
        return pickle.dumps((results, failure))
    except Exception as error:  # of a result that does not pickle
        return pickle.dumps(([], _portable(error)))


def _portable(error: Exception) -> Exception:
    """The error with its traceback as a note; another that says the same if it does not pickle."""
    note = f"in a process of the pool:\n{''.join(traceback.format_exception(error))}"
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - what was just made
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(note)
    return error


if __name__ == "__main__":
    main()
