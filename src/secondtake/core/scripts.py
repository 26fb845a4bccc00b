"""The programs of scripts/: which environment each needs, and the way into it."""

import ast
import os
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from secondtake.core.environ import child_environ
from secondtake.core.errors import ModelError, run_program
from secondtake.core.project import Project, find_project
from secondtake.core.registry.all_judges import JUDGES, SPECS, setup_command
from secondtake.core.registry.all_models import MODELS
from secondtake.core.run_lock import use_environments_until_the_end
from secondtake.core.streams import open_streams, wants_json

ANALYSIS, RUNNER = "analysis", ""  # environments; the last is the user's own
ANALYSIS_IMPORTS = ("numpy", "scipy", "soundfile", "librosa", "matplotlib")
RUNNER_IMPORTS = ("jinja2", "rich")
SCRIPTS = {  # by name -> environment
    "verify_results": ANALYSIS,
    "analyse_results": ANALYSIS,
    "prepare_listening": ANALYSIS,
    "merge_votes": ANALYSIS,
    "import_baseline": ANALYSIS,
    "check_files": ANALYSIS,
    "compare_files": ANALYSIS,
    "measure_difference": ANALYSIS,
    "understand_lyrics": ANALYSIS,
    "rank_takes": RUNNER,
    "write_progress": RUNNER,
    **{f"generate_{name}": name for name in MODELS},
    **{f"judge_{name}": name for name in JUDGES},
}
ENTERED = "SECONDTAKE_ENTERED"  # the environment that a script has just been started again in


def summary(project: Project, script: str) -> str:
    """What a script does, in the sentence with which its file begins."""
    path = project.root / "scripts" / f"{script}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def imports_of(environment: str) -> tuple[str, ...]:
    """The modules that an environment is there for."""
    ours = {ANALYSIS: ANALYSIS_IMPORTS, RUNNER: RUNNER_IMPORTS}
    return ours[environment] if environment in ours else SPECS[environment].imports


def enter(environment: str) -> None:
    """Go on in an environment whose packages this Python has not: by its Python, same arguments.

    Returns where the packages are there, whichever environment this is; as long as the process
    lives, none is removed. Else the process becomes the environment's; where that is not built, it
    ends with what to type, and exit code 3.
    """
    open_streams()
    missing = _missing(imports_of(environment))
    if missing:
        words = sys.argv[1:]
        raise SystemExit(run_program(lambda: _go(environment, missing), as_json=wants_json(words)))
    os.environ.pop(ENTERED, None)
    use_environments_until_the_end(find_project(Path(__file__)))


def _missing(modules: Iterable[str]) -> list[str]:
    packages = dict.fromkeys(module.partition(".")[0] for module in modules)
    return [package for package in packages if find_spec(package) is None]


def _go(environment: str, missing: list[str]) -> int:
    """Start this program again, with all of its arguments, in the environment that it needs."""
    project = find_project(Path(__file__))
    folder = project.environment(environment).resolve() if environment else project.root / ".venv"
    python = folder / "bin" / "python"  # of the folder: the link may change while the program runs
    label = project.environment(environment).name if environment else ".venv"
    script = f"scripts/{Path(sys.argv[0]).name}"
    if os.environ.get(ENTERED) == environment:
        build = f"type: {setup_command(environment)}" if environment else "install it anew"
        raise ModelError("environment", f"{label} lacks {', '.join(missing)}", build)
    if not python.is_file():
        raise ModelError(
            "environment",
            f"{script} runs in {label}, which is not built here ({sys.executable} lacks "
            f"{', '.join(missing)})",
            f"type: {setup_command(environment)}"
            if environment
            else "activate the environment that secondtake was installed in",
        )
    variables = {**child_environ(project), ENTERED: environment}
    os.execve(python, [str(python), *sys.orig_argv[1:]], variables)  # noqa: S606 - no shell
