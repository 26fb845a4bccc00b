"""Progress of a phase: rate, remaining time, a terminal's line. Only ProgressLine reads a clock."""

import math
import shutil
import sys
import time
from collections import deque
from dataclasses import dataclass

from secondtake.core.formatting import format_duration, format_rate

WINDOW_SECONDS = 20.0  # of the past that count: short enough to show a stage that slows down
MIN_SECONDS = 1.0  # of watching before a rate means anything
EMIT_EVERY_SECONDS = 0.1  # faster than a person reads; a GPU may do a thousand steps a second


@dataclass(frozen=True)
class Rate:
    """The rate of a phase and its remaining time; None where that is not known."""

    per_second: float | None = None
    left: float | None = None  # seconds


class RateEstimator:
    """Follows one phase after another; a new phase, or one that begins anew, starts afresh."""

    def __init__(self) -> None:
        self._phase = ("", 0)  # name, total
        self._marks: deque[tuple[float, int]] = deque()  # seconds, done

    def follow(self, phase: str, done: int, total: int, now: float) -> Rate:
        """Note `done` of `total` (0: unknown) at `now` seconds; the rate over the last 20 s."""
        if (phase, total) != self._phase or (self._marks and done < self._marks[-1][1]):
            self._phase = (phase, total)
            self._marks.clear()
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[1][0] >= WINDOW_SECONDS:
            self._marks.popleft()
        start, before = self._marks[0]
        if now - start < MIN_SECONDS or done == before:
            return Rate()
        rate = (done - before) / (now - start)
        return Rate(rate, (total - done) / rate if total > done else None)


class Throttle:
    """Chooses, of many progress messages, those that a viewer needs."""

    def __init__(self) -> None:
        self._emitted = ("", -math.inf)  # phase, seconds

    def should_emit(self, phase: str, done: int, total: int, now: float) -> bool:
        """True for a new phase, for its end, and otherwise at most ten times a second."""
        last, when = self._emitted
        if phase == last and done != total and now - when < EMIT_EVERY_SECONDS:
            return False
        self._emitted = (phase, now)
        return True


def format_progress(phase: str, done: int, total: int, rate: Rate) -> str:
    """312/768 · 41 tokens/s · 0:11 left; what is not known is left out."""
    count = f"{done}/{total}" if total else ""
    speed = f"{format_rate(rate.per_second)}{_unit(phase)}/s" if rate.per_second else ""
    return join_amounts(count, speed, rate.left)


def join_amounts(count: str, rate: str, left: float | None) -> str:
    """The parts of an amount that are known."""
    return " · ".join(filter(None, [count, rate, f"{format_duration(left)} left" if left else ""]))


def _unit(phase: str) -> str:
    """The unit of a phase's count: the last word of its name, "tokens" of "tokens, 8 takes".

    The words after a comma say where it happens. A single word is a unit if it is a plural:
    "denoising" and "loading" name an activity.
    """
    words = phase.partition(",")[0].split()
    is_unit = len(words) > 1 or (words and words[0].endswith("s"))
    return f" {words[-1]}" if is_unit and words[-1].isalpha() else ""


class ProgressLine:
    """The line on a terminal that shows the progress; elsewhere nothing is printed."""

    def __init__(self) -> None:
        self._estimator = RateEstimator()

    def __call__(self, phase: str, done: int, total: int) -> None:
        if not sys.stdout.isatty():
            return
        rate = self._estimator.follow(phase, done, total, time.monotonic())
        text = f"    {phase} {format_progress(phase, done, total, rate) or '…'}"
        width = shutil.get_terminal_size().columns - 1  # a line that wraps cannot be wiped
        self.wipe()
        print(text[:width], end="", flush=True)

    def wipe(self) -> None:
        """Make room for a line that stays."""
        if sys.stdout.isatty():
            print("\r\033[K", end="", flush=True)
