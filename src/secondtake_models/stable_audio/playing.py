"""Stable Audio Open: from a prompt to stereo sound, with a checkpoint that is in memory.

Sound is (frames, channels) float32. Latents are (1, channels, latents); each of them decodes to
2048 frames. The network denoises the whole window that it was trained on, however few seconds are
asked for, as stable-audio-tools does by default: a shorter window would be another computation,
since every latent attends to all others. Only the asked part is then decoded.
"""

import contextlib
import math
from collections.abc import Iterator, Mapping
from typing import Any

from secondtake.errors import ModelError
from secondtake.jobs import Job
from secondtake.making import Progress, Sound
from secondtake_models.stable_audio.network import Network

DTYPE = "float32"
# By objective. On a v model stable-audio-tools runs DDIM for any name that it does not know, so
# the name is checked here. k-dpm-fast and k-dpm-adaptive are left out: they take as many steps as
# they like.
SIGMA_SAMPLERS = (
    "dpmpp-3m-sde", "dpmpp-2m-sde", "dpmpp-2m",
    "k-heun", "k-lms", "k-dpm-2", "k-dpmpp-2s-ancestral",
)  # fmt: skip
FLOW_SAMPLERS = ("pingpong", "euler", "rk4", "dpmpp")
SAMPLERS: dict[str, tuple[str, ...]] = {
    "v": (*SIGMA_SAMPLERS, "v-ddim", "v-ddim-cfgpp"),
    "rectified_flow": FLOW_SAMPLERS,
    "rf_denoiser": FLOW_SAMPLERS,
}
TWO_STEPS = ("dpmpp-3m-sde", "dpmpp-2m-sde")  # they read the step before, which must exist
SIGMAS = {"sigma_min": 0.3, "sigma_max": 500.0}  # noise levels that the open-1.0 card asks for
# Guidance as the checkpoints were published with. Adaptive projection, upstream's newer default,
# computes in float64, which mps does not have: with it, devices would not agree.
APG_SCALE = 0.0
CONTEXT = 10  # latents after the asked part that its end depends on (8 are off by 2e-4, 9 by 1e-6)
NO_MEMORY = ("out of memory", "allocate memory")  # how torch says it on a device, on the CPU
FADE_SECONDS = 0.005  # at both edges: the take is cut out of a longer one, and would click


def check(network: Network, job: Job) -> None:
    """ModelError unsupported, with what is possible, if the checkpoint cannot do the job."""
    samplers, sampler = SAMPLERS.get(network.objective, ()), job.settings["sampler"]
    if sampler not in samplers:
        message = f"{job.checkpoint} cannot use the sampler {sampler!r} (its objective is "
        message += f"{network.objective})"
        raise ModelError("unsupported", message, f"use one of: {', '.join(samplers)}")
    if sampler in TWO_STEPS and job.settings["steps"] < 2:
        raise ModelError("unsupported", f"{sampler} needs two steps", "use --steps 2 or more")
    if round(job.seconds * network.sample_rate) > network.window:
        longest = network.window / network.sample_rate
        message = f"{job.seconds:g} s is longer than what {job.checkpoint} makes in one take"
        hint = f"ask for at most {math.floor(longest * 10) / 10:g} s"
        raise ModelError("unsupported", message, hint)


def generate(network: Network, job: Job, progress: Progress) -> Sound:
    """Make exactly round(seconds * sample rate) frames. ModelError says why it cannot."""
    import torch

    check(network, job)
    details = _details(network, job)
    with torch.no_grad(), _explained(details):
        latents = _denoise(network, job, progress)
        progress("decoding", 0, 0)
        samples = _decode(network, latents, round(job.seconds * network.sample_rate))
    unheard = job.settings["negative_prompt"] and job.settings["cfg_scale"] == 1.0
    warnings = ("the negative prompt does nothing at cfg_scale 1",) if unheard else ()
    return Sound(fade_edges(samples, network.sample_rate), warnings, details)


def _denoise(network: Network, job: Job, progress: Progress) -> Any:
    """Latents (1, channels, the window's latents), the same for a seed on one device."""
    from stable_audio_tools.inference.generation import generate_diffusion_cond

    settings = job.settings
    negative = settings["negative_prompt"]
    progress("denoising", 0, settings["steps"])
    return generate_diffusion_cond(
        network.model,
        conditioning=network.conditioning(job.prompt, job.seconds),
        negative_conditioning=network.conditioning(negative, job.seconds) if negative else None,
        sample_size=network.window,
        steps=settings["steps"],
        cfg_scale=settings["cfg_scale"],
        sampler_type=settings["sampler"],
        seed=job.seed % 2**32,  # upstream takes -1 for "any"
        device=network.device,
        apg_scale=APG_SCALE,
        return_latents=True,
        disable_tqdm=True,
        callback=lambda step: progress("denoising", step["i"] + 1, settings["steps"]),
        **(SIGMAS if settings["sampler"] in SIGMA_SAMPLERS else {}),
    )


def _decode(network: Network, latents: Any, frames: int) -> Any:
    """The first `frames` of what the latents decode to, as numpy (frames, channels) float32."""
    needed = math.ceil(frames / network.frames_per_latent) + CONTEXT
    sound = network.model.pretransform.decode(latents[:, :, :needed])  # (1, channels, frames)
    return sound[0, :, :frames].float().cpu().numpy().T.copy()


def fade_edges(samples: Any, sample_rate: int) -> Any:
    """The samples (frames, channels) with a straight fade of 5 ms at the start and the end."""
    import numpy as np

    frames = min(round(FADE_SECONDS * sample_rate), len(samples) // 2)
    shape = np.ones((len(samples), 1), np.float32)
    shape[:frames, 0] = np.arange(frames) / frames if frames else 0
    shape[len(samples) - frames :, 0] = shape[:frames, 0][::-1]
    return samples * shape


def _details(network: Network, job: Job) -> dict[str, Any]:
    sampler = job.settings["sampler"]
    return {
        "objective": network.objective,
        "sampler": sampler,
        "steps": job.settings["steps"],
        "cfg_scale": job.settings["cfg_scale"],
        **(SIGMAS if sampler in SIGMA_SAMPLERS else {}),
        "dtype": DTYPE,
        "window_seconds": round(network.window / network.sample_rate, 3),
        "noise_drawn_on": network.device,
        "fade_seconds": FADE_SECONDS,
    }


@contextlib.contextmanager
def _explained(details: Mapping[str, Any]) -> Iterator[None]:
    """Turn whatever fails inside into a ModelError that names what it was done with."""
    try:
        yield
    except Exception as error:
        facts = ", ".join(f"{name} {value}" for name, value in details.items())
        message = f"{type(error).__name__}: {error} (with {facts})"
        if isinstance(error, MemoryError) or any(sign in str(error) for sign in NO_MEMORY):
            hint = "close other programs, choose the checkpoint open-small, or use --device cpu"
            raise ModelError("memory", message, hint) from error
        hint = "try another --sampler or other --steps; the log has the whole story"
        raise ModelError("bug", message, hint) from error
