"""A model that makes four frames of silence at once: what is left of a run is the runner's own.

benchmarks.scheduler_overhead copies this page into its scratch project as the model's script, and
runs it before `invoke`, so that the model is in the registry there too.
"""

import array
import sys

from secondtake.core.cli import main
from secondtake.core.generate import CPU, GeneratedAudio, LoadedModel, Progress
from secondtake.core.jobs import Job
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, ModelSpec
from secondtake.core.weights import Weights

NO_OP = ModelSpec(
    name="no_op",
    title="No-op",
    roles=("instrumental",),
    sample_rate=8000,
    channels=1,
    bandwidth_hz=4000,
    exact_length=True,
    code_licence="MIT",
    devices=("cpu",),
    imports=(),
    environment_bytes=1,
    checkpoints=(Checkpoint("silent", "Four frames of silence"),),
    parameters=(),
)
MODELS[NO_OP.name] = NO_OP
FRAMES = 4


class Silence:
    """As much of a numpy array as the core asks for: the environment has no packages to load."""

    ndim, shape = 2, (FRAMES, 1)

    def __abs__(self) -> "Silence":
        return self

    def __lt__(self, other: float) -> "Silence":
        return self

    def __mul__(self, factor: float) -> "Silence":
        return self

    def all(self) -> bool:
        return True

    def max(self) -> float:
        return 0.0

    def round(self) -> "Silence":
        return self

    def astype(self, dtype: str) -> "array.array[int]":
        assert dtype == "<i2"
        return array.array("h", [0] * FRAMES)


def load(checkpoint: str, device: str, weights: Weights) -> LoadedModel:
    def generate(job: Job, progress: Progress) -> GeneratedAudio:
        return GeneratedAudio(Silence())

    return LoadedModel(generate, CPU, "float32")


if __name__ == "__main__":
    sys.exit(main(NO_OP, load))
