"""MusicGen on a simulated device: python simulated_probe_musicgen.py FOLDER. Prints JSON.

FOLDER is written by tests/tiny/musicgen.py.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from tests.e2e.simulated_probe import Sounds, report
from tests.e2e.tiny_weights import weights_in

from secondtake.core.jobs import Job
from secondtake.core.registry.musicgen import MUSICGEN
from secondtake.models.inference.quantization import PRECISIONS
from secondtake.models.musicgen.codec import decode_tokens
from secondtake.models.musicgen.pipeline import MusicGen, load_musicgen

PROMPTS = ("a calm piano piece, 92 BPM", "loud guitars")
SECONDS = (0.6, 0.4)
LONG = 150  # frames: three seconds


def jobs(takes: int) -> list[Job]:
    settings = {"guidance": 3.0, "top_k": 64, "temperature": 1.0, "mode": "fast", "melody": ""}
    return [
        Job(
            song="s", segment=number, kind="solo", title="", model="musicgen", checkpoint="small",
            take=1, seed=number, seconds=SECONDS[number % 2], prompt=PROMPTS[number % 2], style="",
            lyrics="", languages=(), bpm=0.0, key="", settings=settings,
        )
        for number in range(takes)
    ]  # fmt: skip


def main(folder: Path) -> dict[str, Any]:
    weights = weights_in(folder, MUSICGEN.checkpoint("small"))

    def play(device: str, precision: str, takes: int) -> Sounds:
        loaded = load_musicgen(weights, device)
        musicgen = MusicGen(loaded.components, {"fast": PRECISIONS[precision]})
        asked = jobs(takes)
        done = {job.segment: sound for job, sound in musicgen(asked, lambda *_: None)}
        return [done[job.segment] for job in asked]

    def unguarded() -> None:
        codec = load_musicgen(weights, "mps").components.codec().to("mps")
        with torch.inference_mode():
            decode_tokens(codec, torch.zeros((4, LONG), dtype=torch.long))

    return report(play, unguarded)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
