"""One run of unmodified stable-audio-tools: python stable_audio/theirs.py FOLDER SECONDS STEPS RUN

Its own loading and its generate_diffusion_cond as the card of open-1.0 shows them: float32, the
whole window, cut afterwards. Only where it would go to the network is it shown the files instead,
and its guidance is the plain one that the checkpoint was published with.
"""

import contextlib
import json
import os
import sys
import time
from pathlib import Path

from benchmarks.harness import elapsed, keep_sound, peak_memory, wait
from benchmarks.stable_audio.job import PROMPT, SAMPLER

FOLDER, SECONDS, STEPS = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
RUN = int(sys.argv[4])
DEVICE = os.environ["DEVICE"]

with contextlib.redirect_stdout(sys.stderr):  # its import prints about missing accelerators
    from stable_audio_tools.inference.generation import generate_diffusion_cond
    from stable_audio_tools.models.factory import create_model_from_config
    from stable_audio_tools.models.utils import copy_state_dict, load_ckpt_state_dict

    config = json.loads((FOLDER / "model_config.json").read_text(encoding="utf-8"))
    for entry in config["model"]["conditioning"]["configs"]:
        if entry["type"] == "t5":
            entry["config"]["model_path"] = str(FOLDER / "t5-base")
    model = create_model_from_config(config)
    copy_state_dict(model, load_ckpt_state_dict(str(FOLDER / "model.safetensors")))
    model = model.to(DEVICE).eval().requires_grad_(False)
loaded = elapsed()

steps: list[float] = []


def after_step(_: object) -> None:
    wait()
    steps.append(time.monotonic())


start = time.monotonic()
with contextlib.redirect_stdout(sys.stderr):
    sound = generate_diffusion_cond(
        model,
        steps=STEPS,
        cfg_scale=7.0,
        conditioning=[{"prompt": PROMPT, "seconds_start": 0, "seconds_total": SECONDS}],
        sample_size=config["sample_size"],
        sigma_min=0.3,
        sigma_max=500,
        sampler_type=SAMPLER,
        seed=RUN,
        device=DEVICE,
        apg_scale=0.0,
        callback=after_step,
    )
    sound = sound[0, :, : round(SECONDS * config["sample_rate"])].float().cpu().contiguous()
end = time.monotonic()
path = keep_sound(sound.numpy().T)
print(
    json.dumps(
        {
            "load_seconds": loaded,
            "first_sound_seconds": elapsed(),
            "stages": {"denoise": steps[-1] - start, "decode": end - steps[-1]},
            "step_seconds": (steps[-1] - steps[0]) / (len(steps) - 1),
            "latents": config["sample_size"] // 2048,
            "arithmetic": "float32",
            **peak_memory(),
            "sound": path,
        }
    )
)
