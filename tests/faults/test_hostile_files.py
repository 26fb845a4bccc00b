"""Files that a stranger planted: each costs little, runs nothing, and is refused in a sentence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.planted import CHECKPOINTS, plant
from tests.faults.studio import ROOT

MEMORY = 300_000_000  # bytes above what an interpreter with numpy has
SECONDS = 10  # of the processor: a file that never ends is killed
# Reads one file within these limits, and prints which error that was.
READER = f"""
import json, resource, sys
from pathlib import Path
import numpy
from secondtake.core.errors import ModelError
from secondtake.core.weights import Weights
from secondtake.models.inference.checkpoints import as_safetensors
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + {MEMORY}
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
path = Path(sys.argv[1])
try:
    as_safetensors(Weights({{"it": path}}, {{"it": "5" * 64}}, path.parent / "cache"), "it")
except ModelError as error:
    print(json.dumps([error.code, error.message, error.hint]))
"""


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("label", CHECKPOINTS)
def test_a_planted_checkpoint_costs_little_and_is_one_error(label: str, tmp_path: Path) -> None:
    """A checkpoint that was tampered with is refused at once, in little memory, and never run."""
    path = plant(label, tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", READER, str(path)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    code, message, hint = json.loads(done.stdout)
    assert code == "bad_weights" and message.startswith(str(path)) and hint
    assert len(message) < len(str(path)) + 400 and message.isprintable()
    assert list(tmp_path.iterdir()) == [path]
