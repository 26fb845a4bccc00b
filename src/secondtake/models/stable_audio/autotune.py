"""The precision of a checkpoint: the fastest on this machine that is near enough to float32.

Steps of 10 s are timed in each, once (secondtake.models.inference.step_timing), and what they
predict is compared with float32's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.core.jobs import Job
from secondtake.models.inference.autotune import autotune_cached
from secondtake.models.inference.denoising import has_room
from secondtake.models.inference.quantization import (
    FLOAT32,
    PRECISIONS,
    Precision,
    candidate_precisions,
    computed_precisions,
)
from secondtake.models.inference.sampling import seeded_generator, seeded_noise
from secondtake.models.inference.step_timing import StepTiming, fastest_step, measure_steps
from secondtake.models.stable_audio import stable_audio_3
from secondtake.models.stable_audio.model import StableAudioModel, encode_batch
from secondtake.models.stable_audio.quantized import quantized_bytes, quantized_dit

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 3  # raised when something else is measured, or chosen in another way
LATENTS = 226  # 10 s, and what their end needs to be decoded
PROMPT = "A drum loop with bass, 120 BPM"
SEED = 49


def select_precision(network: StableAudioModel, job: Job, progress: Progress) -> Precision:
    """The precision that a job is computed in; `check_dtype` has checked its settings."""
    dtype = str(job.settings["dtype"])
    if job.settings["mode"] == "exact":
        return FLOAT32
    return PRECISIONS[dtype] if dtype != "auto" else autotune(network, progress)


def check_dtype(job: Job, device: str) -> None:
    """ModelError unsupported if this processor or card does not compute a job's precision.

    What can be known without PyTorch was refused before (secondtake.core.constraints).
    """
    dtype = str(job.settings["dtype"])
    names = [precision.name for precision in computed_precisions(device)]
    if dtype not in ("auto", *names):
        message = f"{dtype} is not computed on {device} here"
        hint = f"use --dtype auto, or one of: {', '.join(names)}"
        raise ModelError("unsupported", message, hint)


def available_precisions(device: str) -> tuple[Precision, ...]:
    """float32, and what may be faster; two rows of some hundred latents are a step."""
    return (FLOAT32, *candidate_precisions(device))


def autotune(network: StableAudioModel, progress: Progress) -> Precision:
    """The fastest of what is near enough, by measurements that are cached or made now.

    Where a card has no room for float32, beside which all are measured, what may be faster is taken
    unmeasured.
    """
    if not has_room(quantized_bytes(network, FLOAT32), network.device):
        return candidate_precisions(network.device)[0]
    facts = {"format": FORMAT, "weights": network.hashes}
    measure = partial(measure_precisions, network, progress)
    cache, device = network.cache, network.device
    timings = autotune_cached(cache, "stable_audio", facts, device, measure, StepTiming)
    return fastest_step(timings)


def measure_precisions(network: StableAudioModel, progress: Progress) -> dict[str, StepTiming]:
    """The precisions of this device, float32 first; those far too slow are left out."""
    import torch

    def load(precision: Precision) -> Callable[[float], Tensor]:
        network.loaded.clear()  # or all of them would be in memory at once
        return _step(network, quantized_dit(network, precision))

    with torch.inference_mode():
        timings = measure_steps(available_precisions(network.device), load, progress)
    network.loaded.clear()
    return timings


def _step(network: StableAudioModel, predict: Callable[..., Tensor]) -> Callable[[float], Tensor]:
    """A step of two rows, as guidance makes of one, at a time of the diffusion."""
    import torch

    count = min(LATENTS, network.window // network.frames_per_latent)
    (metadata,) = network.conditioning(PROMPT, 10.0)
    conditioning = encode_batch(network, [metadata, metadata])
    if stable_audio_3.is_stable_audio_3(network):
        conditioning |= stable_audio_3.empty_inpaint_mask(network, 2, count)
    inputs = network.model.get_conditioning_inputs(conditioning)
    x = seeded_noise((2, network.model.io_channels, count), seeded_generator(SEED), network.device)

    def step(time: float) -> Tensor:
        return predict(x, torch.full((2,), time, device=network.device), **inputs)

    return step
