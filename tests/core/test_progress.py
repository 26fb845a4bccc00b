"""Progress, on a clock that the test turns by hand: rate, remaining time, and the moving line.

On a terminal the line never wraps and is wiped, elsewhere it is not there.
"""

import io

import pytest

from secondtake.core import progress as line_module
from secondtake.core.progress import (
    ProgressLine,
    Rate,
    RateEstimator,
    Throttle,
    format_progress,
    join_amounts,
)


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
    line = ProgressLine()
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
    text = "    semantic tokens, 8 takes, window 2 of 4 328/768 · 41 tokens/s · 0:11 left"
    assert lines[-1] == text


def test_a_line_is_never_longer_than_the_terminal(monkeypatch, clock):
    lines = shown(monkeypatch, clock, Terminal(), 40)
    assert max(map(len, lines)) == 39 and not any("\n" in line for line in lines)


def test_elsewhere_nothing_is_said(monkeypatch, clock):
    assert shown(monkeypatch, clock, io.StringIO(), 100) == [""]


PHASE = "semantic tokens, 8 takes, window 2 of 4"


def followed(pace, marks, total=768, phase=PHASE):
    """The speed after the last of (seconds, done)."""
    for now, done in marks:
        speed = pace.follow(phase, done, total, now)
    return speed


def test_a_steady_pace_is_told_with_what_is_left():
    speed = followed(RateEstimator(), [(100 + step / 10, 4 * step) for step in range(79)])
    assert speed.per_second == pytest.approx(40) and speed.left == pytest.approx((768 - 312) / 40)
    assert format_progress(PHASE, 312, 768, speed) == "312/768 · 40 tokens/s · 0:12 left"


def test_nothing_is_told_before_there_is_something_to_tell():
    pace = RateEstimator()
    assert followed(pace, [(0, 0)]) == followed(pace, [(0.5, 9)]) == Rate()
    assert followed(pace, [(1.0, 20)]) == Rate(20.0, 37.4)


def test_a_standstill_from_the_start_has_no_rate():
    assert followed(RateEstimator(), [(0, 5), (10, 5)]) == Rate()


def test_a_phase_that_slows_down_is_judged_by_its_last_seconds():
    fast = [(second, 10 * second) for second in range(60)]
    slow = [(60 + second, 600 + second) for second in range(30)]
    assert followed(RateEstimator(), fast + slow).per_second == pytest.approx(1)


def test_steps_slower_than_the_window_still_have_a_rate():
    assert followed(RateEstimator(), [(0, 0), (100, 1), (200, 2)], total=4) == Rate(0.01, 200.0)


@pytest.mark.parametrize(
    ("phase", "done", "total"),
    [("coarse tokens", 500, 768), (PHASE, 3, 768), (PHASE, 500, 9000)],
    ids=["the next", "the same again", "the same of more"],
)
def test_a_phase_that_begins_starts_afresh(phase, done, total):
    pace = RateEstimator()
    followed(pace, [(0, 0), (10, 400)])
    assert followed(pace, [(11, done)], total, phase) == Rate()
    assert followed(pace, [(13, done + 4)], total, phase).per_second == pytest.approx(2)


def test_an_unknown_total_and_an_end_have_no_time_left():
    assert followed(RateEstimator(), [(0, 0), (2, 10)], total=0) == Rate(5.0, None)
    assert followed(RateEstimator(), [(0, 0), (2, 10)], total=10) == Rate(5.0, None)


@pytest.mark.parametrize(
    ("phase", "text"),
    [
        ("coarse tokens", "3/9 · 2 tokens/s · 0:03 left"),
        ("fine steps, window 2 of 4", "3/9 · 2 steps/s · 0:03 left"),
        ("tokens, 2 takes", "3/9 · 2 tokens/s · 0:03 left"),
        ("denoising", "3/9 · 2/s · 0:03 left"),
        ("denoising, 2 takes", "3/9 · 2/s · 0:03 left"),
        ("denoising steps, window 1 of 2", "3/9 · 2 steps/s · 0:03 left"),
        ("fetching suno/bark/vocab.txt", "3/9 · 2/s · 0:03 left"),
        ("", "3/9 · 2/s · 0:03 left"),
    ],
)
def test_the_last_word_of_a_phases_name_is_what_it_counts(phase, text):
    assert format_progress(phase, 3, 9, Rate(2.0, 3.0)) == text


def test_what_is_not_known_is_left_out():
    assert format_progress(PHASE, 3, 9, Rate()) == "3/9"
    assert format_progress(PHASE, 0, 0, Rate()) == ""
    assert format_progress(PHASE, 30, 0, Rate(4.0)) == "4 tokens/s"
    assert join_amounts("15.0 MB of 30.0 MB", "", 61.0) == "15.0 MB of 30.0 MB · 1:01 left"


def test_of_many_steps_a_viewer_hears_ten_a_second_and_the_last():
    seldom = Throttle()
    text = [step for step in range(1001) if seldom.should_emit(PHASE, step, 1000, step / 64)]
    assert text[0] == 0 and text[-1] == 1000
    assert len(text) == pytest.approx(1000 / 7, abs=2)  # 7/64 s is the first step past 0.1 s


def test_a_new_phase_is_heard_at_once():
    seldom = Throttle()
    assert seldom.should_emit("semantic tokens", 0, 9, 1.0)
    assert not seldom.should_emit("semantic tokens", 1, 9, 1.01)
    assert seldom.should_emit("coarse tokens", 0, 9, 1.02)
