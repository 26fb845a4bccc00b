"""The moving line: on a terminal it never wraps and is wiped, elsewhere it is not there."""

import io

import pytest

from secondtake import line as line_module
from secondtake.line import Line


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(line_module.time, "monotonic", lambda: now[0])
    return now


def shown(monkeypatch, clock, out, columns):
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("COLUMNS", str(columns))
    line = Line()
    line("loading", 0, 0)
    for done in (0, 164, 328):
        line("semantic tokens, 8 takes, window 2 of 4", done, 768)
        clock[0] += 4
    line.wipe()
    return out.getvalue().split("\r\033[K")


def test_a_terminal_sees_count_speed_and_what_is_left(monkeypatch, clock):
    first, *lines, last = shown(monkeypatch, clock, Terminal(), 100)
    assert first == last == ""
    assert lines[0] == "    loading …"
    told = "    semantic tokens, 8 takes, window 2 of 4 328/768 · 41 tokens/s · 0:11 left"
    assert lines[-1] == told


def test_a_line_is_never_longer_than_the_terminal(monkeypatch, clock):
    lines = shown(monkeypatch, clock, Terminal(), 40)
    assert max(map(len, lines)) == 39 and not any("\n" in line for line in lines)


def test_elsewhere_nothing_is_said(monkeypatch, clock):
    assert shown(monkeypatch, clock, io.StringIO(), 100) == [""]
