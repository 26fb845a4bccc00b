"""The lock files: every requirements/<name>.txt resolved for all platforms, with hashes."""

import subprocess
import sys
from collections.abc import Sequence

import uv

from secondtake.core.project import Project, find_project
from secondtake.core.validation import did_you_mean
from secondtake.runner.environments import PYTHON, environments

LOCKED_TOO = ("tests", "browser", "lint")  # environments of nox's own


def compile_lock(project: Project, name: str, upgrade: bool) -> int:
    """Write requirements/<name>.lock; uv's exit code. What is locked stays unless `upgrade`."""
    folder = project.requirements(name).parent.relative_to(project.root)
    command = [uv.find_uv_bin(), "pip", "compile", "--universal", "--generate-hashes", "--quiet"]
    command += ["--python-version", PYTHON]
    command += ["--upgrade"] if upgrade else []
    for kind in ("overrides", "excludes"):
        extra = folder / f"{name}.{kind}"
        if (project.root / extra).is_file():
            command += [f"--{kind}", str(extra)]
    command += [str(folder / f"{name}.txt"), "--output-file", str(folder / f"{name}.lock")]
    print(" ".join(command[1:]), flush=True)
    return subprocess.run(command, cwd=project.root, check=False).returncode


def main(arguments: Sequence[str]) -> int:
    """Lock the named environments, or all of them: nox -s lock -- bark --upgrade."""
    all_names = (*environments(), *LOCKED_TOO)
    names = [argument for argument in arguments if argument != "--upgrade"]
    for name in names:
        if name not in all_names:
            hint = did_you_mean(name, all_names)
            print(f"error: no environment {name!r}; {hint}", file=sys.stderr)
            return 2
    project = find_project()
    return max(compile_lock(project, name, "--upgrade" in arguments) for name in names or all_names)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
