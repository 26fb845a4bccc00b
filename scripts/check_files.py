"""Check any audio files, of no song and no model. Runs in venv-analysis."""

import argparse
import json
import sys
from pathlib import Path

from secondtake.analysis.cache import Cache
from secondtake.analysis.checks.check import SEVERITY, Examined, described
from secondtake.analysis.checks.suite import Subject, check_all
from secondtake.analysis.formatting import rounded
from secondtake.core.errors import Exit, UserError
from secondtake.core.exits import ended
from secondtake.core.files import sha256_of
from secondtake.core.project import find_project

DESCRIPTION = "Check any audio files for faults that can be measured: wav, flac, ogg, mp3."
EPILOG = """\
Silence, clipping, dropouts, offset, clicks, hiss, channels that are one, a band that was cut off,
loops, a sound that stands still, an end in the middle of a note. The worst file comes first. A
hint is true of many sound recordings. docs/checks.md explains each check, and
docs/check-detection.md shows how often each is right.

exit code: 0 all pass or warn, 1 a file failed, 2 bad input

examples:
  python scripts/check_files.py mix.wav
  python scripts/check_files.py --json results/local_models/*.wav
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    made = argparse.ArgumentParser(
        description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawTextHelpFormatter
    )
    made.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an audio file")
    made.add_argument("--json", action="store_true", help="print the figures as JSON instead")
    options = made.parse_args(arguments)
    return ended(lambda: _check(options))


def _check(options: argparse.Namespace) -> int:
    subjects = [Subject(path, _sha256(path)) for path in dict.fromkeys(options.files)]
    cache = Cache(find_project(Path(__file__)).cache / "analysis")
    checks = check_all(subjects, cache, lambda told: print(told, file=sys.stderr))
    found = [
        Examined(str(one.path), "file", one.sha256, said)
        for one, said in zip(subjects, checks, strict=True)
    ]
    found.sort(key=lambda one: -SEVERITY[one.verdict])
    if options.json:
        files = rounded([one.to_json() for one in found])
        print(json.dumps({"files": files}, indent=2, sort_keys=True, ensure_ascii=False))
    else:
        print("\n".join(described(found)))
    return Exit.FAILED if found[0].verdict == "fail" else Exit.DONE


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
