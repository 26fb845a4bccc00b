"""Ctrl-C is held back while something is made whole, and quiet while a program is loading."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from secondtake.core.errors import Exit
from secondtake.core.interrupts import (
    INTERRUPTED,
    InterruptsHeld,
    end_quietly_while_loading,
    hear_interrupts,
)


@pytest.fixture(autouse=True)
def pythons_own_handler() -> Iterator[None]:
    """What a program starts with; afterwards, what was there before."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_comes_after_what_is_held() -> None:
    written, held = [], InterruptsHeld()
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            with held:
                os.kill(os.getpid(), signal.SIGINT)
                written.append("whole")
            written.append("never")
    assert written == ["whole", "whole"]


@pytest.mark.parametrize(
    ("program", "is_quiet"),
    [
        ("/bin/invoke", True),
        ("/lib/invoke/__main__.py", True),
        ("/bin/secondtake", True),
        ("/checkout/scripts/rank_takes.py", True),
        ("/elsewhere/scripts/rank_takes.py", False),
        ("/bin/pytest", False),
    ],
)
def test_only_the_program_that_loads_it_becomes_quiet(
    monkeypatch: pytest.MonkeyPatch, program: str, is_quiet: bool
) -> None:
    monkeypatch.setattr("sys.argv", [program])
    end_quietly_while_loading("invoke", "secondtake", scripts=Path("/checkout/scripts"))
    assert (signal.getsignal(signal.SIGINT) is not signal.default_int_handler) == is_quiet
    hear_interrupts()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_shells_choice_to_ignore_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["invoke"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_quietly_while_loading("invoke", scripts=Path("/checkout/scripts"))
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_the_exit_code_is_everyones() -> None:
    assert INTERRUPTED == Exit.INTERRUPTED
