"""One run of ours: python stable_audio/ours.py FOLDER SECONDS STEPS MODE DTYPE RUN

The page's own way: load_network, then generate with a job of these settings.
"""

import json
import os
import sys
import time
from pathlib import Path

from benchmarks.harness import elapsed, keep_sound, peak_memory, wait
from benchmarks.stable_audio.job import PROMPT, job, latents_of, weights

from secondtake.models.stable_audio.model import load_stable_audio
from secondtake.models.stable_audio.pipeline import generate

FOLDER, SECONDS, STEPS = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
MODE, DTYPE, RUN = sys.argv[4], sys.argv[5], int(sys.argv[6])
events: list[tuple[float, str, int]] = []  # when, phase, how many are done


def on_progress(phase: str, done: int, total: int) -> None:
    wait()
    events.append((time.monotonic(), phase, done))


network = load_stable_audio(weights(FOLDER), os.environ["DEVICE"])
sound = generate(network, job(PROMPT, SECONDS, STEPS, MODE, DTYPE, RUN), on_progress)
end = time.monotonic()
steps = [at for at, phase, done in events if phase == "denoising" and done]
# Before it, the precision was chosen and its matrices were read: that is loading.
start = next(at for at, phase, _ in events if phase == "denoising")
path = keep_sound(sound.samples)
print(
    json.dumps(
        {
            "load_seconds": start - float(os.environ["STARTED"]),
            "first_sound_seconds": elapsed(),
            "stages": {"denoise": steps[-1] - start, "decode": end - steps[-1]},
            "step_seconds": (steps[-1] - steps[0]) / (len(steps) - 1),
            "latents": latents_of(sound.details),
            "arithmetic": sound.dtype,
            "details": dict(sound.details),
            **peak_memory(),
            "sound": path,
        }
    )
)
