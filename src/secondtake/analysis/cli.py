"""The command lines of scripts/: the song's option, exit codes, cache folders, a delayed notice."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

from secondtake.core.command_line import CommandLine
from secondtake.core.environ import model_variables
from secondtake.core.errors import run_program
from secondtake.core.project import Project, find_project
from secondtake.core.run_lock import locked_song
from secondtake.core.song import Song

CACHES = ("MPLCONFIGDIR",)  # else matplotlib looks for all fonts in every new environment
NOTICE_DELAY = 1.0  # s; below, a line about progress is older than what it announces


def parser(description: str, epilog: str) -> CommandLine:
    """A command line with --song and --no-wait."""
    command_line = CommandLine(description, epilog)
    command_line.add_song()
    command_line.add_no_wait()
    return command_line


def run(work: Callable[[Song, Project], int], song: str, *, as_json: bool = False) -> int:
    """Do the work on the song, under the project's lock; the exit code. as_json: `run_program`."""

    def lock_and_work() -> int:
        project = find_project(Path(__file__))
        for name in CACHES:
            os.environ.setdefault(name, model_variables(project)[name])
        with locked_song(project, song) as locked:
            return work(locked, project)

    return run_program(lock_and_work, as_json=as_json)


@contextmanager
def delayed_notice(action: str, delay: float = NOTICE_DELAY) -> Iterator[None]:
    """Print the action on stderr if it takes longer than `delay` seconds."""
    timer = Timer(delay, lambda: print(f"    {action} …", file=sys.stderr, flush=True))
    timer.daemon = True  # an interrupted program does not wait for it
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
