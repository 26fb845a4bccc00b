"""What the programs in scripts/ share: the song, the project, exit codes, caches."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from secondtake.ending import ended
from secondtake.project import DEFAULT_SONG, Project, find_project
from secondtake.song import Song, load_song
from secondtake.surroundings import model_variables

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
