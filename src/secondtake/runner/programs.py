"""Programs in their environments: prepared (built if stale, weights fetched), started, waited for.

A program is a model's script or one of scripts/, in a process of its own with the variables of
secondtake.core.environ. Nox sessions run them alone.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from secondtake.core import cli, judge_script
from secondtake.core.environ import child_environ
from secondtake.core.errors import Exit, run_program
from secondtake.core.jobs import Job
from secondtake.core.project import Project, find_project
from secondtake.core.registry.all_judges import JUDGES, chosen_judges
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import BaseSpec, ModelSpec
from secondtake.core.run_lock import run_lock, set_no_wait
from secondtake.core.scripts import RUNNER, SCRIPTS, summary
from secondtake.core.song import Song
from secondtake.core.validation import match_name, shorten_repr, suggest_nearest
from secondtake.runner.child_process import answer_signals, run
from secondtake.runner.consent import declined, declined_error
from secondtake.runner.costs import Access, costs_of_jobs
from secondtake.runner.display import Display
from secondtake.runner.environments import ensure, is_built
from secondtake.runner.estimates import timing_histories
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.preflight import preflight
from secondtake.runner.settings import Settings, open_project

Command = Sequence[str | Path]
SAVE = "--save"  # the option that no script can do by itself


def check_model(
    project: Project,
    model: BaseSpec,
    checkpoints: Iterable[str],
    settings: Settings,
    *,
    builds: bool = True,
) -> Access:
    """What each checkpoint has to fetch. ModelError if one of them may not run.

    Nothing heavy is built or fetched. builds: its environment is to be built here.
    """
    built = not builds or is_built(project, model.name)
    return {
        (model.name, name): preflight(
            project, model, model.checkpoint(name), settings, environment_built=built
        )
        for name in checkpoints
    }


def prepare_model(
    project: Project,
    model: BaseSpec,
    checkpoints: Iterable[str],
    settings: Settings,
    display: Display,
    log: Path | None = None,
) -> Path:
    """Build a model's environment and fetch its checkpoints' weights, each if need be; its python.

    By the path of the environment's folder: whatever is built meanwhile, a run stays in this one.
    """
    python = prepare_environment(project, model.name, display, log)
    for name in checkpoints:
        fetch_weights(project, model, name, settings, display)
    return python


def prepare_environment(
    project: Project, name: str, display: Display, log: Path | None = None
) -> Path:
    """Build an environment if need be, showing its steps; its python. `log` gets uv's output.

    Readers hold no lock, so it is taken here if something is to be built.
    """
    label = project.environment(name).name
    log = log or project.cache / "logs" / f"build-{name}.log"
    with nullcontext() if is_built(project, name) else run_lock(project):
        python = ensure(project, name, log, partial(display.progress, label))
    display.idle()
    return python


def fetch_weights(
    project: Project, model: BaseSpec, checkpoint: str, settings: Settings, display: Display
) -> None:
    """Fetch a checkpoint's weights if need be, showing how far it is."""

    def progress(file: str, done: int, total: int) -> None:
        display.progress(model.title, f"fetching {file}", done, total)

    fetch(project, model, model.checkpoint(checkpoint), settings, progress)


def run_process(
    project: Project, command: Command, out: TextIO | None = None, cwd: Path | None = None
) -> int:
    """Run a program with a model's environment variables to its end; its exit code.

    It works in the project's folder or `cwd`, under the run lock if we hold it. Whatever stops us
    before stops it too.
    """
    environ, shown_on = child_environ(project), out or sys.stdout
    if isinstance(shown_on, TextIOWrapper):
        environ["PYTHONIOENCODING"] = shown_on.encoding  # it prints where we do
    return run(command, cwd=cwd or project.root, env=environ, stdout=out, keep_lock=True)


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
    command = script_command(project, environment, script)
    return run_process(project, [*command, *arguments], out, cwd)


def script_command(project: Project, environment: str, script: str) -> list[Path]:
    """The start of a command line that runs scripts/<script>.py in an environment.

    By the path of the folder itself: its link may point to another one before the program ends.
    """
    python = Path(sys.executable)
    if environment:
        python = project.environment(environment).resolve() / "bin" / "python"
    return [python, project.root / "scripts" / f"{script}.py"]


