"""Programs in their environments: prepared (built if stale, weights fetched), started, waited for.

A program is a model's script or one of scripts/, in a process of its own with the variables of
secondtake.core.environ. Nox sessions run them alone; stages after generation read files only.
"""

import logging
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TextIO

from secondtake.core import cli
from secondtake.core.environ import child_environ
from secondtake.core.errors import Exit, ModelError, UserError, exit_of
from secondtake.core.project import Project, find_project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.song import Song
from secondtake.core.validation import did_you_mean
from secondtake.runner.display import Display
from secondtake.runner.environments import ANALYSIS, LYRICS, ensure, is_built
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.preflight import preflight
from secondtake.runner.settings import Settings, open_project

Command = Sequence[str | Path]
RUNNER = ""  # the environment that we run in ourselves
ANALYSIS_SCRIPTS = ("verify_results", "analyse_results", "import_baseline")
STAGES = {  # after generation -> environment, script
    "verify": (ANALYSIS, "verify_results"),
    "understand": (LYRICS, "understand_lyrics"),
    "rank": (RUNNER, "rank_takes"),
    "analyse": (ANALYSIS, "analyse_results"),
    "report": (RUNNER, "write_progress"),
}
LYRICS_NOT_BUILT = (
    "– lyrics: not listened for, since venv-lyrics is not built; if you want it (optional, "
    "0.6 GB, docs/lyrics.md): invoke setup --models lyrics"
)


def check_model(
    project: Project, model: ModelSpec, checkpoints: Iterable[str], settings: Settings
) -> None:
    """ModelError if one of the checkpoints may not run. Nothing heavy is built or fetched."""
    built = is_built(project, model.name)
    for name in checkpoints:
        preflight(project, model, model.checkpoint(name), settings, environment_built=built)


def prepare_model(
    project: Project,
    model: ModelSpec,
    checkpoints: Iterable[str],
    settings: Settings,
    display: Display,
    log: Path | None = None,
) -> None:
    """Build a model's environment and fetch its checkpoints' weights, each if need be."""
    prepare_environment(project, model.name, display, log)
    for name in checkpoints:
        fetch_weights(project, model, name, settings, display)


def prepare_environment(
    project: Project, name: str, display: Display, log: Path | None = None
) -> None:
    """Build an environment if need be, showing its steps. `log` gets the output of uv."""
    label = project.environment(name).name
    log = log or project.cache / "logs" / f"build-{name}.log"
    ensure(project, name, log, lambda step: display.progress(label, step, 0, 0))


def fetch_weights(
    project: Project, model: ModelSpec, checkpoint: str, settings: Settings, display: Display
) -> None:
    """Fetch a checkpoint's weights if need be, showing how far it is."""

    def progress(file: str, done: int, total: int) -> None:
        display.progress(model.title, f"fetching {file}", done, total)

    fetch(project, model, model.checkpoint(checkpoint), settings, progress)


def start_process(
    project: Project,
    command: Command,
    *,
    cwd: Path | None = None,
    stdin: int | None = None,
    stdout: int | TextIO | None = None,
    stderr: int | None = None,
    new_session: bool = False,
) -> "subprocess.Popen[str]":
    """Start a program with a model's environment variables, in the project's folder or `cwd`."""
    return subprocess.Popen(
        command,
        cwd=cwd or project.root,
        env=child_environ(project),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        encoding="utf-8",
        start_new_session=new_session,
    )


def run_process(
    project: Project, command: Command, out: TextIO | None = None, cwd: Path | None = None
) -> int:
    """Run a program to its end; its exit code. Whatever stops us before stops it too."""
    process = start_process(project, command, cwd=cwd, stdout=out)
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise


def run_script(
    project: Project,
    environment: str,
    script: str,
    arguments: Sequence[str],
    out: TextIO | None = None,
    cwd: Path | None = None,
) -> int:
    """Run scripts/<script>.py in an environment that is there; its exit code. `out` gets stdout.

    cwd: the folder to which file names among the arguments are relative; the project's if None.
    """
    python = project.python(environment) if environment else Path(sys.executable)
    path = project.root / "scripts" / f"{script}.py"
    return run_process(project, [python, path, *arguments], out, cwd)


def run_stage_script(
    project: Project, song: Song, stage: str, arguments: Sequence[str], out: TextIO
) -> int:
    """Run one of STAGES on a song; its exit code.

    The environment of the lyrics is optional, and never built in passing, since it brings weights
    of an unknown publisher. Without it, `out` gets how to build it, and nothing is wrong.
    """
    environment, script = STAGES[stage]
    link = project.environment(LYRICS)
    if environment == LYRICS and not (link.is_symlink() and is_built(project, LYRICS)):
        print(LYRICS_NOT_BUILT, file=out, flush=True)
        return Exit.DONE
    return run_script(project, environment, script, ["--song", str(song.path), *arguments], out)


def run_model_session(name: str, arguments: Sequence[str]) -> int:
    """Build, fetch and run one model's script with these arguments; the exit code."""
    logging.disable(logging.INFO)  # nox shows every library's log, the connections' too
    model = MODELS[name]
    options = cli.parser(model).parse_args(arguments)  # teaches and ends here on --help

    def session() -> int:
        project, settings = open_project()
        _, jobs = cli.requested_jobs(model, project, options)
        checkpoints = dict.fromkeys(job.checkpoint for job, reason in jobs if reason)
        python = Path(sys.executable)
        if checkpoints and not options.dry_run:
            with Display() as display:
                check_model(project, model, checkpoints, settings)
                prepare_model(project, model, checkpoints, settings, display)
            python = project.python(name)
        try:
            return run_process(project, [python, project.script(name), *arguments], cwd=Path.cwd())
        except KeyboardInterrupt:
            return Exit.INTERRUPTED

    return _exit_code(model.title, session)


def run_analysis_session(arguments: Sequence[str]) -> int:
    """Run one of the analysis scripts in venv-analysis, built if need be; the exit code."""
    script = arguments[0] if arguments else ""

    def session() -> int:
        project = find_project()
        if script not in ANALYSIS_SCRIPTS:
            raise UserError(f"which script? {did_you_mean(script, ANALYSIS_SCRIPTS)}")
        return _run_prepared(project, ANALYSIS, script, arguments[1:])

    return _exit_code(ANALYSIS, session)


def run_lyrics_session(arguments: Sequence[str]) -> int:
    """Run understand_lyrics.py in venv-lyrics, built if need be; the exit code."""
    return _exit_code(
        LYRICS, lambda: _run_prepared(find_project(), LYRICS, "understand_lyrics", arguments)
    )


def _run_prepared(project: Project, environment: str, script: str, arguments: Sequence[str]) -> int:
    with Display() as display:
        prepare_environment(project, environment, display)
    try:
        return run_script(project, environment, script, arguments, cwd=Path.cwd())
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def _exit_code(label: str, session: Callable[[], int]) -> int:
    """The exit code of a session; an expected error is one line on stderr."""
    try:
        return session()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return Exit.BAD_INPUT
    except ModelError as error:
        print(f"{label}: {error.message}\n  → {error.hint}", file=sys.stderr)
        return exit_of(error)
