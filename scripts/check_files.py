"""Check any audio files, of no song and no model. Runs in venv-analysis."""

import argparse
import sys
from pathlib import Path

from secondtake.core.command_line import CommandLine
from secondtake.core.scripts import ANALYSIS, enter

if __name__ == "__main__":
    enter(ANALYSIS)

from secondtake.analysis.cache import Cache
from secondtake.analysis.checks.check import SEVERITY, CheckedFile, report_lines
from secondtake.analysis.checks.expectations import EXPECTED_VOICE
from secondtake.analysis.checks.suite import CheckTarget, check_files
from secondtake.analysis.formatting import round_floats
from secondtake.core.errors import Exit, UserError, run_program
from secondtake.core.files import sha256_of
from secondtake.core.project import find_project
from secondtake.core.streams import print_json

DESCRIPTION = "Check any audio files for faults that can be measured: wav, flac, ogg, mp3."
EPILOG = """\
Silence, clipping, dropouts, offset, clicks, hiss, tones that never stop, alarms, channels that are
one, a band that was cut off, loops, a sound that stands still. With --expect also whether there is
a voice. The worst file comes first. A hint is true of some sound recordings. docs/checks.md
explains each check, and docs/lab/check-detection.md shows how often each is right.

exit code: 0 all pass or warn, 1 a file failed, 2 bad input

examples:
  python scripts/check_files.py --expect vocal mix.wav
  python scripts/check_files.py --json results/local_models/*.wav
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    command = CommandLine(DESCRIPTION, EPILOG)
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an audio file")
    command.add_argument(
        "--expect",
        type=str.lower,
        choices=tuple(EXPECTED_VOICE),
        help="check that there is a voice (vocal), or that there is none (instrumental)",
    )
    command.add_no_wait()  # for a session that has to build the environment
    command.add_argument("--json", action="store_true", help="print the figures as JSON instead")
    options = command.parse_args(arguments)
    return run_program(lambda: _check(options), as_json=options.json)


def _check(options: argparse.Namespace) -> int:
    voice = EXPECTED_VOICE.get(options.expect)
    targets = [
        CheckTarget(path, _sha256(path), voice=voice) for path in dict.fromkeys(options.files)
    ]
    cache = Cache(find_project(Path(__file__)).cache / "analysis")
    checks = check_files(targets, cache, lambda line: print(line, file=sys.stderr))
    checked = [
        CheckedFile(str(target.path), "file", target.sha256, of_target)
        for target, of_target in zip(targets, checks, strict=True)
    ]
    checked.sort(key=lambda file: -SEVERITY[file.verdict])
    if options.json:
        files = round_floats([file.to_json() for file in checked])
        print_json({"files": files})
    else:
        print("\n".join(report_lines(checked)))
    return Exit.FAILED if checked[0].verdict == "fail" else Exit.DONE


def _sha256(path: Path) -> str:
    """The hash of a file that is there; UserError naming what to give instead."""
    if path.is_dir():
        raise UserError(f"{path}: a folder; name its files, for example {path}/*.wav")
    if not path.is_file():
        raise UserError(f"{path}: no such file; give the path from the folder that you stand in")
    try:
        return sha256_of(path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; make it readable, or copy it") from None


if __name__ == "__main__":
    sys.exit(main())
