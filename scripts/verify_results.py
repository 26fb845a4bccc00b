"""Check every take and baseline of a song and write verification.json. Runs in venv-analysis."""

import argparse
import sys

from secondtake.core.scripts import ANALYSIS, enter

if __name__ == "__main__":
    enter(ANALYSIS)

from secondtake.analysis.cache import Cache
from secondtake.analysis.checks.verify import verification_text, verify
from secondtake.analysis.cli import parser, run
from secondtake.core.errors import Exit
from secondtake.core.project import Project
from secondtake.core.serialization import write_checked
from secondtake.core.song import Song
from secondtake.core.streams import print_json

DESCRIPTION = "Check every finished take of a song, and the baselines that are there."
EPILOG = """\
A take is checked against its record (hash, frames), its model (sample rate, channels, duration,
bandwidth), what was asked (a voice, or none) and for faults that can be heard: silence, clipping,
dropouts, hiss, loops, a cut end. docs/checks.md explains each check, and
docs/lab/check-detection.md shows how often each is right. A hint is true of many sound recordings.
The figures go to <results>/verification.json.

exit code: 0 all pass or warn, 1 a file failed, 2 bad input

examples:
  python scripts/verify_results.py
  python scripts/verify_results.py --song songs/other.toml --json
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    command = parser(DESCRIPTION, EPILOG)
    command.add_argument("--json", action="store_true", help="print the figures as JSON instead")
    options = command.parse_args(arguments)
    return run(
        lambda song, project: _verify(song, project, options), options.song, as_json=options.json
    )


def _verify(song: Song, project: Project, options: argparse.Namespace) -> int:
    cache = Cache(project.cache / "analysis")
    verification = verify(song, project, cache, lambda line: print(f"    {line}", file=sys.stderr))
    path = song.results / "verification.json"
    write_checked(path, verification.to_json())
    if options.json:
        print_json(verification.to_json())
    else:
        print(verification_text(verification))
        print(f"figures: {project.relative(path)}")
    return Exit.FAILED if verification.failed else Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
