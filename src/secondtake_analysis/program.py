"""What the programs in scripts/ share: the song, the project, exit codes, caches."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from secondtake.errors import Exit, UserError
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
    """Load the song and do the work; expected errors become one line and exit code 2."""
    try:
        project = find_project(Path(__file__))
        for name in CACHES:
            os.environ.setdefault(name, model_variables(project)[name])
        return work(load_song(project.song(song), project), project)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return Exit.BAD_INPUT
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
