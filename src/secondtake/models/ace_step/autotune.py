"""The precision of a checkpoint: the fastest on this machine that is near enough to float32.

A step of 14 s is timed in each, once (secondtake.models.inference.autotune), and its prediction is
compared with float32's, over noise levels from early to late. Checkpoints that are guided are
measured with the two rows that guidance makes of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.core.jobs import Job
from secondtake.models.ace_step.diffusion import silent_context
from secondtake.models.ace_step.model import AceStepModel, encode_conditions
from secondtake.models.ace_step.transformer import Transformer, load_transformer
from secondtake.models.inference.autotune import autotune_cached, fastest_precision, timed
from secondtake.models.inference.quantization import (
    FLOAT32,
    PRECISIONS,
    Precision,
    candidate_precisions,
)
from secondtake.models.inference.sampling import seeded_generator, seeded_noise

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1  # raised when something else is measured, or chosen in another way
SECONDS = 14.0  # of sound
TIMES = (0.9, 0.5, 0.2)  # of the diffusion: nearly all noise, half, nearly none
TIMED = 3  # steps, of which the fastest counts; those before it have read the weights
# Root mean square of the difference, as a share of what is predicted: as a step of 1/20 more or
# less. It is a choice, made before anybody could listen. Small random networks are off by 0.005.
MOST_ERROR = 0.05
SEED = 49


@dataclass(frozen=True)
class StepTiming:
    """One precision."""

    step_seconds: float  # of one take: two rows with guidance
    error: float = 0.0  # from float32


def select_precision(model: AceStepModel, job: Job, progress: Progress) -> Precision:
    """The precision that a job is computed in.

    ModelError unsupported if PyTorch has no kernels for the one that is asked for on this
    processor; what can be known without it was refused before (secondtake.core.constraints).
    """
    dtype = str(job.settings["dtype"])
    if job.settings["mode"] == "exact":
        return FLOAT32
    if dtype == "auto":
        return autotune(model, job, progress)
    names = [precision.name for precision in available_precisions(model.device)]
    if model.device == "cpu" and dtype not in names:
        message = f"{dtype} is not computed on {model.device} here"
        hint = f"use --dtype auto, or one of: {', '.join(names)}"
        raise ModelError("unsupported", message, hint)
    return PRECISIONS[dtype]


def available_precisions(device: str) -> tuple[Precision, ...]:
    """float32, and what may be faster; a step has some hundred positions."""
    return (FLOAT32, *candidate_precisions(device, many_rows=True))


def autotune(model: AceStepModel, job: Job, progress: Progress) -> Precision:
    """The fastest of what is near enough, by measurements that are cached or made now.

    They are of the job's prompt, but kept for every other one of the checkpoint.
    """
    facts = {"format": FORMAT, "weights": dict(model.weights.hashes)}
    measure = partial(measure_precisions, model, job, progress)
    cache, device = model.weights.cache, model.device
    timings = autotune_cached(cache, "ace_step", facts, device, measure, StepTiming)
    costs = {name: (timing.step_seconds, timing.error) for name, timing in timings.items()}
    return fastest_precision(costs, MOST_ERROR)


def measure_precisions(model: AceStepModel, job: Job, progress: Progress) -> dict[str, StepTiming]:
    """Every precision of this device, float32 first."""
    import torch

    precisions = available_precisions(model.device)
    timings: dict[str, StepTiming] = {}
    reference: Tensor | None = None
    with torch.no_grad():
        inputs = _inputs(model, job)
        for done, precision in enumerate(precisions):
            progress("measuring arithmetics", done, len(precisions))
            step = partial(_step, load_transformer(model, precision), *inputs)
            predicted = torch.cat([step(time) for time in TIMES])
            reference = predicted if reference is None else reference
            difference = (predicted - reference).square().mean()
            error = (difference / reference.square().mean()).sqrt().item()
            seconds = min(timed(step, TIMES[1])[0] for _ in range(TIMED))
            timings[precision.name] = StepTiming(round(seconds, 4), round(error, 6))
            del step
            model.loaded.clear()  # or all of them would be in memory at once
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

    times = torch.full((len(latents),), time, device=latents.device)
    (velocity,) = transformer(
        hidden_states=latents,
        timestep=times,
        timestep_r=times,
        encoder_hidden_states=conditions,
        context_latents=context,
        return_dict=False,
    )
    return velocity
