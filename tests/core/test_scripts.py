"""The programs of scripts/: all known, each with its sentence, each in its environment."""

import json
import os
import subprocess
import sys

import pytest

from secondtake.core import scripts
from secondtake.core.project import Project
from secondtake.core.scripts import SCRIPTS, imports_of, summary
from tests.conftest import ROOT

ENTERING = "analysis"  # the environment of the script below
SCRIPT = """
import sys
from secondtake.core import scripts
scripts.ANALYSIS_IMPORTS = ("package_of_the_analysis",)
if __name__ == "__main__":
    scripts.enter("analysis")
import os
print(sys.prefix, sys.argv[1:], sys.flags.optimize, os.environ.get("SECONDTAKE_ENTERED"))
"""


def test_every_script_is_known_and_begins_with_its_sentence():
    files = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    assert set(SCRIPTS) == files
    for script in SCRIPTS:
        assert summary(Project(ROOT), script).endswith((".", ")."))


@pytest.mark.parametrize("environment", sorted(set(SCRIPTS.values())))
def test_every_environment_is_there_for_some_packages(environment):
    assert imports_of(environment)


@pytest.fixture
def script(project, tmp_path):
    """A script that needs a package of venv-analysis, and that environment, with the package."""
    path = project.root / "scripts" / "verify_results.py"
    path.write_text(SCRIPT)
    environment = project.environment("analysis")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", "--symlinks", environment], check=True
    )
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "secondtake.pth").write_text(str(ROOT / "src"))
    (packages / "package_of_the_analysis.py").touch()

    def run(*words, options=(), **variables):
        return subprocess.run(
            [sys.executable, *options, path, *words],
            capture_output=True, text=True, check=False, env={**os.environ, **variables},
        )  # fmt: skip

    run.package = packages / "package_of_the_analysis.py"
    run.environment = environment
    return run


def test_a_script_goes_on_in_its_environment_with_its_arguments(script):
    words = ["--song", "a song", "--", "-ñ", "$HOME", ""]
    done = script(*words, options=("-O",))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{script.environment} {words} 1 None\n"


def test_a_script_that_is_in_its_environment_stays(script, tmp_path):
    (tmp_path / "package_of_the_analysis.py").touch()
    done = script("--json", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0 and done.stdout == f"{sys.prefix} ['--json'] 0 None\n"


def test_an_environment_that_lacks_the_package_too_is_no_loop(script):
    script.package.unlink()
    done = script()
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "error: venv-analysis lacks package_of_the_analysis\n"
        "  → type: invoke setup --models analysis\n"
    )


def test_an_environment_that_is_not_built_is_said_with_what_builds_it(script, project):
    script.environment.rename(project.root / "elsewhere")
    done = script("--json")
    assert done.returncode == 3
    assert done.stderr.startswith(
        "error: scripts/verify_results.py runs in venv-analysis, which is not built here ("
    )
    assert done.stderr.endswith("\n  → type: invoke setup --models analysis\n")
    told = json.loads(done.stdout)
    assert (told["exit_code"], told["error"]["code"]) == (3, "environment")


@pytest.mark.parametrize("name", [name for name, where in SCRIPTS.items() if where != "sketch"])
def test_every_script_by_a_python_without_its_packages_says_where_it_belongs(
    name, project, tmp_path
):
    """Run by a bare Python that has nothing but our core: no traceback, whichever script it is."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", bare], check=True)
    (packages,) = bare.glob("lib/python*/site-packages")
    (packages / "secondtake.pth").write_text(str(ROOT / "src"))
    words = {"import_baseline": ["a.wav", "--segment", "7"], "check_files": ["a.wav"],
             "compare_files": ["a.wav", "b.wav"]}.get(name, [])  # fmt: skip
    (project.root / "songs" / "s.toml").write_text(
        'title = "S"\n[[segment]]\nnumber = 1\nkind = "verse"\ntitle = "V"\nseconds = 5\n'
        'lyrics = "la la"\nmodels = ["bark"]\n[[segment]]\nnumber = 2\nkind = "instrumental"\n'
        'title = "I"\nseconds = 5\nmodels = ["stable_audio", "musicgen", "ace_step"]\n'
    )
    if name not in ("check_files", "compare_files"):
        words += ["--song", "s"]
    done = subprocess.run(
        [bare / "bin" / "python", ROOT / "scripts" / f"{name}.py", *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode == 3 and done.stderr.startswith(f"error: scripts/{name}.py runs in ")
    place = "venv" if SCRIPTS[name] else "the environment that secondtake was installed in"
    assert place in done.stderr


def test_the_packages_of_an_environment_are_those_that_it_is_built_with():
    from secondtake.runner.environments import environments

    for name, modules in environments().items():
        assert modules == imports_of(name)
    assert scripts.RUNNER not in environments()
