"""The display: plain and seldom without a terminal, and always exactly what was said."""

import io
import re
import time
from collections import Counter

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


def test_another_job_is_told_at_once_and_its_phases_seldom(capsys, clock):
    with Display() as display:
        for label in ("a", "b"):
            for phase in ("loading", "humming", "humming", "writing"):
                display.progress(label, phase, 0, 0)
        clock[0] += 16
        display.progress("b", "filing", 0, 0)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["    a: loading", "    b: loading", "    b: filing"]


def test_no_minute_passes_without_a_line_though_nobody_says_anything(capsys, clock):
    with Display() as display:
        with display.working("Hum: analyse"):
            for _ in range(120):
                clock[0] += 1
                display.beat()
        display.progress("venv-hum", "installing", 5, 10)
        for _ in range(61):
            clock[0] += 1
            display.beat()
        display.idle()
        clock[0] += 100
        display.beat()  # nothing is being done
    assert capsys.readouterr().out.splitlines() == [
        "    Hum: analyse 0:31 so far",
        "    Hum: analyse 1:02 so far",
        "    Hum: analyse 1:33 so far",
        "    venv-hum: installing 5/10",
        "    venv-hum: installing 5/10 · 0:31 so far",
    ]


def test_the_heart_beats_by_itself(capsys, monkeypatch):
    monkeypatch.setattr(display_module, "HEARTBEAT_SECONDS", 0.0)
    monkeypatch.setattr(display_module, "WATCH_SECONDS", 0.01)
    with Display() as display, display.working("Hum: analyse"):
        deadline = time.monotonic() + 20
        while "so far" not in (out := capsys.readouterr().out) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert out.startswith("    Hum: analyse 0:01 so far\n")


def test_a_step_inside_another_gives_way_to_it_again(clock):
    screen, display = on_screen()
    with display, display.working("Hum: verify"):
        display.progress("venv-hum", "installing", 0, 0)
        display.idle()
        screen.truncate(0)
        display._live.refresh()
    assert "Hum: verify" in screen.getvalue() and "venv-hum" not in screen.getvalue()


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    screen = io.StringIO()
    display = Display()
    display.console = Console(file=screen, force_terminal=True, highlight=False)
    with display:
        display.progress("hum", "humming", 1, 2)
    assert not display.is_live and screen.getvalue() == "    hum: humming 1/2\n"


def test_a_terminal_that_cannot_move_its_cursor_has_its_own_width(monkeypatch):
    for name, value in {"TERM": "dumb", "FORCE_COLOR": "1", "COLUMNS": "47"}.items():
        monkeypatch.setenv(name, value)
    display = Display()
    assert display.console.is_dumb_terminal and display.console.width == 47


COLUMNS = ("to do", "takes", "why", "download")
ROWS = [
    ("Sketch (rule-based control)", "9", "seed, settings and the lyrics changed", "33.0 MB"),
    ("[red]Bark", "2", "not made yet", "at least 16.0 GB"),
]


@pytest.mark.parametrize("width", [30, 44, 60, 80, 200])
def test_a_table_shows_every_word_whole_in_every_width(width):
    screen, display = on_screen(width)
    display.table(COLUMNS, ROWS)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()
    assert max(map(len, lines)) <= width
    shown = Counter(word for line in lines for word in line.split())
    wanted = Counter(word for row in ROWS for cell in row for word in cell.split())
    assert not wanted - shown


@pytest.mark.parametrize("width", [30, 60])
def test_the_screen_wraps_what_is_too_long_for_it(width, clock):
    screen, display = on_screen(width)
    display.overall = "3 of 9 takes finished · about 12:05 left"
    phase = "fetching facebook/musicgen-melody/model-00001-of-00002.safetensors"
    with display:
        display.progress("MusicGen", phase, 15_000_000, 30_000_000)
        screen.truncate(0)
        display._live.refresh()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]", "", screen.getvalue())
    assert phase.rpartition("/")[2] in shown.replace(" ", "")
    assert "3of9takesfinished·about12:05left" in shown.replace(" ", "")


@pytest.mark.parametrize(
    ("answer", "yes"),
    [("y\n", True), ("Yes\n", True), ("n\n", False), ("\n", False), ("", False), ("yep", False)],
)
def test_only_a_yes_is_a_yes(capsys, monkeypatch, answer, yes):
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    with Display() as display:
        assert display.confirm("Download 16.0 GB?") is yes
    out, errors = capsys.readouterr()
    assert out == "" and errors.startswith("Download 16.0 GB? [y/N] ")


def on_screen(width=80):
    """A display on a terminal of that width, and what it shows."""
    screen, display = io.StringIO(), Display()
    display.console = Console(file=screen, force_terminal=True, width=width, highlight=False)
    return screen, display


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
