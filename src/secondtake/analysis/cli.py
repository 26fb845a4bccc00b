"""What the programs in scripts/ share: the song, the project, exit codes, caches.

A line for whoever waits longer than a second, and none for whoever does not.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

from secondtake.core.environ import model_variables
from secondtake.core.exits import ended
from secondtake.core.project import DEFAULT_SONG, Project, find_project
from secondtake.core.song import Song, load_song

CACHES = ("MPLCONFIGDIR",)  # else matplotlib looks for all fonts in every new environment


def parser(description: str, epilog: str) -> argparse.ArgumentParser:
    """A command line with --song."""
    made = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawTextHelpFormatter
    )
    made.add_argument("--song", default=DEFAULT_SONG, help="song file (default: %(default)s)")
    return made


def run(work: Callable[[Song, Project], int], song: str) -> int:
    """Load the song and do the work; the exit code."""

    def whole() -> int:
        project = find_project(Path(__file__))
        for name in CACHES:
            os.environ.setdefault(name, model_variables(project)[name])
        return work(load_song(project.song(song), project), project)

    return ended(whole)


PATIENCE = 1.0  # s; below, a line about progress is older than what it announces


@contextmanager
def patience(doing: str, after: float = PATIENCE) -> Iterator[None]:
    """Say on stderr what is being done if it takes longer than `after` seconds."""
    timer = Timer(after, lambda: print(f"    {doing} …", file=sys.stderr, flush=True))
    timer.daemon = True  # an interrupted program does not wait for it
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
