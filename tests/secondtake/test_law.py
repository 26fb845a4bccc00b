"""The arrows between the packages, walked import by import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
OURS = ("secondtake", "secondtake_runner", "secondtake_models", "secondtake_analysis")
MODULES = {name: sorted((SRC / name).rglob("*.py")) for name in OURS}
IMPORT_ALL = """
import importlib, pkgutil, sys
sys.path = [p for p in sys.path if "site-packages" not in p] + [sys.argv[1]]
import secondtake
for module in pkgutil.walk_packages(secondtake.__path__, "secondtake."):
    importlib.import_module(module.name)
foreign = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
print(sorted(foreign - {"__main__"}))
"""


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(str(node.module).partition(".")[0])
    return found


def imported_by(package: str) -> set[str]:
    return set().union(*(imported(path) for path in MODULES[package]))


@pytest.mark.parametrize("package", OURS)
def test_the_walk_sees_files(package):
    assert len(MODULES[package]) > 1


def test_the_core_imports_the_standard_library_only():
    assert imported_by("secondtake") <= sys.stdlib_module_names | {"secondtake"}


@pytest.mark.parametrize("package", OURS[1:])
def test_nothing_imports_sideways(package):
    assert imported_by(package) & {*OURS, "tests"} <= {"secondtake", package}


@pytest.mark.parametrize("name", sorted(p.name for p in (SRC.parent / "scripts").glob("*.py")))
def test_a_page_imports_one_package_beside_the_core(name):
    found = imported(SRC.parent / "scripts" / name)
    assert len(found & set(OURS[1:])) <= 1 and "tests" not in found


def test_the_core_imports_in_a_python_with_nothing_installed():
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_ALL, str(SRC)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.strip() == "['secondtake']"


def test_the_core_does_nothing_when_imported():
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_ALL, str(SRC)], capture_output=True, check=True
    )
    assert told.stderr == b""
