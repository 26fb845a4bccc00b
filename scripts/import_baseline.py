"""Make a file, or a stretch of one, the baseline of a segment. Runs in venv-analysis."""

import argparse
import sys
from pathlib import Path

from secondtake.analysis.cli import parser, run
from secondtake.analysis.import_baseline import import_baseline
from secondtake.core.errors import Exit
from secondtake.core.project import Project
from secondtake.core.song import Song

DESCRIPTION = "Make an audio file, or a stretch of it, the baseline of a segment."
EPILOG = """\
Reads wav, flac, ogg and mp3. Writes the file that the song names for the segment, as wav at the
source's own sample rate and channels; no sample changes. The source is only read, and nothing
leaves the machine.

exit code: 0 done, 2 bad input

examples:
  python scripts/import_baseline.py chorus.wav --segment 10
  python scripts/import_baseline.py whole_song.mp3 --segment 18 --start 62.5 --end 77.5
"""

NEAR_SECONDS = 1.0  # a baseline may end a breath earlier or later than the segment


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    command = parser(DESCRIPTION, EPILOG)
    command.add_argument("file", type=Path, metavar="FILE", help="wav, flac, ogg or mp3")
    command.add_argument("--segment", type=int, required=True, metavar="N", help="its number")
    command.add_argument("--start", type=float, metavar="S", help="seconds into the file")
    command.add_argument("--end", type=float, metavar="S", help="seconds into the file")
    command.add_argument(
        "--force", action="store_true", help="replace a baseline, or take a source that is damaged"
    )
    options = command.parse_args(arguments)
    return run(lambda song, project: _import(song, project, options), options.song)


def _import(song: Song, project: Project, options: argparse.Namespace) -> int:
    segment = song.segment(options.segment)
    imported = import_baseline(options.file, segment, options.start, options.end, options.force)
    audio = imported.audio
    assert segment.baseline is not None  # import_baseline has seen to it
    print(
        f"{project.relative(segment.baseline.file)}: {audio.seconds:.2f} s, "
        f"{audio.sample_rate} Hz, {audio.samples.shape[1]} channels"
    )
    for note in imported.notes:
        print(f"note: {note}")
    whole = segment.baseline.start is None and segment.baseline.end is None
    if whole and abs(audio.seconds - segment.seconds) > NEAR_SECONDS:
        print(f"note: the song asks for {segment.seconds:g} s; --start and --end cut the segment")
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
