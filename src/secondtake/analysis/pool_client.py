"""The runner's pool of processes on other machines, as an analysis asks it for results.

The pool, its socket and its frames: secondtake.core.pool_protocol. Closing the connection, by
whatever ends this process too, stops all that was asked for.
"""

import pickle
import sys
from collections.abc import Callable, Generator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from socket import AF_UNIX, socket
from typing import Any, TypeVar

from secondtake.core.errors import UserError
from secondtake.core.pool_protocol import (
    DIED,
    NOWHERE,
    NUMBER,
    VARIABLE,
    frame,
    parse_answer,
    read_frame,
)

Item = TypeVar("Item")
Result = TypeVar("Result")

LARGEST_CHUNK = 8  # items; a chunk costs the runner 2 ms, and its items a second or more
CHUNKS_A_PROCESS = 16  # or more, so that no process is long at work when all others have ended


def map_in_pool(
    path: str, work: Callable[[Item], Result], items: Sequence[Item]
) -> Generator[Result, None, int]:
    """The results of `work` in the order of the items, by the pool whose socket is at `path`.

    Returns how many there are: fewer than the items where the pool has no process any more. What
    `work` raises is raised; BrokenProcessPool if its processes die, UserError if the pool is gone.
    """
    with closing(_Connection(path)) as pool:
        size = chunk_size(len(items), pool.processes)
        chunks = [items[start : start + size] for start in range(0, len(items), size)]
        pool.send(pickle.dumps((sys.path, pickle.dumps((work, chunk)))) for chunk in chunks)
        for number in range(len(chunks)):
            outcome, answer = pool.answer(number)
            if outcome == NOWHERE:
                return number * size
            if outcome == DIED:
                raise BrokenProcessPool("several processes died, one after another")
            results, error = pickle.loads(answer)  # noqa: S301 - of a process of the same user
            yield from results
            if error is not None:
                raise error
    return len(items)


def chunk_size(items: int, processes: int) -> int:
    """How many items are sent to a process at once."""
    return min(LARGEST_CHUNK, max(1, items // (CHUNKS_A_PROCESS * max(1, processes))))


class _Connection:
    """A connection to the pool. UserError from all methods where the pool is gone."""

    def __init__(self, path: str) -> None:
        self._socket = socket(AF_UNIX)
        # By read(2), which the system counts: the runner takes a process that moves no bytes for
        # one that hangs (secondtake.runner.silence).
        self._stream = open(self._socket.fileno(), "rb", closefd=False)  # noqa: SIM115
        self._early: dict[int, tuple[bytes, bytes]] = {}  # answers that come before their turn
        try:
            self._socket.connect(path)
            self.processes: int = NUMBER.unpack(self._next_frame())[0]
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise _gone(error) from error
            raise

    def send(self, chunks: Any) -> None:
        """Ask for an answer to each of these chunks."""
        try:
            for chunk in chunks:
                self._socket.sendall(frame([chunk]))
        except OSError as error:
            raise _gone(error) from error

    def answer(self, number: int) -> tuple[bytes, bytes]:
        """The outcome of a chunk and its answer, each once, as soon as they are there."""
        while number not in self._early:
            other, outcome, answer = parse_answer(self._next_frame())
            self._early[other] = outcome, answer
        return self._early.pop(number)

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _next_frame(self) -> bytes:
        try:
            data = read_frame(self._stream)
        except (OSError, EOFError) as error:
            raise _gone(error) from error
        if data is None:
            raise _gone("it was closed")
        return data


def _gone(reason: object) -> UserError:
    return UserError(
        f"the runner's pool of processes ({VARIABLE}) does not answer: {reason}; type the command "
        "again: what was measured is kept"
    )
