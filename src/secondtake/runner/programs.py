"""One program in its environment, as the nox sessions run it: nox -s bark -- --segment 10.

The stages after generation, each a program of its own that reads files only.
"""

import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from secondtake.core import cli
from secondtake.core.environ import model_environ
from secondtake.core.errors import Exit, ModelError, UserError
from secondtake.core.exits import exit_of
from secondtake.core.project import Project, find_project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Model
from secondtake.core.validation import did_you_mean
from secondtake.runner import environments
from secondtake.runner.display import Display
from secondtake.runner.environments import ANALYSIS, LYRICS, is_built
from secondtake.runner.preflight import check_access
from secondtake.runner.settings import Settings, load_settings
from secondtake.runner.study import fetch_weights, prepare_environment

ANALYSIS_SCRIPTS = ("verify_results", "analyse_results", "import_baseline")


def run_model(name: str, arguments: Sequence[str]) -> int:
    """Build, fetch and run one model's page with these arguments; the exit code."""
    logging.disable(logging.INFO)  # nox shows every library's log, the connections' too
    model = MODELS[name]
    options = cli.parser(model).parse_args(arguments)  # teaches and ends here on --help
    try:
        project = find_project()
        settings = load_settings(project)
        settings.export()
        for warning in settings.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        _, jobs = cli.wanted(model, project, options)
        checkpoints = dict.fromkeys(job.checkpoint for job, reason in jobs if reason)
        python = Path(sys.executable)
        if checkpoints and not options.dry_run:
            with Display() as display:
                _prepare(project, model, list(checkpoints), settings, display)
            python = project.python(name)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return Exit.BAD_INPUT
    except ModelError as error:
        print(f"{model.title}: {error.message}\n  → {error.hint}", file=sys.stderr)
        return exit_of(error)
    return _run(project, [str(python), str(project.page(name)), *arguments])


def analysis_shell(arguments: Sequence[str]) -> int:
    """Run one of the analysis scripts in venv-analysis; the exit code."""
    try:
        project = find_project()
        name = arguments[0] if arguments else ""
        if name not in ANALYSIS_SCRIPTS:
            raise UserError(f"which script? {did_you_mean(name, ANALYSIS_SCRIPTS)}")
        return _run_script(project, environments.ANALYSIS, name, arguments[1:])
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return Exit.BAD_INPUT


def lyrics_shell(arguments: Sequence[str]) -> int:
    """Run understand_lyrics.py in venv-lyrics, built if need be; the exit code."""
    try:
        return _run_script(find_project(), environments.LYRICS, "understand_lyrics", arguments)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return Exit.BAD_INPUT


def _run_script(project: Project, environment: str, name: str, arguments: Sequence[str]) -> int:
    """One of scripts/ in an environment; UserError if something is in that one's place."""
    try:
        with Display() as display:
            log = project.cache / "logs" / f"build-{environment}.log"
            prepare_environment(project, environment, log, display)
    except ModelError as error:
        print(f"{environment}: {error.message}\n  → {error.hint}", file=sys.stderr)
        return exit_of(error)
    script = str(project.root / "scripts" / f"{name}.py")
    return _run(project, [str(project.python(environment)), script, *arguments])


def _prepare(
    project: Project, model: Model, checkpoints: list[str], settings: Settings, display: Display
) -> None:
    built = environments.is_built(project, model.name)
    for name in checkpoints:
        check_access(project, model, model.checkpoint(name), settings, environment_built=built)
    log = project.cache / "logs" / f"build-{model.name}.log"
    prepare_environment(project, model.name, log, display)
    for name in checkpoints:
        fetch_weights(project, model, name, settings, display)


def _run(project: Project, command: list[str]) -> int:
    process = subprocess.Popen(command, env=model_environ(project))
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()  # it got the same Ctrl-C, from the same terminal
        return Exit.INTERRUPTED


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