def run_model_session(name: str, arguments: Sequence[str]) -> int:
    """Build, fetch and run one model's script with these arguments; the exit code."""
    logging.disable(logging.INFO)  # nox shows every library's log, the connections' too
    model = MODELS[name]
    options = cli.parser(model).parse_args(arguments)  # teaches and ends here on --help

    def session() -> int:
        project, settings = open_project()
        cli.requested_jobs(model, project, options)  # what is wrong is said before any waiting
        with nullcontext() if options.dry_run else run_lock(project):
            return generate(project, settings)

    def generate(project: Project, settings: Settings) -> int:
        song, jobs = cli.requested_jobs(model, project, options)
        if options.save:
            _save_options(model, song, project, options)
        checkpoints = dict.fromkeys(entry.job.checkpoint for entry in jobs if entry.generates)
        python = Path(sys.executable)
        if checkpoints and not options.dry_run:
            with Display() as display:
                access = check_model(project, model, checkpoints, settings)
                jobs_to_do = [entry.job for entry in jobs if entry.generates]
                _tell_costs(project, settings, jobs_to_do, access, display)
                python = prepare_model(project, model, checkpoints, settings, display)
        passed = [argument for argument in arguments if argument != SAVE]
        return run_process(project, [python, project.script(name), *passed], cwd=Path.cwd())

    return _exit_code(session)


def _save_options(
    model: ModelSpec, song: Song, project: Project, options: argparse.Namespace
) -> None:
    """Write a session's options into the song file; with --dry-run, say what would be written."""
    from secondtake.runner.song_edit import save_options

    request = cli.request_of(model, song, project, options)
    typed = cli.typed_parameters(model, options)
    save_options(song, request, project, typed, write=not options.dry_run)


def _tell_costs(
    project: Project, settings: Settings, jobs: Sequence[Job], access: Access, display: Display
) -> None:
    """Say what a session of one model costs. ModelError declined if that is not wanted."""
    costs = costs_of_jobs(project, settings, jobs, timing_histories(project), access)
    for cost in costs.each:
        display.line(cost.title)
        for line in cost.lines():
            display.line(f"    {line}")
    for line in costs.download_lines() if costs.download else ():
        display.line(line)
    model = MODELS[jobs[0].model]
    if declined({model.title: costs.download}, display, yes=False):
        raise declined_error(costs.download, f"invoke fetch --models {model.name} --yes")


def run_analysis_session(arguments: Sequence[str]) -> int:
    """Run any of scripts/ in its environment, built if need be; the exit code.

    Without a script's name: a line about each of them.
    """
    typed = arguments[0] if arguments else ""
    name = match_name(Path(typed).name.removesuffix(".py"), SCRIPTS)
    if name is None:
        return _exit_code(lambda: _list_scripts(find_project(), typed))
    environment = SCRIPTS[name]
    if environment in MODELS:
        return run_model_session(environment, arguments[1:])
    if environment in JUDGES:
        return run_judge_session(environment, arguments[1:])
    return _exit_code(lambda: _run_prepared(find_project(), environment, name, arguments[1:]))


def _list_scripts(project: Project, typed: str) -> int:
    """Print every script with what it does; an error unless they were asked for."""
    width = max(map(len, SCRIPTS))
    asked_for = typed in ("-h", "--help", "--list")
    out = sys.stdout if asked_for else sys.stderr
    if not asked_for:
        what = f"no script {shorten_repr(typed)}; " if typed else "which script? "
        near = suggest_nearest(Path(typed).name.removesuffix(".py"), SCRIPTS)
        print(f"error: {what}{near}type: nox -s analysis -- SCRIPT, of", file=out)
    for script in SCRIPTS:
        print(f"  {script:{width}}  {summary(project, script)}", file=out)
    return Exit.DONE if asked_for else Exit.BAD_INPUT


def run_judge_session(name: str, arguments: Sequence[str]) -> int:
    """Build, fetch and run one judge's script with these arguments; the exit code."""
    logging.disable(logging.INFO)
    judge = JUDGES[name]
    options = judge_script.parser(judge).parse_args(arguments)  # ends here on --help

    def session() -> int:
        project, settings = open_project()
        typed = options.checkpoint or chosen_judges().get(name, "")
        checkpoint = judge.checkpoint(typed, "--checkpoint").name
        with run_lock(project):
            with Display() as display:
                check_model(project, judge, [checkpoint], settings)
                python = prepare_model(project, judge, [checkpoint], settings, display)
            command: list[str | Path] = [python, project.judge_script(name), *arguments]
            if not options.checkpoint:
                command.append(f"--checkpoint={checkpoint}")
            return run_process(project, command, cwd=Path.cwd())

    return _exit_code(session)


def _run_prepared(project: Project, environment: str, script: str, arguments: Sequence[str]) -> int:
    if "--no-wait" in arguments:
        set_no_wait()
    if environment != RUNNER:
        with Display() as display:
            prepare_environment(project, environment, display)
    return run_script(project, environment, script, arguments, cwd=Path.cwd())


def _exit_code(session: Callable[[], int]) -> int:
    """The exit code of a session; an error is told on stderr."""
    answer_signals()
    return run_program(session)
