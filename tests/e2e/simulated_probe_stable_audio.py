"""Stable Audio on a simulated device: python simulated_probe_stable_audio.py FOLDER. Prints JSON.

FOLDER is written by tests/tiny/stable_audio.py.
"""

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import torch
from tests.e2e.simulated_probe import Sounds, report
from tests.e2e.tiny_weights import weights_in

from secondtake.core.jobs import Job
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.models.stable_audio.model import load_stable_audio
from secondtake.models.stable_audio.pipeline import generate_batch

CHECKPOINT = STABLE_AUDIO.checkpoint("open-1.0")
SECONDS = 1.6  # beyond 65,536 frames


def jobs(precision: str, takes: int) -> list[Job]:
    settings = STABLE_AUDIO.settings(CHECKPOINT, {"steps": 2, "mode": "fast"})
    settings |= {"dtype": precision}
    return [
        Job("song", number, "instrumental", "", "stable_audio", CHECKPOINT.name, 1, 7 + number,
            SECONDS, "Bandoneón solo with trap beats", "", "", (), 120.0, "", settings)
        for number in range(takes)
    ]  # fmt: skip


def main(folder: Path) -> dict[str, Any]:
    weights = weights_in(folder, CHECKPOINT)

    def play(device: str, precision: str, takes: int) -> Sounds:
        network, asked = load_stable_audio(weights, device), jobs(precision, takes)
        done = {
            job.segment: sound for job, sound in generate_batch(network, asked, lambda *_: None)
        }
        return [done[job.segment] for job in asked]

    def unguarded() -> None:
        network = load_stable_audio(weights, "mps")
        pretransform = network.model.pretransform.to("mps")
        with torch.no_grad():
            pretransform.decode(torch.zeros((1, network.model.io_channels, 40)).to("mps"))

    return report(play, unguarded)


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        facts = main(Path(sys.argv[1]))
    print(json.dumps(facts))
