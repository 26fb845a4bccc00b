"""The display of a run: a live line on a terminal, plain lines elsewhere."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from secondtake.core.formatting import format_bytes
from secondtake.core.progress import Rate, RateEstimator, format_progress, join_amounts

PLAIN_EVERY_SECONDS = 15.0  # between signs of life where there is no terminal
BYTES_FROM = 10_000_000  # a total that is so large counts bytes: no model takes as many steps
BAR_WIDTH = 12  # characters; a stage's name, its speed and its end need the rest of 80 columns


class Display:
    """Lines that stay and one line that moves. Everything goes to stderr with `to_stderr`.

    Text is shown as it is: what looks like rich's markup in a name or a message is only text.
    """

    def __init__(self, *, to_stderr: bool = False) -> None:
        self.console = Console(stderr=to_stderr, highlight=False, soft_wrap=True)
        self._live: Progress | None = None
        self._task: TaskID | None = None
        self._last_line = ("", 0.0)
        self._rate_estimator = RateEstimator()

    def __enter__(self) -> "Display":
        if self.console.is_terminal:
            self._live = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=BAR_WIDTH),
                TextColumn("{task.fields[amount]}", markup=False),
                TimeElapsedColumn(),
                console=self.console,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.stop()

    def line(self, text: str) -> None:
        """A line that stays."""
        self._end_task()
        self.console.print(Text(text))
        sys.stdout.flush()

    def heading(self, text: str) -> None:
        self._end_task()
        self.console.print(Text(f"\n{text}", style="bold"))

    def progress(self, label: str, phase: str, done: int, total: int) -> None:
        """Show `done` of `total` (0: unknown) in the present phase."""
        now = time.monotonic()
        title, size = f"{label}: {phase}", total or None
        amount = _amount(phase, done, total, self._rate_estimator.follow(title, done, total, now))
        if self._live:
            if self._task is None:
                self._task = self._live.add_task(title, total=size, amount=amount)
            self._live.update(
                self._task, description=title, total=size, completed=done, amount=amount
            )
        elif title != self._last_line[0] or now - self._last_line[1] > PLAIN_EVERY_SECONDS:
            self._last_line = (title, now)
            self.console.print(Text(f"    {title} {amount}".rstrip()))

    def _end_task(self) -> None:
        if self._live and self._task is not None:
            self._live.remove_task(self._task)
            self._task = None


def _amount(phase: str, done: int, total: int, speed: Rate) -> str:
    """The amount done, the rate and the time left, as far as they are known."""
    if total < BYTES_FROM:
        return format_progress(phase, done, total, speed)
    rate = f"{format_bytes(speed.per_second)}/s" if speed.per_second else ""
    return join_amounts(f"{format_bytes(done)} of {format_bytes(total)}", rate, speed.left)
