"""The display: plain and seldom without a terminal, and always exactly what was said."""

import io

import pytest
from rich.console import Console

from secondtake.core.formatting import format_bytes
from secondtake.runner import display as display_module
from secondtake.runner.display import Display

HOSTILE = "[red]a[/red] [/bold] [link=http://x]b[/link] :bomb: \\[c] d\\"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the display reads; a test turns them on by hand."""
    now = [1000.0]
    monkeypatch.setattr(display_module.time, "monotonic", lambda: now[0])
    return now


def test_lines_are_plain_where_there_is_no_terminal(capsys):
    with Display() as display:
        display.heading("Bark")
        display.line("✓ bark_segment10_chorus: done")
    assert capsys.readouterr() == ("\nBark\n✓ bark_segment10_chorus: done\n", "")


def test_to_stderr_leaves_stdout_empty(capsys):
    with Display(to_stderr=True) as display:
        display.heading("Bark")
        display.line("done")
        display.progress("bark", "loading", 0, 0)
    out, errors = capsys.readouterr()
    assert out == ""
    assert errors.splitlines() == ["", "Bark", "done", "    bark: loading"]


def test_what_looks_like_markup_is_only_text(capsys):
    with Display() as display:
        display.heading(HOSTILE)
        display.line(HOSTILE)
        display.progress(HOSTILE, HOSTILE, 1, 2)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["", HOSTILE, HOSTILE, f"    {HOSTILE}: {HOSTILE} 1/2"]


def test_long_lines_are_not_broken(capsys):
    with Display() as display:
        display.line("word " * 100 + "end")
    assert capsys.readouterr().out == "word " * 100 + "end\n"


def test_one_phase_gives_a_sign_of_life_every_quarter_of_a_minute(capsys, clock):
    with Display() as display:
        for done in range(100):
            display.progress("hum", "humming", done, 100)
            clock[0] += 0.5
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "    hum: humming 0/100",
        "    hum: humming 31/100 · 2/s · 0:35 left",
        "    hum: humming 62/100 · 2/s · 0:19 left",
        "    hum: humming 93/100 · 2/s · 0:04 left",
    ]


def test_the_speed_is_that_of_this_phase_of_this_job(capsys, clock):
    steps = [("a", "semantic tokens", 0), ("a", "semantic tokens", 50), ("b", "semantic tokens", 0),
             ("b", "semantic tokens", 99)]  # fmt: skip
    with Display() as display:
        for label, phase, done in steps:
            display.progress(label, phase, done, 100)
            clock[0] += 16
    assert capsys.readouterr().out.splitlines() == [
        "    a: semantic tokens 0/100",
        "    a: semantic tokens 50/100 · 3.1 tokens/s · 0:16 left",
        "    b: semantic tokens 0/100",
        "    b: semantic tokens 99/100 · 6.2 tokens/s · 0:01 left",
    ]


def test_a_download_tells_its_speed_in_bytes(capsys, clock):
    with Display() as display:
        for done in (0, 32_000_000):
            display.progress("Bark", "fetching suno/bark/text.pt", done, 2_400_000_000)
            clock[0] += 16
    line = "fetching suno/bark/text.pt 32.0 MB of 2.4 GB · 2.0 MB/s · 19:44 left"
    assert line in capsys.readouterr().out


def test_a_batch_with_its_speed_fits_80_columns(clock):
    screen = io.StringIO()
    display = Display()
    display.console = Console(file=screen, force_terminal=True, width=80, highlight=False)
    phase = "semantic tokens, 8 takes"
    with display:
        for done in (0, 164, 328):
            display.progress("bark", phase, done, 768)
            clock[0] += 4
        display._live.refresh()
    shown = screen.getvalue()
    assert f"bark: {phase}" in shown and "328/768 · 41 tokens/s · 0:11 left" in shown


def test_a_new_phase_is_told_at_once(capsys, clock):
    with Display() as display:
        for phase in ("loading", "humming", "humming", "writing"):
            display.progress("hum", phase, 0, 0)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["    hum: loading", "    hum: humming", "    hum: writing"]


def test_a_terminal_gets_a_moving_line_that_is_gone_at_the_end(monkeypatch):
    screen = io.StringIO()
    display = Display()
    display.console = Console(file=screen, force_terminal=True, width=120, highlight=False)
    with display:
        display.progress("[red]hum", "fetching [w].bin :bomb:", 15_000_000, 30_000_000)
        display._live.refresh()
        display.line("[red]done :bomb:")
    shown = screen.getvalue()
    assert "[red]hum: fetching [w].bin :bomb:" in shown
    assert "15.0 MB of 30.0 MB" in shown
    assert "[red]done :bomb:" in shown
    assert "\x1b[2K" in shown.split("done :bomb:")[1]  # the line is wiped


def test_a_display_that_ends_with_an_error_lets_it_through():
    with pytest.raises(KeyboardInterrupt), Display() as display:
        display.progress("hum", "humming", 1, 2)
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_500_000, "1.5 MB"), (4.9e9, "4.9 GB"),
     (2.5e12, "2500.0 GB")],
)  # fmt: skip
def test_sizes(count, text):
    assert format_bytes(count) == text
