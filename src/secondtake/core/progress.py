"""How fast something goes and how long it still takes, from what is done of it over time.

Nothing here reads a clock: whoever watches passes the seconds of a monotonic one.

The one line on a terminal that moves while a page works by hand.
"""

import math
import shutil
import sys
import time
from collections import deque
from dataclasses import dataclass

WINDOW_SECONDS = 20.0  # of the past that count: a stage that slows down is soon seen to
LEAST_SECONDS = 1.0  # of watching before a rate means anything
TELL_EVERY_SECONDS = 0.1  # faster than a person reads; a GPU may do a thousand steps a second


@dataclass(frozen=True)
class Speed:
    """How fast a phase goes; None where that is not known."""

    rate: float | None = None  # per second
    left: float | None = None  # seconds


class Pace:
    """Follows one phase after another; a new phase, or one that begins anew, starts afresh."""

    def __init__(self) -> None:
        self._phase = ("", 0)  # name, total
        self._marks: deque[tuple[float, int]] = deque()  # seconds, done

    def follow(self, phase: str, done: int, total: int, now: float) -> Speed:
        """Note `done` of `total` (0: unknown) at `now` seconds; the speed of the last 20 s."""
        if (phase, total) != self._phase or (self._marks and done < self._marks[-1][1]):
            self._phase = (phase, total)
            self._marks.clear()
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[1][0] >= WINDOW_SECONDS:
            self._marks.popleft()
        start, before = self._marks[0]
        if now - start < LEAST_SECONDS or done == before:
            return Speed()
        rate = (done - before) / (now - start)
        return Speed(rate, (total - done) / rate if total > done else None)


class Seldom:
    """Chooses, of many signs of progress, those that a viewer needs."""

    def __init__(self) -> None:
        self._told = ("", -math.inf)

    def worth_telling(self, phase: str, done: int, total: int, now: float) -> bool:
        """True for a new phase, for its end, and otherwise at most ten times a second."""
        last, when = self._told
        if phase == last and done != total and now - when < TELL_EVERY_SECONDS:
            return False
        self._told = (phase, now)
        return True


def counted(phase: str, done: int, total: int, speed: Speed) -> str:
    """312/768 · 41 tokens/s · 0:11 left; what is not known is left out."""
    count = f"{done}/{total}" if total else ""
    rate = f"{number(speed.rate)}{_unit(phase)}/s" if speed.rate else ""
    return joined(count, rate, speed.left)


def joined(count: str, rate: str, left: float | None) -> str:
    """The parts of an amount that are known."""
    return " · ".join(filter(None, [count, rate, f"{minutes(left)} left" if left else ""]))


def number(rate: float) -> str:
    """41, 4.1, 0.41: two digits say enough."""
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.2g}"


def minutes(seconds: float) -> str:
    """0:11, 12:05, 1:02:03; rounded up, so that it says 0:00 only at the end."""
    whole = math.ceil(seconds)
    hours, rest = divmod(whole, 3600)
    if hours:
        return f"{hours}:{rest // 60:02}:{rest % 60:02}"
    return f"{rest // 60}:{rest % 60:02}"


def _unit(phase: str) -> str:
    """What a phase counts: the last word of its name, as in "semantic tokens", "tokens, 8 takes".

    What follows a comma says where it happens, not what. One word counts if it is a plural:
    "denoising" and "loading" name what is done.
    """
    words = phase.partition(",")[0].split()
    counts = len(words) > 1 or (words and words[0].endswith("s"))
    return f" {words[-1]}" if counts and words[-1].isalpha() else ""


class Line:
    """The line on a terminal that says how far the work is; elsewhere nothing is said."""

    def __init__(self) -> None:
        self._pace = Pace()

    def __call__(self, phase: str, done: int, total: int) -> None:
        if not sys.stdout.isatty():
            return
        speed = self._pace.follow(phase, done, total, time.monotonic())
        text = f"    {phase} {counted(phase, done, total, speed) or '…'}"
        width = shutil.get_terminal_size().columns - 1  # a line that wraps cannot be wiped
        self.wipe()
        print(text[:width], end="", flush=True)

    def wipe(self) -> None:
        """Make room for a line that stays."""
        if sys.stdout.isatty():
            print("\r\033[K", end="", flush=True)
