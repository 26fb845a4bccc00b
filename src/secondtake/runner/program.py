"""The command `secondtake`: the verbs of invoke, from any folder, with a version of its own.

`invoke` finds tasks.py above the folder where one stands, and says "Can't find any collection named
'tasks'" elsewhere. This finds the checkout there too, and otherwise the one that it belongs to.
"""

import os
import platform
import sys
from pathlib import Path
from typing import Any

from invoke.exceptions import ParseError
from invoke.loader import FilesystemLoader
from invoke.program import Program

from secondtake import __version__
from secondtake.core.checkout import ROOT_VARIABLE
from secondtake.core.errors import Exit, UserError, run_program
from secondtake.core.interrupts import end_quietly_while_loading
from secondtake.core.project import Project, find_project
from secondtake.core.streams import open_streams
from secondtake.runner.invoke_calls import refusal, refuse_wrong_call

NAME = "secondtake"


class CheckoutLoader(FilesystemLoader):
    """Finds tasks.py in the checkout, unless --search-root says another folder."""

    def __init__(self, start: str | None = None, **options: Any) -> None:
        super().__init__(start=start or str(_checkout().root), **options)


class SecondtakeProgram(Program):
    """Invoke's command line; a wrong call of it is exit code 2, like every other one."""

    def parse_core(self, argv: list[str] | None) -> None:
        try:
            super().parse_core(argv)
        except (ParseError, ValueError) as error:  # ValueError: an option that wants a number
            hint = f"{NAME} --help explains every option"
            raise refusal(str(error), hint, self.argv[1:]) from None

    def parse_tasks(self) -> None:
        refuse_wrong_call(self.collection, self)
        super().parse_tasks()


program = SecondtakeProgram(
    name=NAME, binary=NAME, binary_names=[NAME], version=__version__, loader_class=CheckoutLoader
)


def main() -> int:
    """Run the verbs of the command line; the exit code where invoke does not exit by itself."""
    open_streams()
    code = run_program(_use_checkout)
    if code == Exit.DONE:
        end_quietly_while_loading(NAME)
        program.run(sys.argv)
    return code


def print_version() -> int:
    """Print this version, Python's and the checkout."""
    checkout = _checkout().root
    print(f"{NAME} {__version__} in {checkout}, Python {platform.python_version()}")
    return Exit.DONE


def _use_checkout() -> int:
    """Let every part of the program find the checkout, also from a folder outside it."""
    if sys.argv[1:2] not in (["--version"], ["-V"]):
        project = _checkout()
        if not Path.cwd().is_relative_to(project.root) and ROOT_VARIABLE not in os.environ:
            os.environ[ROOT_VARIABLE] = str(project.root)
            if "--complete" not in sys.argv:
                print(f"note: this works on {project.root}", file=sys.stderr)
    return Exit.DONE


def _checkout() -> Project:
    """The project that one stands in, else the one that this code belongs to."""
    try:
        return find_project()
    except UserError:
        if ROOT_VARIABLE in os.environ:
            raise
        return find_project(Path(__file__))
