"""One run of ours: python musicgen/ours.py FOLDER SECONDS auto|exact|fast TAKES RUN

The page's own way: load_musicgen, then all takes as one batch. The first of them has the seed RUN,
as the other side.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
from benchmarks.harness import elapsed, keep_sound, peak_memory, wait
from benchmarks.musicgen.job import job, weights

from secondtake.core.errors import ModelError
from secondtake.core.generate import GeneratedAudio
from secondtake.models.inference.quantization import FLOAT32
from secondtake.models.musicgen import pipeline
from secondtake.models.musicgen.autotune import autotune
from secondtake.models.musicgen.components import MusicGenComponents
from secondtake.models.musicgen.pipeline import load_musicgen

FOLDER, SECONDS, MODE = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
TAKES, RUN = int(sys.argv[4]), int(sys.argv[5])
events: list[tuple[float, str, int]] = []  # when, phase, how many are done
tokens: list[np.ndarray] = []  # of each take, (codebooks, frames)
decode_take = pipeline.decode_take


def on_progress(phase: str, done: int, total: int) -> None:
    wait()
    events.append((time.monotonic(), phase, done))


def noting_tokens(components: MusicGenComponents, take: pipeline.TakeState) -> GeneratedAudio:
    assert take.tokens is not None
    tokens.append(take.tokens.cpu().numpy())
    return decode_take(components, take)


pipeline.decode_take = noting_tokens
music = load_musicgen(weights(FOLDER), os.environ["DEVICE"])
# Its components are loaded when they are first needed; the other side has them by now.
if MODE == "exact":
    music.components.decoder(FLOAT32)
else:
    music.components.decoder(autotune(music.components, on_progress).choice)
music.components.text_encoder()
music.components.codec()
loaded = elapsed()
jobs = [job(SECONDS, MODE, take + 1, RUN + 1000 * take) for take in range(TAKES)]
events.clear()
first_sound = 0.0
sounds: list[GeneratedAudio] = []
start = time.monotonic()
for _, result in music(jobs, on_progress):
    if isinstance(result, ModelError):
        raise result
    first_sound = first_sound or elapsed()
    sounds.append(result)
end = time.monotonic()
decoding = next(at for at, phase, _ in events if phase == "sounds")
steps = [(at, done) for at, phase, done in events if phase != "sounds" and done]
(first_at, first), (last_at, last) = steps[0], steps[-1]
print(
    json.dumps(
        {
            "load_seconds": loaded,
            "first_sound_seconds": first_sound,
            "stages": {"tokens": decoding - start, "sound": end - decoding},
            "step_seconds": (last_at - first_at) / (last - first),
            "frames": sounds[0].details["frames"],
            "arithmetic": sounds[0].dtype,
            **peak_memory(),
            "sha256": hashlib.sha256(tokens[0].astype("<i8").tobytes()).hexdigest(),
            "sound": keep_sound(sounds[0].samples),
        }
    )
)
