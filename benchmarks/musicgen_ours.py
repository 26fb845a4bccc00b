"""One run of ours: python musicgen_ours.py FOLDER SECONDS auto|exact|fast TAKES RUN

The page's own way: load_musicgen, then all takes as one batch. The first of them has the seed RUN,
as the other side.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from harness import elapsed, keep_sound, peak_bytes
from musicgen_job import job, weights

from secondtake.core.errors import ModelError
from secondtake.models.musicgen import pipeline
from secondtake.models.musicgen.pipeline import load_musicgen

FOLDER, SECONDS, MODE = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
TAKES, RUN = int(sys.argv[4]), int(sys.argv[5])
heard: list[tuple[float, str, int]] = []  # when, phase, how many are done
played: list[Any] = []  # the tokens of each take, (books, frames)
turn_to_sound = pipeline.sound


def listen(phase: str, done: int, total: int) -> None:
    heard.append((time.monotonic(), phase, done))


def noted(instruments: Any, take: Any) -> Any:
    played.append(take.tokens.cpu().numpy())
    return turn_to_sound(instruments, take)


pipeline.sound = noted
music = load_musicgen(weights(FOLDER), os.environ["DEVICE"])
# Its parts are read when they are first needed; the other side has them by now.
if MODE == "exact":
    music.instruments.decoder(pipeline.FLOAT32)
else:
    music.instruments.decoder(pipeline.probe(music.instruments, listen).choice)
music.instruments.text_encoder()
music.instruments.codec()
loaded = elapsed()
jobs = [job(SECONDS, MODE, take + 1, RUN + 1000 * take) for take in range(TAKES)]
heard.clear()
first_sound = 0.0
sounds: list[Any] = []
begun = time.monotonic()
for _, made in music(jobs, listen):
    if isinstance(made, ModelError):
        raise made
    first_sound = first_sound or elapsed()
    sounds.append(made)
ended = time.monotonic()
turned = next(at for at, phase, _ in heard if phase == "sounds")
steps = [(at, done) for at, phase, done in heard if phase != "sounds" and done]
(one, low), (other, high) = steps[0], steps[-1]
print(
    json.dumps(
        {
            "load_seconds": loaded,
            "first_sound_seconds": first_sound,
            "stages": {"tokens": turned - begun, "sound": ended - turned},
            "step_seconds": (other - one) / (high - low),
            "frames": sounds[0].details["frames"],
            "arithmetic": sounds[0].dtype,
            "peak_bytes": peak_bytes(),
            "sha256": hashlib.sha256(played[0].astype("<i8").tobytes()).hexdigest(),
            "sound": keep_sound(sounds[0].samples),
        }
    )
)
