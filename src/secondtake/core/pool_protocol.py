"""Frames between an analysis, the runner's pool, and a process of the pool: bytes behind a length.

An analysis connects to the socket that its variable names, once for each `parallel_map`. It is sent
the number of the pool's processes, and sends its chunks: the first is number 0. Each is answered in
a frame of its number, an outcome and what a process answered. Whoever closes the connection wants
no more answers. A process reads chunks from stdin and writes an empty frame once it has started,
then an answer for each chunk. What is in a chunk and in an answer, only the analysis knows
(secondtake.analysis.pool_worker).
"""

import struct
from collections.abc import Sequence
from typing import Protocol

VARIABLE = "SECONDTAKE_POOL"  # the path of the socket, in the environment of an analysis
LENGTH = struct.Struct(">Q")  # before each frame: its bytes
NUMBER = struct.Struct(">I")  # of a chunk, or of processes
# Outcomes of a chunk: answered; its process died, again and again; no process can be had.
DONE, DIED, NOWHERE = b"+", b"x", b"-"


class Readable(Protocol):
    """A stream whose `read` returns fewer bytes only at its end."""

    def read(self, length: int, /) -> bytes: ...


def frame(parts: Sequence[bytes]) -> bytes:
    """A frame of these bytes, one behind the other."""
    return b"".join((LENGTH.pack(sum(map(len, parts))), *parts))


def read_frame(stream: Readable) -> bytes | None:
    """The next frame; None at the end of the stream. EOFError if it ends in the middle of one."""
    head = stream.read(LENGTH.size)
    if not head:
        return None
    length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else -1
    data = stream.read(max(0, length))
    if len(data) != length:
        raise EOFError("the stream ended in the middle of a frame")
    return data


def parse_answer(data: bytes) -> tuple[int, bytes, bytes]:
    """The number of a chunk, its outcome, and what a process answered."""
    number: int = NUMBER.unpack_from(data)[0]
    return number, data[NUMBER.size : NUMBER.size + 1], data[NUMBER.size + 1 :]
