"""Compare two audio files that belong to no song. Runs in venv-analysis."""

import argparse
import sys
from pathlib import Path

from secondtake.core.command_line import CommandLine
from secondtake.core.scripts import ANALYSIS, enter

if __name__ == "__main__":
    enter(ANALYSIS)

from secondtake.analysis.cache import Cache
from secondtake.analysis.compare_files import (
    FilePair,
    as_json,
    comparison_text,
    first_study_figures,
    in_words,
    measurements,
    open_pair,
)
from secondtake.core.errors import Exit, UserError, run_program
from secondtake.core.files import write_bytes
from secondtake.core.project import find_project
from secondtake.core.streams import print_json

DESCRIPTION = "How close is the second recording to the first, and how close is that?"
EPILOG = """\
Nothing is aligned in time: both are cut into windows of 3 s, and every window of the one meets
every window of the other. Beside each figure stand what other music scores against the first file
(floor), what that file scores against other parts of itself (ceiling), and the 95 % interval.
docs/metrics.md explains every metric. Files: wav, flac, ogg, mp3; at least 1 s, and 12 s for every
question to have an answer.

exit code: 0 done, 1 a network cannot listen, 2 bad input, 3 its environment is not whole

examples:
  python scripts/compare_files.py baseline.wav take.wav
  python scripts/compare_files.py --naive --picture both.png baseline.wav take.wav
  python scripts/compare_files.py --json baseline.wav take.wav
"""
PICTURES = (".png", ".svg")


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    command = CommandLine(DESCRIPTION, EPILOG)
    command.add_argument("baseline", type=Path, help="the file to compare with")
    command.add_argument("take", type=Path, help="the file whose closeness is asked for")
    command.add_no_wait()  # for a session that has to build the environment
    command.add_argument("--naive", action="store_true", help="add the first study's table")
    command.add_argument(
        "--json", action="store_true", help="print the measurements as JSON instead"
    )
    command.add_argument("--picture", type=Path, metavar="FILE", help="draw both; .png or .svg")
    options = command.parse_args(arguments)
    return run_program(lambda: _compare(options), as_json=options.json)


def _compare(options: argparse.Namespace) -> int:
    if options.picture and options.picture.suffix.lower() not in PICTURES:
        raise UserError(f"{options.picture}: a picture is named {' or '.join(PICTURES)}")
    cache = Cache(find_project(Path(__file__)).cache / "analysis")
    pair = open_pair(options.baseline, options.take, cache)
    measured = measurements(pair)
    words = in_words(pair, measured)
    naive = first_study_figures(pair) if options.naive else None
    if options.picture:
        _draw(pair, options.picture)
        print(f"picture: {options.picture}", file=sys.stderr)
    if options.json:
        value = as_json(pair, words, naive)
        print_json(value)
    else:
        print(comparison_text(words, measured, naive, pair.is_same))
    return Exit.DONE


def _draw(pair: FilePair, path: Path) -> None:
    """Write the picture of both; UserError where it cannot go."""
    from secondtake.analysis.plots.panels import view_recording
    from secondtake.analysis.plots.take_plot import plot_recordings

    recordings = (pair.reference, pair.estimate)
    plot = plot_recordings([(file.path.name, view_recording(file.audio)) for file in recordings])
    try:
        write_bytes(path, plot.svg if path.suffix.lower() == ".svg" else plot.png)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; name a file in a folder of yours") from None


if __name__ == "__main__":
    sys.exit(main())
