"""Runs inside venv-stable-audio: python stable_audio_probe.py FOLDER. Prints JSON.

FOLDER is what tests/tiny/stable_audio.py wrote. Our loading and playing beside that of
stable-audio-tools, on the same checkpoints and the same seed. Only checkpoints that the tests
have written themselves are given to torch.load here.
"""

import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tiny_weights import weights_in

from secondtake.audio.seams import FADE_SECONDS
from secondtake.core.errors import ModelError
from secondtake.core.generate import GeneratedAudio
from secondtake.core.jobs import Job
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.schedules import SAMPLERS
from secondtake.models.stable_audio.model import StableAudioModel, load_stable_audio, offline_config
from secondtake.models.stable_audio.pipeline import generate

PROMPT = "Bandoneón solo with trap beats, A minor, 120 BPM"
SECONDS = 2.345
SIGMAS = {"sigma_min": 0.3, "sigma_max": 500.0}
OTHERS = {"open-1.0": "pingpong", "open-small": "v-ddim"}
EDGE = round(FADE_SECONDS * 44_100)


def job(checkpoint: str, **changes: Any) -> Job:
    values = {"prompt": PROMPT, "seed": 7, "seconds": SECONDS, **changes}
    own = STABLE_AUDIO.settings(STABLE_AUDIO.checkpoint(checkpoint), {"steps": 4, "mode": "exact"})
    settings = {name: values.pop(name, value) for name, value in own.items()}
    return Job("song", 1, "instrumental", "", "stable_audio", checkpoint, 1, values["seed"],
               values["seconds"], values["prompt"], "", "", (), 120.0, "", settings)  # fmt: skip


def quiet(*_: Any) -> None:
    pass


def error_of(network: StableAudioModel, asked_job: Job) -> list[str]:
    try:
        generate(network, asked_job, quiet)
    except ModelError as error:
        return [error.code, error.message, error.hint]
    return []


def same(first: GeneratedAudio, second: GeneratedAudio) -> bool:
    return bool(np.array_equal(first.samples, second.samples))


def by_stable_audio_tools(files: Mapping[str, Path], asked_job: Job) -> Any:
    """The same job by upstream's own loading, noise, window and decoding: (frames, channels)."""
    from stable_audio_tools.inference.generation import generate_diffusion_cond
    from stable_audio_tools.models import create_model_from_config
    from stable_audio_tools.models.utils import load_ckpt_state_dict

    config = offline_config(json.loads(files["config"].read_text()), files["t5/config.json"].parent)
    model = create_model_from_config(config)
    model.load_state_dict(load_ckpt_state_dict(str(files["model"])))
    settings = asked_job.settings
    facts = {"prompt": asked_job.prompt, "seconds_start": 0, "seconds_total": asked_job.seconds}
    sound = generate_diffusion_cond(
        model.eval(), steps=settings["steps"], cfg_scale=settings["cfg_scale"],
        conditioning=[facts], sample_size=config["sample_size"], seed=asked_job.seed, device="cpu",
        sampler_type=settings["sampler"], apg_scale=0.0,
        **(SIGMAS if asked_job.checkpoint == "open-1.0" else {}),
    )  # fmt: skip
    return sound[0, :, : round(asked_job.seconds * 44_100)].detach().numpy().T


def facts_of(checkpoint: str, folder: Path) -> dict[str, Any]:
    weights = weights_in(folder, STABLE_AUDIO.checkpoint(checkpoint))
    network = load_stable_audio(weights, "cpu")
    events: list[tuple[str, int, int]] = []
    sound = generate(network, job(checkpoint), lambda *event: events.append(event))
    theirs = by_stable_audio_tools(weights.paths, job(checkpoint))
    other_sound = generate(
        network, job(checkpoint, prompt="Fast drums, 180 BPM", seconds=1.0), quiet
    )
    negative = job(checkpoint, negative_prompt="vocals", cfg_scale=7.0)
    return {
        "told": events,
        "shape": sound.samples.shape,
        "kind": str(sound.samples.dtype),
        "level": float(np.sqrt(np.mean(sound.samples**2))),
        "sides_the_same": bool(np.array_equal(sound.samples[:, 0], sound.samples[:, 1])),
        "edges": [float(abs(sound.samples[at]).max()) for at in (0, -1)],
        "loudest": float(abs(theirs).max()),
        "difference": float(abs(sound.samples - theirs)[EDGE:-EDGE].max()),
        "details": sound.details,
        "warnings": sound.warnings,
        "again_the_same": same(sound, generate(network, job(checkpoint), quiet)),
        "seed_the_same": same(sound, generate(network, job(checkpoint, seed=8), quiet)),
        "prompt_the_same": same(
            other_sound, generate(network, job(checkpoint, seconds=1.0, prompt="Slow flute"), quiet)
        ),
        "negative_the_same": same(
            generate(network, negative, quiet),
            generate(network, job(checkpoint, cfg_scale=7.0), quiet),
        ),
        "silent_samplers": [
            sampler
            for sampler in SAMPLERS[network.objective]
            if not generate(
                network, job(checkpoint, sampler=sampler, steps=2, seconds=0.5), quiet
            ).samples.any()
        ],
        "whole_window": len(
            generate(network, job(checkpoint, seconds=network.window / 44_100), quiet).samples
        ),
        "too_long": error_of(network, job(checkpoint, seconds=network.window / 44_100 + 0.01)),
        "wrong_sampler": error_of(network, job(checkpoint, sampler="dpmpp-2m-sdee")),
        "sampler_of_the_other": error_of(network, job(checkpoint, sampler=OTHERS[checkpoint])),
        "one_step": error_of(network, job(checkpoint, steps=1, sampler="dpmpp-3m-sde")),
        "broken": broken(network, job(checkpoint)),
    }


def broken(network: StableAudioModel, asked_job: Job) -> list[str]:
    """The error when the network itself fails: its transformer is replaced for once."""
    dit, network.model.model = network.model.model, torch.nn.Linear(2, 2)
    try:
        return error_of(network, asked_job)
    finally:
        network.model.model = dit


if __name__ == "__main__":
    names = list(OTHERS)  # of Stable Audio 3 there is a probe of its own
    with contextlib.redirect_stdout(sys.stderr):
        facts = {name: facts_of(name, Path(sys.argv[1])) for name in names}
    print(json.dumps(facts))
