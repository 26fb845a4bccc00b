"""The display of a run: one live screen on a terminal, plain lines elsewhere.

The screen says what is being done, how far it is, and how many takes are left. Elsewhere a line
says so now and then, and no minute passes without one.
"""

import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import (
    Console,
    ConsoleDimensions,
    ConsoleOptions,
    Group,
    RenderableType,
    RenderResult,
)
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from secondtake.core.formatting import format_bytes, format_duration
from secondtake.core.progress import Rate, RateEstimator, format_progress, join_amounts

PLAIN_EVERY_SECONDS = 15.0  # between lines of one phase where there is no terminal
WATCH_SECONDS = 1.0  # between looks whether a line is due
HEARTBEAT_SECONDS = 30.0  # of silence, after which a line says that the work goes on
BYTES_FROM = 10_000_000  # a total that is so large counts bytes: no model takes as many steps
BAR_WIDTH = 16  # characters
GUTTER = 2  # characters between the columns of a table
SHORT = 10  # characters of a cell that is not broken: an amount and its unit
MOST_WORKS = 6  # shown at once: each takes two lines of the screen
REFRESHES = 5  # of the screen, a second
YES = frozenset({"y", "yes"})


class _Console(Console):
    """A console whose reader may go away, as `head` does: secondtake.core.errors ends the run."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Display:
    """Lines that stay, and a screen below them that moves. All to stderr with `to_stderr`.

    Text is shown as it is: what looks like rich's markup in a name or a message is only text.
    """

    def __init__(self, *, to_stderr: bool = False) -> None:
        self.console = _Console(stderr=to_stderr, highlight=False, soft_wrap=True)
        if self.console.is_dumb_terminal:  # which rich takes for 80 columns, however many it has
            self.console.size = ConsoleDimensions(*shutil.get_terminal_size())
        self.overall = ""  # how many takes are done and left, on the last line of the screen
        self._live: Live | None = None
        self._works: dict[str, _Work] = {}  # by label: one for each worker that is at work
        self._background: _Work | None = None  # goes on while nothing more precise is said
        self._rates: dict[str, RateEstimator] = {}  # by label
        self._labels: set[str] = set()  # each begins with a line
        self._last_sign = time.monotonic()
        self._ended = threading.Event()

    def __enter__(self) -> "Display":
        # A terminal that cannot move its cursor (TERM=dumb) gets lines, as a file does.
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            self._live = Live(
                console=self.console,
                get_renderable=self._screen,
                refresh_per_second=REFRESHES,
                transient=True,
            )
            self._live.start()
        threading.Thread(target=self._watch, name="heartbeat", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        if self._live:
            self._live.stop()

    @property
    def is_live(self) -> bool:
        """True on a terminal that shows the screen."""
        return self._live is not None

    def line(self, text: str) -> None:
        """A line that stays. A terminal breaks it where it must, so that a command in it can be
        copied whole. What was shown last is over, unless several workers are at work."""
        if len(self._works) < 2:
            self.idle()
        self._print(Text(text))
        sys.stdout.flush()

    def heading(self, text: str) -> None:
        self.idle()
        self._print(Text(f"\n{text}", style="bold"))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table in the width of the terminal; long cells are wrapped, none is cut.

        Where not even its words have room beside each other, each row is a paragraph.
        """
        self.idle()
        widths = _column_widths([columns, *rows], self.console.width - GUTTER * len(columns))
        if not widths:
            for name, *cells in rows:
                named = (f"{c} {cell}" for c, cell in zip(columns[1:], cells, strict=True))
                text = Text(" · ".join(named), overflow="fold")
                self._print(Group(Text(name, style="bold"), Padding(text, (0, 0, 0, 4))))
            return
        table = Table(box=None, padding=(0, GUTTER, 0, 0), pad_edge=False, header_style="bold")
        for column, width in zip(columns, widths, strict=True):
            table.add_column(Text(column), overflow="fold", width=width)
        for row in rows:
            table.add_row(*map(Text, row))
        self._print(table)

    def progress(self, label: str, phase: str, done: int, total: int) -> None:
        """Show `done` of `total` (0: unknown) in the present phase."""
        now, title = time.monotonic(), f"{label}: {phase}"
        rate = self._rates.setdefault(label, RateEstimator()).follow(title, done, total, now)
        before = self._works.pop(label, None)  # the latest is the last
        begun = before.begun if before and before.title == title else now
        work = _Work(title, begun, done, total, _amount(phase, done, total, rate))
        self._works[label] = work
        is_other = label not in self._labels
        self._labels.add(label)
        if not self._live and (is_other or now - self._last_sign > PLAIN_EVERY_SECONDS):
            self._print(Text(f"    {title} {work.amount}".rstrip()))

    def end(self, label: str) -> None:
        """What had this label is over."""
        self._works.pop(label, None)
        self._rates.pop(label, None)

    def idle(self) -> None:
        """All that was shown is over."""
        self._works.clear()
        self._rates.clear()
        if self._live:
            self._live.refresh()

    @contextmanager
    def working(self, title: str) -> Iterator[None]:
        """Something that prints by itself, or says nothing for long."""
        self._background = _Work(title, time.monotonic())
        try:
            yield
        finally:
            self._background = None
            self.idle()

    def confirm(self, question: str) -> bool:
        """Ask once, on stderr. False for everything but y and yes, and for the end of input."""
        self.idle()
        if self._live:
            self._live.stop()  # which gives the terminal back as it was
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
        if not answer.endswith("\n"):
            print(file=sys.stderr)
        if self._live:
            self._live.start()
        return answer.strip().lower() in YES

    def beat(self) -> None:
        """A line that the work goes on, if none was printed for a while."""
        now, work = time.monotonic(), self._latest
        if work and not self._live and now - self._last_sign > HEARTBEAT_SECONDS:
            so_far = f"{work.amount} · " if work.amount else ""
            text = f"    {work.title} {so_far}{format_duration(now - work.begun)} so far"
            self._print(Text(text))

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            with suppress(BrokenPipeError):  # the run ends at its own next line
                self.beat()

    def _print(self, what: RenderableType) -> None:
        """A text is broken by the terminal alone, anything else by us, between words."""
        self._last_sign = time.monotonic()
        self.console.print(what, soft_wrap=isinstance(what, Text))

    def _screen(self) -> "_Screen":
        works = list(self._works.values()) or [*filter(None, [self._background])]
        return _Screen(works, self.overall)

    @property
    def _latest(self) -> "_Work | None":
        return next(reversed(self._works.values()), self._background)


