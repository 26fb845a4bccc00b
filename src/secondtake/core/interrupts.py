"""Ctrl-C: held back while something is made whole, and quiet while a program is still loading."""

import atexit
import os
import signal
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType

INTERRUPTED = 130  # the exit code


class InterruptsHeld(AbstractContextManager[None]):
    """The program does not hear Ctrl-C inside; a process that is started inside never does.

    A library's thread may be given the signal where ours is closed to it, and Python then handles
    it here all the same: so it is noted, and comes after the block.
    """

    def __enter__(self) -> None:
        self._came = False
        self._handler = signal.signal(signal.SIGINT, self._note)
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    def __exit__(self, *error: object) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        signal.signal(signal.SIGINT, self._handler)
        if self._came:
            signal.raise_signal(signal.SIGINT)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._came = True


def end_quietly_while_loading(*programs: str, scripts: Path | None = None) -> None:
    """Let Ctrl-C end this program at once, without a word, until `hear_interrupts`.

    Only in programs of these names, and in those of the folder `scripts`: in any other it does
    nothing.
    """
    program = Path(*sys.argv[:1])
    is_meant = {program.stem, program.parent.name} & set(programs)
    is_ours = scripts and program.resolve().parent == scripts.resolve()
    if (is_meant or is_ours) and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end_at_once)


def hear_interrupts() -> None:
    """Ctrl-C raises KeyboardInterrupt again: what is begun from here on is ended in order."""
    if signal.getsignal(signal.SIGINT) is _end_at_once:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def end_at_once_if_again() -> None:
    """After a first Ctrl-C: another one ends the program at once, with the same exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end_at_once)
    keep_exit_code()


def keep_exit_code() -> None:
    """Hear no signal while Python takes itself down: it would end with the signal's code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        atexit.register(signal.signal, number, signal.SIG_IGN)


def _end_at_once(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)
