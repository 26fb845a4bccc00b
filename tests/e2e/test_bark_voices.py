"""The frozen names of Bark's voices are those that the package holds, and each is a voice."""

import json
import subprocess
from pathlib import Path

import pytest

from secondtake.core.environ import child_environ
from secondtake.core.project import Project
from secondtake.core.prompts.voices import PRESETS

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
PROBE = """
import json
from pathlib import Path
import numpy as np
from secondtake.core.prompts.voices import PRESETS
from secondtake.models.bark.voices import _preset, load_voice, wheel_presets

def equal(name):
    with np.load(_preset(name)) as theirs:
        ours = load_voice(name, Path())
        return all(np.array_equal(ours[key], theirs[key]) for key in theirs.files)

print(json.dumps({"names": wheel_presets(), "equal": all(map(equal, PRESETS))}))
"""


def test_the_frozen_names_are_the_packages_and_every_preset_is_read_as_it_is(
    bark_python: str, project: Project
) -> None:
    environ = {**child_environ(project), "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [bark_python, "-c", PROBE], cwd=project.root, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["names"] == sorted(PRESETS)
    assert facts["equal"]
