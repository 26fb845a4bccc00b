"""ACE-Step on a simulated device: python simulated_probe_ace_step.py FOLDER. Prints JSON.

FOLDER is written by tests/tiny/ace_step.py.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from tests.e2e.simulated_probe import Sounds, report
from tests.e2e.tiny_weights import weights_in

from secondtake.core.jobs import Job
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.models.ace_step.model import load_ace_step
from secondtake.models.ace_step.pipeline import generate_batch

CHECKPOINT = ACE_STEP.checkpoint("base")  # which is guided: two rows of a take
SECONDS = 1.5  # beyond 65,536 frames
LYRICS = "[verse]\nLa mar al amanecer\n[chorus]\nCanta corazón"


def jobs(precision: str, takes: int) -> list[Job]:
    mode = "exact" if precision == "float32" else "fast"
    chosen = {"steps": 2, "mode": mode, "cover": "", "dtype": precision}
    settings = ACE_STEP.settings(CHECKPOINT, chosen)
    return [
        Job(
            song="s", segment=number, kind="chorus", title="", model="ace_step",
            checkpoint=CHECKPOINT.name, take=1, seed=5 + number, seconds=SECONDS,
            prompt="bolero, voz femenina", style="", lyrics=LYRICS, languages=("es",), bpm=96.0,
            key="A minor", meter="3/4", settings=settings,
        )
        for number in range(takes)
    ]  # fmt: skip


def main(folder: Path) -> dict[str, Any]:
    weights = weights_in(folder, CHECKPOINT)

    def play(device: str, precision: str, takes: int) -> Sounds:
        model, asked = load_ace_step(weights, CHECKPOINT, device), jobs(precision, takes)
        done = {job.segment: sound for job, sound in generate_batch(model, asked, lambda *_: None)}
        return [done[job.segment] for job in asked]

    def unguarded() -> None:
        decoder = load_ace_step(weights, CHECKPOINT, "mps").vae_half("decoder").to("mps")
        with torch.inference_mode():
            decoder(torch.zeros((1, 8, 40)).to("mps"))

    return report(play, unguarded)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
