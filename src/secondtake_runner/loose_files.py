"""Verbs for audio files that belong to no song. Each returns an exit code.

The programs run where the user stands, so that files are named in answers as they were typed.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from secondtake.errors import UserError
from secondtake.names import shown
from secondtake_runner import stages
from secondtake_runner.commands import begin, prepare_analysis
from secondtake_runner.display import Display

PICTURES = (".png", ".svg")


def compare(reference: str, estimate: str, naive: bool, as_json: bool, picture: str) -> int:
    """How close one file is to another: scripts/compare_files.py."""
    files = [_present(reference), _present(estimate)]
    options = ["--naive"] if naive else []
    if picture:
        options.append(f"--picture={_drawable(picture)}")
    return _analysed("compare_files", options, files, as_json)


def check(files: Sequence[str], as_json: bool) -> int:
    """What can be measured to be wrong with files: scripts/check_files.py."""
    if not files:
        raise UserError("check which files? type: invoke check FILE FILE …")
    return _analysed("check_files", [], [_present(file) for file in files], as_json)


def _analysed(script: str, options: Sequence[str], files: Sequence[str], as_json: bool) -> int:
    """Run a program of the analysis on files, in the folder from which they were named."""
    project, _ = begin()
    with Display(to_stderr=as_json) as display:
        prepare_analysis(project, display)
    arguments = [*options, *(["--json"] if as_json else []), "--", *files]
    return stages.analysis_program(project, script, arguments, sys.stdout, Path.cwd())


def _present(name: str) -> str:
    """The name of a file that is there; whether it is audio, the program says."""
    said, path = _said(name), Path(name)
    try:
        if path.is_dir():
            raise UserError(f"{said}: a folder; name its files, for example {said}/*.wav")
        if not path.is_file():
            raise UserError(f"{said}: no such file in {Path.cwd()}; give its path from there")
    except OSError as error:  # a name that is too long, a folder that is closed
        raise UserError(f"{shown(name)}: {error.strerror}") from None
    return name


def _drawable(name: str) -> str:
    said, path = _said(name), Path(name)
    if path.suffix.lower() not in PICTURES:
        raise UserError(f"--picture: {said}: a picture is named {' or '.join(PICTURES)}")
    if not path.absolute().parent.is_dir():
        folder = _said(str(path.parent))
        raise UserError(f"--picture: {folder} is no folder; make it first: mkdir {folder}")
    return name


def _said(name: str) -> str:
    """A file's name as a message can bear it: as it was typed, unless it steers a terminal."""
    return name if name.isprintable() else shown(name)
