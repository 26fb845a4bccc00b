"""Sketch by rule: python scripts/generate_sketch.py --segment 7 (in venv-sketch)."""

import sys

from secondtake.core.cli import main
from secondtake.core.generate import CPU, GeneratedAudio, LoadedModel, Progress
from secondtake.core.jobs import Job
from secondtake.core.registry.sketch import SKETCH
from secondtake.core.weights import Weights

PACKAGES = ("numpy", "tinysoundfont", "pretty_midi", "espeakng-loader")


def load(checkpoint: str, device: str, weights: Weights) -> LoadedModel:
    """Read the soundfont. There is one checkpoint, on the CPU, and no weight files."""
    from secondtake.models.sketch.soundfont import general_midi

    general_midi()
    return LoadedModel(generate, CPU, "float32", PACKAGES)


def generate(job: Job, progress: Progress) -> GeneratedAudio:
    """Arrange a segment -> (frames, 2) at 44,100 Hz."""
    from secondtake.models.sketch.arrange import arrange
    from secondtake.models.sketch.mix import TARGET_LUFS
    from secondtake.models.sketch.score import SketchInput

    sketch_input = SketchInput(
        kind=job.kind,
        seconds=job.seconds,
        bpm=job.bpm,
        key=job.key,
        lyrics=job.lyrics or None,
        language=job.languages,
        style=job.style,
        seed=job.seed,
        meter=job.meter,
    )
    details = {"loudness_normalisation": {"lufs": TARGET_LUFS}}
    return GeneratedAudio(arrange(sketch_input, progress), details=details)


if __name__ == "__main__":
    sys.exit(main(SKETCH, load))
