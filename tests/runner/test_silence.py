"""When a process counts as hanging, by a clock that the tests turn."""

import math

import pytest

from secondtake.core.errors import UserError
from secondtake.runner import silence
from secondtake.runner.silence import VARIABLE, Silence, parse_timeout, silence_limit


@pytest.mark.parametrize(
    ("text", "seconds"), [("", None), ("0", math.inf), ("1.5", 1.5), ("900", 900.0)]
)
def test_the_variable_is_seconds_and_nothing_is_no_choice(text, seconds):
    assert parse_timeout(text) == seconds


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "1e999", "10 min", "0x10"])
def test_what_is_no_number_of_seconds_is_refused_by_name(text):
    with pytest.raises(UserError, match=f"{VARIABLE}=.*expected seconds"):
        parse_timeout(text)


def test_the_limit_goes_by_measured_times_unless_the_user_sets_it(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert [silence_limit(seconds) for seconds in (None, 2.0, 3600.0)] == [1800.0, 600.0, 10800.0]
    monkeypatch.setenv(VARIABLE, "5")
    assert silence_limit(3600.0) == 5.0
    monkeypatch.setenv(VARIABLE, "0")
    assert silence_limit() == math.inf


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(silence.time, "monotonic", lambda: now[0])

    def wait(seconds):
        now[0] += seconds

    return wait


def test_silence_is_too_long_once_nothing_changed_for_the_limit(clock):
    quiet, answers = Silence(3.0), []
    for lines in (0, 0, 0, 1, 1, 1, 1):
        clock(1.0)
        answers.append(quiet.is_too_long(lines, "log"))
    assert answers == [False] * 6 + [True]


def test_a_runner_that_was_stopped_itself_has_heard_no_silence(clock):
    quiet = Silence(10.0)
    quiet.is_too_long(0)
    clock(3600.0)
    assert not quiet.is_too_long(0)
    clock(5.0)
    assert quiet.is_too_long(0)


def test_there_may_be_no_limit(clock):
    quiet = Silence(math.inf)
    for _ in range(10):
        clock(5.0)
        assert not quiet.is_too_long()
