"""Make a file, or a stretch of one, the baseline of a segment. Runs in venv-analysis."""

import argparse
import sys
from pathlib import Path

from secondtake.core.command_line import time_option
from secondtake.core.scripts import ANALYSIS, enter

if __name__ == "__main__":
    enter(ANALYSIS)

from secondtake.analysis.cli import parser, run
from secondtake.analysis.import_baseline import import_baseline
from secondtake.core.errors import Exit
from secondtake.core.project import Project
from secondtake.core.song import Song, whole_baseline

DESCRIPTION = "Make an audio file the song's baseline, or a stretch of it a segment's."
EPILOG = """\
Reads wav, flac, ogg and mp3. Writes the file that the song names for it, as wav at the
source's own sample rate and channels; no sample changes. The source is only read, and nothing
leaves the machine.

exit code: 0 done, 2 bad input

examples:
  python scripts/import_baseline.py whole_song.mp3
  python scripts/import_baseline.py chorus.wav --segment 10
  python scripts/import_baseline.py whole_song.mp3 --segment 18 --start 1:02.5 --end 1:17.5
"""

NEAR_SECONDS = 1.0  # a baseline may end a breath earlier or later than the segment


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    command = parser(DESCRIPTION, EPILOG)
    command.add_argument("file", type=Path, metavar="FILE", help="wav, flac, ogg or mp3")
    whose = "its number (default: the recording is of the whole song)"
    command.add_argument("--segment", type=int, metavar="N", help=whose)
    command.add_argument(
        "--start", type=time_option, metavar="T", help="into the file: 62.5, 1:02.5"
    )
    command.add_argument("--end", type=time_option, metavar="T", help="into the file: 77.5, 1:17.5")
    command.add_argument(
        "--force", action="store_true", help="replace a baseline, or take a source that is damaged"
    )
    options = command.parse_args(arguments)
    return run(lambda song, project: _import(song, project, options), options.song)


def _import(song: Song, project: Project, options: argparse.Namespace) -> int:
    segment = None if options.segment is None else song.segment(options.segment)
    target = segment or whole_baseline(song, project)
    imported = import_baseline(options.file, target, options.start, options.end, options.force)
    audio, baseline = imported.audio, segment.baseline if segment else whole_baseline(song, project)
    assert baseline is not None  # import_baseline has seen to it
    print(
        f"{project.relative(baseline.file)}: {audio.seconds:.2f} s, "
        f"{audio.sample_rate} Hz, {audio.samples.shape[1]} channels"
    )
    for note in imported.notes:
        print(f"note: {note}")
    is_cut = baseline.start is None and baseline.end is None
    if segment and is_cut and abs(audio.seconds - segment.seconds) > NEAR_SECONDS:
        print(f"note: the song asks for {segment.seconds:g} s; --start and --end cut the segment")
    if not segment and not song.baseline:
        print(f'the song file is to name it, above its first segment: baseline = "{baseline.name}"')
        print("and every segment where it stands in it: start = … and end = …, in seconds")
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
