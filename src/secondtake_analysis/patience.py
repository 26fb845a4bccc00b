"""A line for whoever waits longer than a second, and none for whoever does not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

PATIENCE = 1.0  # s; below, a line about progress is older than what it announces


@contextmanager
def patience(doing: str, after: float = PATIENCE) -> Iterator[None]:
    """Say on stderr what is being done if it takes longer than `after` seconds."""
    timer = Timer(after, lambda: print(f"    {doing} …", file=sys.stderr, flush=True))
    timer.daemon = True  # an interrupted program does not wait for it
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
