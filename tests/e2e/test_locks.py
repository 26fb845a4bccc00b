"""Every lock gives an environment on each platform that the project supports."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.package_sizes import LOCKS, OLDEST_MACOS, PLATFORMS, Platform
from tests.conftest import ROOT

from secondtake.core.project import Project
from secondtake.runner.environments import NO_WHEELS, PYTHON, build_options, environments
from secondtake.runner.uv_steps import build_environ

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_resolves_with_its_hashes_and_only_what_we_know_is_built_from_source(
    name: str, platform: Platform, tmp_path: Path
) -> None:
    lock = Project(ROOT).lock_file(name)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--no-deps"),
            *("--require-hashes", "--python-platform", platform.uv_name),
            *("--only-binary=:all:", *(f"--no-binary={package}" for package in NO_WHEELS)),
            *("--python-version", PYTHON, "--target", tmp_path, "-r", lock),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, **OLDEST_MACOS},
        check=False,
    )
    assert done.returncode == 0 and "Would install" in done.stderr, done.stderr


@pytest.mark.parametrize("package", NO_WHEELS)
def test_a_package_without_a_wheel_is_built_from_what_is_locked(
    package: str, tmp_path: Path
) -> None:
    """In an empty cache: nothing that was built before, or with other tools, takes its place."""
    project, lines = Project(ROOT), tmp_path / "package.lock"
    locks = "".join(project.lock(name).read_text(encoding="utf-8") for name in environments())
    pins = re.search(rf"^{package}==(.*\\\n)+.*\n", locks, re.MULTILINE)
    assert pins
    lines.write_text(pins[0], encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "install", "--no-deps", "--require-hashes"),
            *(*build_options(project), f"--no-binary={package}"),
            *("--python", sys.executable, "--target", tmp_path / "packages", "-r", lines),
        ],
        capture_output=True,
        text=True,
        env={**build_environ(), "UV_CACHE_DIR": str(tmp_path / "cache")},
        check=False,
    )
    assert done.returncode == 0 and f"Built {package}" in done.stderr, done.stderr
    assert (tmp_path / "packages" / package).is_dir()
