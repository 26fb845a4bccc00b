"""The precision of a checkpoint: the fastest on this machine that is near enough to float32.

A step of 10 s is timed in each, once (secondtake.models.inference.autotune), and its prediction is
compared with float32's, over noise levels from early to late.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.core.jobs import Job
from secondtake.models.inference.autotune import autotune_cached, fastest_precision, timed
from secondtake.models.inference.quantization import (
    FLOAT32,
    PRECISIONS,
    Precision,
    candidate_precisions,
)
from secondtake.models.inference.sampling import seeded_generator, seeded_noise
from secondtake.models.stable_audio import stable_audio_3
from secondtake.models.stable_audio.model import StableAudioModel, encode_batch
from secondtake.models.stable_audio.quantized import quantized_dit

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 2  # raised when something else is measured, or chosen in another way
LATENTS = 226  # 10 s, and what their end needs to be decoded
TIMES = (0.9, 0.5, 0.2)  # of the diffusion: nearly all noise, half, nearly none
TIMED = 3  # steps, of which the fastest counts; those before it have read the weights
# Root mean square of the difference, as a share of what is predicted: as a step of 1/20 more or
# less. It is a choice, made before anybody could listen. Small random networks are off by 0.01.
MOST_ERROR = 0.05
PROMPT = "A drum loop with bass, 120 BPM"
SEED = 49


@dataclass(frozen=True)
class StepTiming:
    """One precision."""

    step_seconds: float  # with guidance: two rows
    error: float = 0.0  # from float32


def select_precision(network: StableAudioModel, job: Job, progress: Progress) -> Precision:
    """The precision that a job is computed in; `check_dtype` has checked its settings."""
    dtype = str(job.settings["dtype"])
    if job.settings["mode"] == "exact":
        return FLOAT32
    return PRECISIONS[dtype] if dtype != "auto" else autotune(network, progress)


def check_dtype(job: Job, device: str) -> None:
    """ModelError unsupported if PyTorch has no kernels for a job's precision on this processor.

    What can be known without it was refused before (secondtake.core.constraints).
    """
    dtype = str(job.settings["dtype"])
    names = [precision.name for precision in available_precisions(device)]
    if device == "cpu" and dtype not in ("auto", *names):
        message = f"{dtype} is not computed on {device} here"
        hint = f"use --dtype auto, or one of: {', '.join(names)}"
        raise ModelError("unsupported", message, hint)


def available_precisions(device: str) -> tuple[Precision, ...]:
    """float32, and what may be faster; two rows of some hundred latents are a step."""
    return (FLOAT32, *candidate_precisions(device, many_rows=True))


def autotune(network: StableAudioModel, progress: Progress) -> Precision:
    """The fastest of what is near enough, by measurements that are cached or made now."""
    facts = {"format": FORMAT, "weights": network.hashes}
    measure = partial(measure_precisions, network, progress)
    cache, device = network.cache, network.device
    timings = autotune_cached(cache, "stable_audio", facts, device, measure, StepTiming)
    costs = {name: (timing.step_seconds, timing.error) for name, timing in timings.items()}
    return fastest_precision(costs, MOST_ERROR)


def measure_precisions(network: StableAudioModel, progress: Progress) -> dict[str, StepTiming]:
    """Every precision of this device, float32 first."""
    import torch

    precisions = available_precisions(network.device)
    timings: dict[str, StepTiming] = {}
    reference: Tensor | None = None
    with torch.inference_mode():
        for done, precision in enumerate(precisions):
            progress("measuring arithmetics", done, len(precisions))
            step = _step(network, quantized_dit(network, precision))
            predicted = torch.cat([step(time) for time in TIMES])
            reference = predicted if reference is None else reference
            difference = (predicted - reference).square().mean()
            error = (difference / reference.square().mean()).sqrt().item()
            seconds = min(timed(step, TIMES[1])[0] for _ in range(TIMED))
            timings[precision.name] = StepTiming(round(seconds, 4), round(error, 6))
            del step
            network.loaded.clear()  # or all of them would be in memory at once
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
