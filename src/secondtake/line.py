"""The one line on a terminal that moves while a page works by hand."""

import shutil
import sys
import time

from secondtake.pace import Pace, counted


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
