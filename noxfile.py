"""Isolated environments and checks. `nox -l` lists them; `nox -s bark -- --help` teaches one.

A model session builds the model's environment if needed, fetches its weights if needed, and
runs its script inside, with whatever stands after `--` passed on.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import nox
import nox.command

from secondtake.core.errors import Exit, run_program
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import JUDGES
from secondtake.core.registry.all_models import MODELS
from secondtake.runner.child_process import PIPE, STDOUT, start
from secondtake.runner.environments import build_environ, build_options
from secondtake.runner.nox_calls import refuse_wrong_call, spellings
from secondtake.runner.programs import run_analysis_session, run_judge_session, run_model_session
from secondtake.runner.requirements_lock import main as compile_locks

nox.needs_version = ">=2025.5.1"
nox.options.sessions = ["tests"]
nox.options.error_on_missing_interpreters = True
nox.options.reuse_existing_virtualenvs = True
nox.options.default_venv_backend = "uv"

PYTHON = "3.11"
TESTED_WITH = {
    "NUMBA_CACHE_DIR": str(Path(".cache/numba").absolute()),  # compiling takes half a minute
    "PYTHONDONTWRITEBYTECODE": "",  # nor is Python compiled anew for every process
    "OPENBLAS_NUM_THREADS": "1",  # there is a process for every core already
}
# Of whole programs: two processes, each with what it writes of its own, take file after file.
WHOLE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "-v", "--durations=10")

ENDING = (Exit.BAD_INPUT, Exit.LOCKED, Exit.UNEXPECTED, Exit.PIPE_CLOSED, Exit.TERMINATED)


def _run_guarded(
    command: list[str],
    *,
    env: Mapping[str, str] | None = None,
    silent: bool = False,
    stdout: int | IO[str] | None = None,
    stderr: int | IO[str] | None = STDOUT,
    **timeouts: Any,
) -> tuple[int, str]:
    """The exit code and output of whatever nox runs: under a guard, so that it ends with nox."""
    with start(
        command,
        cwd=Path.cwd(),
        env=os.environ if env is None else env,
        stdin=None,
        stdout=PIPE if silent else stdout,
        stderr=stderr,
    ) as child:
        output = child.stdout.read() if child.stdout else b""
        return child.wait(), output.decode(errors="replace")


assert nox.command.popen
nox.command.popen = _run_guarded


def _end(session: nox.Session, what: str, program: Callable[[], int]) -> None:
    """End a session as its program does; where that concerns more than this session, nox too."""
    code = run_program(program)
    if code == Exit.INTERRUPTED:
        raise KeyboardInterrupt
    if code in ENDING:
        raise SystemExit(code)
    if code:
        session.error(f"{what} ended with exit code {code}")


def _add_model(name: str, title: str) -> None:
    """A session named like the model, as it was typed; one for every entry of the registry."""

    def session(session: nox.Session) -> None:
        _end(session, title, lambda: run_model_session(name, session.posargs))

    session.__doc__ = f"Run {title} alone in its environment."
    for spelling in spellings(name):
        nox.session(name=spelling, venv_backend="none")(session)


for _model in MODELS.values():
    _add_model(_model.name, _model.title)


def _add_judge(name: str, title: str) -> None:
    """A session named like the judge; one for every entry of the registry."""

    def session(session: nox.Session) -> None:
        _end(session, title, lambda: run_judge_session(name, session.posargs))

    session.__doc__ = f"Ask {title} of a song's takes, in its environment."
    nox.session(name=name, venv_backend="none")(session)


for _judge in JUDGES.values():
    _add_judge(_judge.name, _judge.title)


@nox.session(venv_backend="none")
def analysis(session: nox.Session) -> None:
    """Run any of scripts/ in its environment: nox -s analysis -- verify_results --help."""
    _end(session, "the script", lambda: run_analysis_session(session.posargs))


@nox.session(python=PYTHON)
def tests(session: nox.Session) -> None:
    """Run the fast tests (no model environment)."""
    _install_tests(session)
    cores = ("-n", "auto", "--dist", "loadfile")
    fast = ("-m", "not e2e and not browser and not faults and not engines")
    session.run("pytest", *fast, *cores, *session.posargs, env=TESTED_WITH)


@nox.session(python=PYTHON)
def e2e(session: nox.Session) -> None:
    """Build the real environments and run everything on tiny checkpoints."""
    _install_tests(session)
    session.run("pytest", "-m", "e2e", *WHOLE, *session.posargs, env=TESTED_WITH)


@nox.session(python=PYTHON)
def engines(session: nox.Session) -> None:
    """Do the same jobs here and on a Ray cluster of two nodes; kill its parts, cut its network."""
    _install_tests(session)
    _install(session, "engines")
    session.run("pytest", "-m", "engines", *WHOLE, *session.posargs, env=TESTED_WITH)


@nox.session(python=PYTHON)
def faults(session: nox.Session) -> None:
    """Keep every promise of docs/promises.md: kills, cuts, full disks, hostile files."""
    _install_tests(session)
    session.run("pytest", "-m", "faults", *WHOLE, *session.posargs, env=TESTED_WITH)


@nox.session(python=PYTHON)
def browser(session: nox.Session) -> None:
    """Use the HTML pages as a person does, in the system's Chromium."""
    _install_tests(session)
    _install(session, "browser")
    session.run("pytest", "tests/browser", *WHOLE, *session.posargs, env=TESTED_WITH)


@nox.session(python=PYTHON)
def lint(session: nox.Session) -> None:
    """Check style, formatting, types and the house: rings of imports, long files and functions."""
    _install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("python", "-m", "tests.house")


@nox.session(venv_backend="none")
def lock(session: nox.Session) -> None:
    """Make requirements/*.lock anew from requirements/*.txt (needs the package index)."""
    _end(session, "uv", lambda: compile_locks(session.posargs))


def _install(session: nox.Session, name: str) -> None:
    """Install what a lock names, as environments.py does; what has no wheel is built so too."""
    words = ["--no-deps", "--require-hashes", "-r", f"requirements/{name}.lock"]
    words += build_options(Project(Path.cwd()))
    session.install(*words, env=build_environ(), include_outer_env=False)


def _install_tests(session: nox.Session) -> None:
    _install(session, "tests")
    session.install("--no-deps", "--no-build-isolation", "-e", ".")


refuse_wrong_call({name: function.python for name, function in nox.registry.get().items()})
