"""Silence: a process of which nothing is heard for too long counts as hanging, and is ended.

A sign of life is whatever changes: messages that came, lines that it printed, the size of its log,
the bytes that it read and wrote.
"""

import math
import os
import time
from pathlib import Path

from secondtake.core.errors import UserError

VARIABLE = "SECONDTAKE_TIMEOUT"
LEAST_SECONDS = 600.0  # a busy machine or a slow disk may need that for a step of seconds
UNKNOWN_SECONDS = 1800.0  # where nothing was measured: a first load converts gigabytes in silence
TIMES_EXPECTED = 3.0  # what the whole of a piece of work is expected to need, as one silence
LONGEST_LOOK = 5.0  # seconds between two looks that count: a runner that was stopped heard nothing


def parse_timeout(text: str) -> float | None:
    """The seconds that SECONDTAKE_TIMEOUT names; None if it names none, infinity for 0."""
    try:
        seconds = float(text or "nan")
    except ValueError:
        seconds = -1.0
    if seconds < 0 or math.isinf(seconds):
        raise UserError(
            f"{VARIABLE}={text[:40]!r}: expected seconds without a sign of life after which a "
            "process is ended, such as 900, or 0 for never"
        )
    return None if math.isnan(seconds) else seconds or math.inf


def silence_limit(expected: float | None = None) -> float:
    """The seconds of silence after which a process is ended; infinity: never.

    expected: the seconds that its work is expected to need in all, from measured times.
    """
    chosen = parse_timeout(os.environ.get(VARIABLE, "").strip())
    if chosen is not None:
        return chosen
    return UNKNOWN_SECONDS if expected is None else max(LEAST_SECONDS, TIMES_EXPECTED * expected)


def bytes_moved(process: int) -> str:
    """What a process has read and written so far, as Linux counts it; "" where nobody does."""
    try:
        return Path(f"/proc/{process}/io").read_text(encoding="ascii")
    except OSError:
        return ""


class Silence:
    """How long nothing was heard of a process that is looked at every second or so."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._signs: tuple[object, ...] = ()
        self._looked = time.monotonic()
        self._seconds = 0.0

    def is_too_long(self, *signs: object) -> bool:
        """Look once: True if none of the signs has changed for as long as the limit."""
        now = time.monotonic()
        self._seconds += min(now - self._looked, LONGEST_LOOK)
        self._looked = now
        if signs != self._signs:
            self._signs, self._seconds = signs, 0.0
        return self._seconds >= self.limit
