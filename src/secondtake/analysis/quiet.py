"""Silence for libraries that print to file descriptor 2, such as libmpg123 inside libsndfile."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TextIO, cast


class _Terminal(io.TextIOBase):
    """Python's sys.stderr while file descriptor 2 leads nowhere.

    A thread that still holds it afterwards writes to descriptor 2 again.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.users = 0
        self.descriptor = 2  # of what the reader sees
        self.replaced: TextIO | None = None

    def write(self, text: str) -> int:
        with self.lock:
            os.write(self.descriptor, text.encode("utf-8", "backslashreplace"))
        return len(text)

    def isatty(self) -> bool:
        return os.isatty(self.descriptor)

    def hide(self) -> None:
        if _descriptor(sys.stderr) == 2:
            sys.stderr.flush()
            self.replaced, sys.stderr = sys.stderr, cast(TextIO, self)
        self.descriptor = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def show(self) -> None:
        os.dup2(self.descriptor, 2)
        os.close(self.descriptor)
        self.descriptor = 2
        if self.replaced is not None:
            sys.stderr, self.replaced = self.replaced, None


_terminal = _Terminal()


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Drop what libraries print to stderr inside; what Python prints there arrives, in all threads.

    The first thread that enters hides descriptor 2, the last one that leaves restores it.
    """
    with _terminal.lock:
        if _terminal.users == 0:
            _terminal.hide()
        _terminal.users += 1
    try:
        yield
    finally:
        with _terminal.lock:
            _terminal.users -= 1
            if _terminal.users == 0:
                _terminal.show()


def _descriptor(stream: TextIO | None) -> int | None:
    """The stream's file descriptor; None if it has none, as in a test or a notebook."""
    try:
        return stream.fileno() if stream is not None else None
    except (OSError, ValueError):
        return None
