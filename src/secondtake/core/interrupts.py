"""Ctrl-C: held back while something is made whole, and quiet while a program is still loading."""

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


def end_quietly_while_loading(*programs: str) -> None:
    """Let Ctrl-C end this program at once, without a word, as long as nothing is begun.

    programs: the names of those that load what calls this; in any other it does nothing.
    """
    program = Path(sys.argv[0])
    is_meant = {program.stem, program.parent.name} & set(programs)
    if is_meant and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(INTERRUPTED))
