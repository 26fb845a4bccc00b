"""A notice for those who wait longer than a second, and none for the others."""

import io
from contextlib import redirect_stderr
from threading import Event

from secondtake.analysis.cli import delayed_notice


class Terminal(io.StringIO):
    """Knows when a line has arrived."""

    def __init__(self):
        super().__init__()
        self.said = Event()

    def flush(self):
        self.said.set()


def test_who_waits_is_told():
    terminal = Terminal()
    with redirect_stderr(terminal), delayed_notice("measuring a.wav", delay=0.0):
        assert terminal.said.wait(10)
    assert terminal.getvalue() == "    measuring a.wav …\n"


def test_who_does_not_wait_is_not():
    terminal = Terminal()
    with redirect_stderr(terminal), delayed_notice("measuring a.wav", delay=3600.0):
        pass
    assert terminal.getvalue() == ""
