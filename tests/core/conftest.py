"""A Python that is the humming model's environment, as the runner would have built it."""

import hashlib
import json
import sys
import venv
from pathlib import Path

import pytest

from secondtake.core.environ import MARKER

SRC = Path(__file__).parents[2] / "src"


@pytest.fixture(scope="session")
def hum_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing but the standard library, our sources, and the marker of an empty lock."""
    home = tmp_path_factory.mktemp("venv-hum")
    venv.create(home, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (home / "lib" / version / "site-packages" / "ours.pth").write_text(f"{SRC}\n")
    lock = hashlib.sha256(b"").hexdigest()
    (home / MARKER).write_text(json.dumps({"lock_sha256": lock}))
    return home / "bin" / "python"
