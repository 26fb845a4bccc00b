"""Sketch by rule: python scripts/generate_sketch.py --segment 7 (in venv-sketch)."""

import sys

from secondtake.core.cli import main
from secondtake.core.generate import Loaded, Progress, Sound
from secondtake.core.jobs import Job
from secondtake.core.registry.sketch import SKETCH
from secondtake.core.weights import Weights

PACKAGES = ("numpy", "tinysoundfont", "pretty_midi", "espeakng-loader")


def load(checkpoint: str, device: str, weights: Weights) -> Loaded:
    """Read the soundfont. There is one checkpoint, on the CPU, and no weight files."""
    from secondtake.models.sketch.soundfont import general_midi

    general_midi()
    return Loaded(generate, "cpu", "float32", PACKAGES)


def generate(job: Job, progress: Progress) -> Sound:
    """Arrange a segment -> (frames, 2) at 44,100 Hz."""
    from secondtake.models.sketch.arrange import arrange
    from secondtake.models.sketch.score import Brief

    brief = Brief(
        kind=job.kind,
        seconds=job.seconds,
        bpm=job.bpm,
        key=job.key,
        lyrics=job.lyrics or None,
        language=job.languages,
        style=job.style,
        seed=job.seed,
    )
    return Sound(arrange(brief, progress))


if __name__ == "__main__":
    sys.exit(main(SKETCH, load))
