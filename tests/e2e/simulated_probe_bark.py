"""Bark on a simulated device: python simulated_probe_bark.py FOLDER. Prints JSON.

FOLDER is written by tests/tiny/bark.py.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from tests.e2e.bark_tiny import a_job, made_up_voice, quiet, weights_in
from tests.e2e.simulated_probe import Sounds, report

from secondtake.core.jobs import Job
from secondtake.models.bark.autotune import EXACT, Choice
from secondtake.models.bark.batch import BarkBatch
from secondtake.models.bark.coarse import LONG_STRIDES
from secondtake.models.bark.codec import codec_decode
from secondtake.models.bark.constants import STAGES
from secondtake.models.bark.model import BarkComponents
from secondtake.models.bark.window import WindowState
from secondtake.models.inference.quantization import PRECISIONS

WORDS = "[MAN] ♪ We whisper, susurra conmigo. ♪"
VOICES = {"short": 20, "odd": 41}  # tokens of each
FRAMES = 300  # four seconds


def jobs(mode: str, takes: int) -> list[Job]:
    voices = ("", *VOICES)
    return [
        a_job(f"{WORDS} {'la ' * n}", seed=n, voice=voices[n % 3], mode=mode) for n in range(takes)
    ]


def main(folder: Path) -> dict[str, Any]:
    def play(device: str, precision: str, takes: int) -> Sounds:
        components = BarkComponents(weights_in(folder), device, one_at_a_time=False)
        fast = Choice(dict.fromkeys(STAGES, PRECISIONS[precision]), LONG_STRIDES[-1])
        bark = BarkBatch(
            components,
            lambda name: made_up_voice(VOICES[name]) if name else None,
            {"exact": EXACT, "fast": fast},
        )
        asked = jobs("exact" if precision == "float32" else "fast", takes)
        done = {job.seed: sound for job, sound in bark(asked, quiet)}
        return [done[job.seed] for job in asked]

    def unguarded() -> None:
        components = BarkComponents(weights_in(folder), "mps", one_at_a_time=False)
        state = WindowState(torch.zeros(0), None, 0.7, 0.7, 0.2, torch.Generator())
        state.fine = torch.zeros((8, FRAMES), dtype=torch.long).numpy()
        with torch.inference_mode():
            codec_decode(components.codec().to("mps"), [state], quiet)

    return report(play, unguarded)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
