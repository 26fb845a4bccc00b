"""Sketch by rule: python scripts/generate_sketch.py --segment 7 (in venv-sketch)."""

import sys
from collections.abc import Mapping
from pathlib import Path

from secondtake.jobs import Job
from secondtake.making import Loaded, Progress, Sound
from secondtake.models import SKETCH
from secondtake.page import main
from secondtake_models.sketch.arrange import arrange
from secondtake_models.sketch.brief import Brief
from secondtake_models.sketch.soundfont import general_midi

PACKAGES = ("numpy", "pretty_midi", "espeakng-loader")


def load(checkpoint: str, device: str, files: Mapping[str, Path]) -> Loaded:
    """Read the soundfont. There is one checkpoint, on the CPU, and no weight files."""
    general_midi()
    return Loaded(generate, "cpu", "float32", PACKAGES)


def generate(job: Job, progress: Progress) -> Sound:
    """Arrange a segment -> (frames, 2) at 44,100 Hz."""
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
