"""One run of ours: python ace_step/ours.py FOLDER SECONDS STEPS MODE DTYPE RUN

The page's own way: load_ace_step, then generate_batch with a job of these settings. What it would
load and encode at its first need is asked for before, so that it can be timed by itself.
"""

import json
import os
import sys
import time
from pathlib import Path

from benchmarks.ace_step.job import job
from benchmarks.ace_step.weights import weights
from benchmarks.harness import elapsed, keep_sound, peak_memory, wait

from secondtake.core.errors import ModelError
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.models.ace_step.autotune import select_precision
from secondtake.models.ace_step.model import encode_conditions, load_ace_step
from secondtake.models.ace_step.pipeline import generate_batch
from secondtake.models.ace_step.transformer import load_transformer

FOLDER, SECONDS, STEPS = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
MODE, DTYPE, RUN = sys.argv[4], sys.argv[5], int(sys.argv[6])
DEVICE = os.environ["DEVICE"]
events: list[tuple[float, str, int]] = []  # when, phase, how many are done


def on_progress(phase: str, done: int, total: int) -> None:
    wait()
    events.append((time.monotonic(), phase, done))


take = job(SECONDS, STEPS, MODE, DTYPE, RUN)
model = load_ace_step(weights(FOLDER), ACE_STEP.checkpoint(take.checkpoint), DEVICE)
start = time.monotonic()
tokens = encode_conditions(model, take).shape[1]
wait()
text_seconds = time.monotonic() - start
precision = select_precision(model, take, on_progress)
load_transformer(model, precision)
wait()
load_seconds = elapsed() - text_seconds
start = time.monotonic()
((_, sound),) = generate_batch(model, [take], on_progress)
end = time.monotonic()
if isinstance(sound, ModelError):
    raise sound
steps = [at for at, phase, done in events if phase == "denoising" and done]
path = keep_sound(sound.samples)
print(
    json.dumps(
        {
            "load_seconds": load_seconds,
            "first_sound_seconds": elapsed(),
            "stages": {
                "text": text_seconds,
                "denoise": steps[-1] - start,
                "decode": end - steps[-1],
            },
            "step_seconds": (steps[-1] - steps[0]) / (len(steps) - 1),
            "tokens": tokens,
            "arithmetic": sound.dtype,
            **peak_memory(),
            "load_average": os.getloadavg()[0],
            "sound": path,
        }
    )
)
