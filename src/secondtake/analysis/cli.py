"""The command lines of scripts/: the song's option, exit codes, cache folders, a delayed notice."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

from secondtake.core.environ import model_variables
from secondtake.core.errors import run_program
from secondtake.core.project import DEFAULT_SONG, Project, find_project
from secondtake.core.song import Song, load_song

CACHES = ("MPLCONFIGDIR",)  # else matplotlib looks for all fonts in every new environment
NOTICE_DELAY = 1.0  # s; below, a line about progress is older than what it announces


def parser(description: str, epilog: str) -> argparse.ArgumentParser:
    """A command line with --song."""
    command_line = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawTextHelpFormatter
    )
    command_line.add_argument(
        "--song", default=DEFAULT_SONG, help="song file (default: %(default)s)"
    )
    return command_line


def run(work: Callable[[Song, Project], int], song: str) -> int:
    """Load the song and do the work; the exit code."""

    def load_and_work() -> int:
        project = find_project(Path(__file__))
        for name in CACHES:
            os.environ.setdefault(name, model_variables(project)[name])
        return work(load_song(project.song(song), project), project)

    return run_program(load_and_work)


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
