"""The lock files: every requirements/<name>.txt resolved for all platforms, with hashes."""

import sys
from collections.abc import Sequence

import uv

from secondtake.core.lock_names import OTHER_LOCKS
from secondtake.core.project import Project, find_project
from secondtake.core.run_lock import run_lock
from secondtake.core.validation import did_you_mean
from secondtake.runner import child_process
from secondtake.runner.environments import BUILD, PYTHON, environments
from secondtake.runner.uv_steps import build_environ

# The runner's own, what packages without a wheel are built with, environments of nox's own.
RUNNER = "runner"
LOCKED_TOO = (RUNNER, BUILD, "tests", "browser", "engines", "lint")


def compile_lock(project: Project, name: str, upgrade: bool) -> int:
    """Write requirements/<name>.lock; uv's exit code. What is locked stays unless `upgrade`."""
    folder = project.requirements(name).parent.relative_to(project.root)
    command = [uv.find_uv_bin(), "pip", "compile", "--universal", "--generate-hashes", "--quiet"]
    command += ["--python-version", PYTHON]
    command += ["--upgrade"] if upgrade else []
    if name == RUNNER:  # installed by pip, which would build with tools that nobody has locked
        command += ["--only-binary", ":all:", "--emit-build-options"]
    for kind in ("overrides", "excludes"):
        extra = folder / f"{name}.{kind}"
        if (project.root / extra).is_file():
            command += [f"--{kind}", str(extra)]
    command += [str(folder / f"{name}.txt"), "--output-file", str(folder / f"{name}.lock")]
    print(" ".join(command[1:]), flush=True)
    return child_process.run(command, cwd=project.root, env=build_environ())


def main(arguments: Sequence[str]) -> int:
    """Lock the named environments, or all of them: nox -s lock -- bark --upgrade."""
    all_names = (*environments(), *OTHER_LOCKS, *LOCKED_TOO)
    names = [argument for argument in arguments if argument != "--upgrade"]
    for name in names:
        if name not in all_names:
            hint = did_you_mean(name, all_names)
            print(f"error: no environment {name!r}; {hint}", file=sys.stderr)
            return 2
    project = find_project()
    upgrade = "--upgrade" in arguments
    with run_lock(project):
        return max(compile_lock(project, name, upgrade) for name in names or all_names)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
