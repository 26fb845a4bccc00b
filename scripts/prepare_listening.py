"""Make a clip of every baseline and take for the listening page. Runs in venv-analysis."""

import sys

from secondtake.core.scripts import ANALYSIS, enter

if __name__ == "__main__":
    enter(ANALYSIS)

from secondtake.analysis.cli import parser, run
from secondtake.analysis.listening.prepare_clips import prepare_clips
from secondtake.core.errors import Exit
from secondtake.core.formatting import format_bytes, plural
from secondtake.core.listening_file import (
    FOLDER,
    Encoding,
    ListeningFile,
    clip_path,
    read_listening,
)
from secondtake.core.project import Project
from secondtake.core.song import Song

DESCRIPTION = "Make what the listening page plays: a clip of every baseline and every take."
EPILOG = """\
All clips of a segment have one length, rate and number of bytes, so that a blind test shows nothing
of where they come from. They are MP3 of 160 kbit/s, 48 kHz, stereo, never louder than their files;
or 16-bit wav, once --lossless was typed, until --mp3 is. Beside each lies its spectrogram. Writes
<results>/listening/, whose listening.json describes them (docs/record-format.md). What did not
change is not made again; clips of takes that are gone are removed.

exit code: 0 done, 1 a file could not be written, 2 bad input

examples:
  python scripts/prepare_listening.py
  python scripts/prepare_listening.py --song songs/other.toml --lossless
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    command = parser(DESCRIPTION, EPILOG)
    encodings = command.add_mutually_exclusive_group()
    encodings.add_argument(
        "--lossless",
        dest="encoding",
        action="store_const",
        const="wav",
        help="16-bit wav from now on, ten times as large",
    )
    encodings.add_argument(
        "--mp3", dest="encoding", action="store_const", const="mp3", help="mp3 from now on"
    )
    options = command.parse_args(arguments)
    return run(lambda song, project: _prepare(song, project, options.encoding), options.song)


def _prepare(song: Song, project: Project, chosen: Encoding | None) -> int:
    """chosen: None keeps the encoding of the clips that are there."""
    encoding = chosen or read_listening(song.results, song.name).encoding
    listening = prepare_clips(
        song, project, encoding, lambda line: print(f"    {line}", file=sys.stderr, flush=True)
    )
    print(_summary(song, project, listening))
    for name, why in listening.skipped:
        print(f"  not playable: {name}: {why}")
    return Exit.DONE


def _summary(song: Song, project: Project, listening: ListeningFile) -> str:
    names = [version.clip for segment in listening.segments for version in segment.versions]
    if not names:
        return "clips: nothing to play yet: no takes, no baselines"
    paths = [clip_path(song.results, name, listening.encoding) for name in names]
    size = format_bytes(sum(path.stat().st_size for path in paths))
    what = f"{len(names)}, of {plural(len(listening.segments), 'segment')}"
    rate = f"{listening.encoding} of {listening.bits_per_second // 1000} kbit/s"
    return f"clips: {what}, {rate}, {size}: {project.relative(song.results / FOLDER)}/"


if __name__ == "__main__":
    sys.exit(main())
