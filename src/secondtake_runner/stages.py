"""The stages after generation, each a program of its own that reads files only."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from secondtake.project import Project
from secondtake.surroundings import model_environ
from secondtake_runner.environments import ANALYSIS


def analysis_program(project: Project, script: str, arguments: Sequence[str], out: TextIO) -> int:
    """Run scripts/<script>.py in venv-analysis; its exit code. `out` gets its stdout."""
    return _program(project.python(ANALYSIS), project, script, arguments, out)


def runner_program(project: Project, script: str, arguments: Sequence[str], out: TextIO) -> int:
    """Run scripts/<script>.py with the Python that we are running on; its exit code."""
    return _program(Path(sys.executable), project, script, arguments, out)


def _program(
    python: Path, project: Project, script: str, arguments: Sequence[str], out: TextIO
) -> int:
    command = [str(python), str(project.root / "scripts" / f"{script}.py"), *arguments]
    process = subprocess.Popen(command, cwd=project.root, env=model_environ(project), stdout=out)
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
