"""The precision of a checkpoint: the fastest on this machine that is near enough to float32.

Steps of 14 s are timed in each, once (secondtake.models.inference.step_timing), and what they
predict is compared with float32's. Checkpoints that are guided are measured with the two rows that
guidance makes of one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.core.jobs import Job
from secondtake.models.ace_step.diffusion import silent_context
from secondtake.models.ace_step.model import AceStepModel, encode_conditions
from secondtake.models.ace_step.transformer import Transformer, load_transformer
from secondtake.models.inference.autotune import autotune_cached
from secondtake.models.inference.denoising import has_room
from secondtake.models.inference.graphics_memory import tensor_bytes
from secondtake.models.inference.quantization import (
    FLOAT32,
    PRECISIONS,
    Precision,
    candidate_precisions,
    computed_precisions,
)
from secondtake.models.inference.sampling import seeded_generator, seeded_noise
from secondtake.models.inference.step_timing import StepTiming, fastest_step, measure_steps

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 2  # raised when something else is measured, or chosen in another way
SECONDS = 14.0  # of sound
SEED = 49


def select_precision(model: AceStepModel, job: Job, progress: Progress) -> Precision:
    """The precision that a job is computed in.

    ModelError unsupported if this processor or card does not compute the one that is asked for;
    what can be known without PyTorch was refused before (secondtake.core.constraints).
    """
    dtype = str(job.settings["dtype"])
    if job.settings["mode"] == "exact":
        return FLOAT32
    if dtype == "auto":
        return autotune(model, job, progress)
    names = [precision.name for precision in computed_precisions(model.device)]
    if dtype not in names:
        message = f"{dtype} is not computed on {model.device} here"
        hint = f"use --dtype auto, or one of: {', '.join(names)}"
        raise ModelError("unsupported", message, hint)
    return PRECISIONS[dtype]


def available_precisions(device: str) -> tuple[Precision, ...]:
    """float32, and what may be faster; a step has some hundred positions."""
    return (FLOAT32, *candidate_precisions(device))


def autotune(model: AceStepModel, job: Job, progress: Progress) -> Precision:
    """The fastest of what is near enough, by measurements that are cached or made now.

    They are of the job's prompt, but kept for every other one of the checkpoint. Where a card has
    no room for float32, beside which all are measured, what may be faster is taken unmeasured.
    """
    needed = tensor_bytes(model.state("transformer").values(), FLOAT32.dtype)
    if not has_room(needed, model.device):
        return candidate_precisions(model.device)[0]
    facts = {"format": FORMAT, "weights": dict(model.weights.hashes)}
    measure = partial(measure_precisions, model, job, progress)
    cache, device = model.weights.cache, model.device
    timings = autotune_cached(cache, "ace_step", facts, device, measure, StepTiming)
    return fastest_step(timings)


def measure_precisions(model: AceStepModel, job: Job, progress: Progress) -> dict[str, StepTiming]:
    """The precisions of this device, float32 first; those far too slow are left out."""
    import torch

    with torch.no_grad():
        inputs = _inputs(model, job)

        def load(precision: Precision) -> Callable[[float], Tensor]:
            model.loaded.clear()  # or all of them would be in memory at once
            return partial(_step, load_transformer(model, precision), *inputs)

        timings = measure_steps(available_precisions(model.device), load, progress)
    model.loaded.clear()
    return timings


def _inputs(model: AceStepModel, job: Job) -> tuple[Tensor, Tensor, Tensor]:
    """Latents (rows, n, channels), conditions and context of a take of SECONDS."""
    import torch

    conditions, context = encode_conditions(model, job), silent_context(model, SECONDS)
    shape = (1, context.shape[1], model.channels)
    latents = seeded_noise(shape, seeded_generator(SEED), model.device)
    if model.is_turbo:
        return latents, conditions, context
    conditions = torch.cat((conditions, model.null_condition.expand_as(conditions)))
    return latents.repeat(2, 1, 1), conditions, context.repeat(2, 1, 1)


def _step(
    transformer: Transformer, latents: Tensor, conditions: Tensor, context: Tensor, time: float
) -> Tensor:
    """The velocity at a time of the diffusion."""
    import torch

    times = torch.full((len(latents),), time)
    (velocity,) = transformer(
        hidden_states=latents,
        timestep=times,
        timestep_r=times,
        encoder_hidden_states=conditions,
        context_latents=context,
        return_dict=False,
    )
    return velocity
