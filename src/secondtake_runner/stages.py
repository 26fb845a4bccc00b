"""The stages after generation, each a program of its own that reads files only."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from secondtake.errors import Exit
from secondtake.project import Project
from secondtake.surroundings import model_environ
from secondtake_runner.environments import ANALYSIS, LYRICS, is_built

NOBODY_LISTENS = (
    "– lyrics: not listened for, since venv-lyrics is not built; if you want it (optional, "
    "0.6 GB, docs/lyrics.md): invoke setup --models lyrics"
)


def analysis_program(
    project: Project, script: str, arguments: Sequence[str], out: TextIO, cwd: Path | None = None
) -> int:
    """Run scripts/<script>.py in venv-analysis; its exit code. `out` gets its stdout.

    cwd: the folder to which file names among the arguments are relative; the project's if None.
    """
    return _program(project.python(ANALYSIS), project, script, arguments, out, cwd)


def runner_program(project: Project, script: str, arguments: Sequence[str], out: TextIO) -> int:
    """Run scripts/<script>.py with the Python that we are running on; its exit code."""
    return _program(Path(sys.executable), project, script, arguments, out)


def understand(project: Project, arguments: Sequence[str], out: TextIO) -> int:
    """Listen for the lyrics in venv-lyrics; the program's exit code.

    That environment is optional, and never built in passing, since it brings weights of an
    unknown publisher. Without it, `out` is told how to get it, and nothing is wrong.
    """
    if not (project.environment(LYRICS).is_symlink() and is_built(project, LYRICS)):
        print(NOBODY_LISTENS, file=out, flush=True)
        return Exit.DONE
    return _program(project.python(LYRICS), project, "understand_lyrics", arguments, out)


def _program(
    python: Path,
    project: Project,
    script: str,
    arguments: Sequence[str],
    out: TextIO,
    cwd: Path | None = None,
) -> int:
    command = [str(python), str(project.root / "scripts" / f"{script}.py"), *arguments]
    process = subprocess.Popen(
        command, cwd=cwd or project.root, env=model_environ(project), stdout=out
    )
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