@dataclass(frozen=True)
class _Work:
    """What is being done."""

    title: str
    begun: float  # seconds of the clock
    done: int = 0
    total: int = 0
    amount: str = ""


class _Screen:
    """The moving lines: what is done, how far it is, and what is left. Long ones are wrapped."""

    def __init__(self, works: "Sequence[_Work]", overall: str) -> None:
        self.works = works
        self.overall = overall

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        now = time.monotonic()
        for work in sorted(self.works[-MOST_WORKS:], key=lambda work: work.title):
            frame = "|/-\\"[int(now * 4) % 4]
            yield Text(f"{frame} {work.title}", overflow="fold")
            if work.total:
                row = Table.grid(padding=(0, 1))
                bar = ProgressBar(
                    work.total, work.done, width=min(BAR_WIDTH, options.max_width // 3)
                )
                row.add_row(Text(" "), bar, Text(work.amount, overflow="fold"))
                yield row
            else:
                elapsed = f"{format_duration(now - work.begun)} so far"
                yield Text(f"  {join_amounts(work.amount, elapsed, None)}", overflow="fold")
        if len(self.works) > MOST_WORKS:
            yield Text(f"  and {len(self.works) - MOST_WORKS} more workers")
        if self.overall:
            yield Text(f"  {self.overall}", overflow="fold")


def _column_widths(lines: Sequence[Sequence[str]], room: int) -> list[int]:
    """The characters of each column of a table; none where words would have to be broken.

    A column needs its longest word, or its longest cell if all are short; what room is left goes
    to those that want more.
    """
    columns = list(zip(*lines, strict=True))
    wanted = [max(map(cell_len, cells)) for cells in columns]
    widths = [
        most
        if all(cell_len(cell) <= SHORT for cell in cells)
        else max(cell_len(word) for cell in cells for word in cell.split())
        for cells, most in zip(columns, wanted, strict=True)
    ]
    left = room - sum(widths)
    if left < 0:
        return []
    order = sorted(range(len(widths)), key=lambda n: wanted[n] - widths[n])
    for position, n in enumerate(order):
        more = min(wanted[n] - widths[n], left // (len(order) - position))
        widths[n] += more
        left -= more
    return widths


def _amount(phase: str, done: int, total: int, speed: Rate) -> str:
    """The amount done, the rate and the time left, as far as they are known."""
    if total < BYTES_FROM:
        return format_progress(phase, done, total, speed)
    rate = f"{format_bytes(speed.per_second)}/s" if speed.per_second else ""
    return join_amounts(f"{format_bytes(done)} of {format_bytes(total)}", rate, speed.left)
