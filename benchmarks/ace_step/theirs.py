"""One run of unmodified AceStepPipeline: python ace_step/theirs.py FOLDER SECONDS STEPS DTYPE RUN

Its own loading and its own call, as its documentation shows them; only the caption, the lyrics and
their fields come from the same job as ours.
"""

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.ace_step.job import job
from benchmarks.harness import elapsed, keep_sound, peak_memory, wait

from secondtake.core.prompts.ace_step_prompt import ace_step_fields

FOLDER, SECONDS, STEPS = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
DTYPE, RUN = sys.argv[4], int(sys.argv[5])
DEVICE = os.environ["DEVICE"]

with contextlib.redirect_stdout(sys.stderr):
    import torch
    from diffusers import AceStepPipeline

    pipeline = AceStepPipeline.from_pretrained(
        FOLDER / "diffusers", torch_dtype=getattr(torch, DTYPE)
    ).to(DEVICE)
    pipeline.set_progress_bar_config(disable=True)
load_seconds = elapsed()
begun: list[float] = []  # when each step began, and the first
steps: list[float] = []  # when each was done
tokens: list[int] = []


def waited() -> float:
    """The time when the device has done what it was given."""
    wait()
    return time.monotonic()


def before_step(_: Any, __: Any, inputs: dict[str, Any]) -> None:
    begun.append(waited())
    tokens.append(inputs["encoder_hidden_states"].shape[1])


def after_step(_: Any, __: int, ___: float, kept: dict[str, Any]) -> dict[str, Any]:
    steps.append(waited())
    return kept


pipeline.transformer.register_forward_pre_hook(before_step, with_kwargs=True)
start = time.monotonic()
sound = pipeline(
    **ace_step_fields(job(SECONDS, STEPS, "exact", "auto", RUN)),
    num_inference_steps=STEPS,
    generator=torch.Generator().manual_seed(RUN),
    callback_on_step_end=after_step,
).audios
samples = sound[0, :, : round(SECONDS * 48_000)].float().cpu().numpy().T.copy()
end = time.monotonic()
path = keep_sound(samples)
print(
    json.dumps(
        {
            "load_seconds": load_seconds,
            "first_sound_seconds": elapsed(),
            "stages": {
                "text": begun[0] - start,
                "denoise": steps[-1] - begun[0],
                "decode": end - steps[-1],
            },
            "step_seconds": (steps[-1] - steps[0]) / (len(steps) - 1),
            "tokens": tokens[0],
            "arithmetic": DTYPE,
            **peak_memory(),
            "load_average": os.getloadavg()[0],
            "sound": path,
        }
    )
)
