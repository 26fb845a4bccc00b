"""One program in its environment, as the nox sessions run it: nox -s bark -- --segment 10."""

import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from secondtake import page
from secondtake.ending import exit_of
from secondtake.errors import Exit, ModelError, UserError
from secondtake.model import Model
from secondtake.models import MODELS
from secondtake.names import did_you_mean
from secondtake.project import Project, find_project
from secondtake.surroundings import model_environ
from secondtake_runner import environments
from secondtake_runner.access import check_access
from secondtake_runner.display import Display
from secondtake_runner.settings import Settings, load_settings
from secondtake_runner.study import fetch_weights, prepare_environment

ANALYSIS_SCRIPTS = ("verify_results", "analyse_results", "import_baseline")


def run_model(name: str, arguments: Sequence[str]) -> int:
    """Build, fetch and run one model's page with these arguments; the exit code."""
    logging.disable(logging.INFO)  # nox shows every library's log, the connections' too
    model = MODELS[name]
    options = page.parser(model).parse_args(arguments)  # teaches and ends here on --help
    try:
        project = find_project()
        settings = load_settings(project)
        settings.export()
        for warning in settings.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        _, jobs = page.wanted(model, project, options)
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
