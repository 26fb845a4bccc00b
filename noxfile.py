"""Isolated environments and checks. `nox -l` lists them; `nox -s bark -- --help` teaches one.

A model session builds the model's environment if needed, fetches its weights if needed, and
runs its script inside, with whatever stands after `--` passed on.
"""

from pathlib import Path

import nox

from secondtake.core.errors import Exit
from secondtake.core.registry.all_models import MODELS
from secondtake.runner.nox_calls import refuse_wrong_call, spellings
from secondtake.runner.programs import run_analysis_session, run_lyrics_session, run_model_session
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


def _end(session: nox.Session, what: str, code: int) -> None:
    """End a session as its program did; after a wrong call, or with no reader, nox ends too."""
    if code in (Exit.BAD_INPUT, Exit.PIPE_CLOSED):
        raise SystemExit(code)
    if code:
        session.error(f"{what} ended with exit code {code}")


def _add_model(name: str, title: str) -> None:
    """A session named like the model, as it was typed; one for every entry of the registry."""

    def session(session: nox.Session) -> None:
        _end(session, title, run_model_session(name, session.posargs))

    session.__doc__ = f"Run {title} alone in its environment."
    for spelling in spellings(name):
        nox.session(name=spelling, venv_backend="none")(session)


for _model in MODELS.values():
    _add_model(_model.name, _model.title)


@nox.session(venv_backend="none")
def analysis(session: nox.Session) -> None:
    """Run any of scripts/ in its environment: nox -s analysis -- verify_results --help."""
    _end(session, "the script", run_analysis_session(session.posargs))


@nox.session(venv_backend="none")
def lyrics(session: nox.Session) -> None:
    """Listen for the lyrics of every sung take: nox -s lyrics -- --song songs/other.toml."""
    _end(session, "understand_lyrics.py", run_lyrics_session(session.posargs))


@nox.session(python=PYTHON)
def tests(session: nox.Session) -> None:
    """Run the fast tests (no model environment)."""
    _install_tests(session)
    cores = ("-n", "auto", "--dist", "loadfile")
    fast = ("-m", "not e2e and not browser")
    session.run("pytest", *fast, *cores, *session.posargs, env=TESTED_WITH)


@nox.session(python=PYTHON)
def e2e(session: nox.Session) -> None:
    """Build the real environments and run everything on tiny checkpoints."""
    _install_tests(session)
    session.run("pytest", "-m", "e2e", "-v", "--durations=10", *session.posargs, env=TESTED_WITH)


@nox.session(python=PYTHON)
def browser(session: nox.Session) -> None:
    """Use the HTML pages as a person does, in the system's Chromium."""
    _install_tests(session)
    session.install("--no-deps", "--require-hashes", "-r", "requirements/browser.lock")
    session.run("pytest", "tests/browser", "-v", *session.posargs, env=TESTED_WITH)


@nox.session(python=PYTHON)
def lint(session: nox.Session) -> None:
    """Check style, formatting, types and the house: rings of imports, long files and functions."""
    session.install("--no-deps", "--require-hashes", "-r", "requirements/lint.lock")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("python", "-m", "tests.house")


@nox.session(venv_backend="none")
def lock(session: nox.Session) -> None:
    """Make requirements/*.lock anew from requirements/*.txt (needs the package index)."""
    _end(session, "uv", compile_locks(session.posargs))


def _install_tests(session: nox.Session) -> None:
    session.install("--no-deps", "--require-hashes", "-r", "requirements/tests.lock")
    session.install("--no-deps", "-e", ".")


refuse_wrong_call({name: function.python for name, function in nox.registry.get().items()})
