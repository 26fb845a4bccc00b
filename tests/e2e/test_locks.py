"""Every lock gives an environment on each platform that the project supports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.package_sizes import OLDEST_MACOS, PLATFORMS, Platform
from tests.conftest import ROOT

from secondtake.core.project import Project
from secondtake.runner.environments import PYTHON, environments

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
@pytest.mark.parametrize("name", environments())
def test_a_lock_resolves_with_its_hashes(name: str, platform: Platform, tmp_path: Path) -> None:
    lock = Project(ROOT).lock(name)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--no-deps"),
            *("--require-hashes", "--python-platform", platform.uv_name),
            *("--python-version", PYTHON, "--target", tmp_path, "-r", lock),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, **OLDEST_MACOS},
        check=False,
    )
    assert done.returncode == 0 and "Would install" in done.stderr, done.stderr
