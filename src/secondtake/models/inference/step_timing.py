"""Autotuning of a denoiser: one step in each precision, timed and compared with float32's.

The steps that are compared are the ones that are timed. A precision that a processor has no kernels
for may be hundreds of times slower than float32: it is left after a step or two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from secondtake.core.generate import Progress
from secondtake.models.inference.autotune import fastest_precision, timed
from secondtake.models.inference.quantization import FLOAT32, Precision

if TYPE_CHECKING:
    from torch import Tensor

# Of the diffusion: nearly all noise, half, nearly none. The first one reads the weights, and the
# fastest of them counts.
TIMES = (0.9, 0.5, 0.2)
# Times float32's step, or a second, that the fastest may take after each of them: the first one may
# wait for the disk, or for another program.
MOST_TIMES = (10.0, 3.0, math.inf)
LONG = 1.0  # seconds
# Root mean square of the difference, as a share of what is predicted: as a step of 1/20 more or
# less. It is a choice, made before anybody could listen. Small random networks are off by 0.01.
MOST_ERROR = 0.05

Step = Callable[[float], "Tensor"]  # the prediction at a time of the diffusion


@dataclass(frozen=True)
class StepTiming:
    """One precision."""

    step_seconds: float  # of one take: two rows with guidance
    error: float = 0.0  # from float32


def measure_steps(
    precisions: Sequence[Precision], load: Callable[[Precision], Step], progress: Progress
) -> dict[str, StepTiming]:
    """Every precision but those that are far too slow; float32 is the first of `precisions`.

    load: gives a precision's step, which is dropped before the next one is loaded.
    """
    import torch

    timings: dict[str, StepTiming] = {}
    reference: Tensor | None = None
    for done, precision in enumerate(precisions):
        progress("measuring arithmetics", done, len(precisions))
        step = load(precision)
        usual = max(LONG, timings[FLOAT32.name].step_seconds) if timings else math.inf
        seconds, predictions = _timed_steps(step, usual)
        del step
        if len(predictions) < len(TIMES):
            continue
        predicted = torch.cat(predictions)
        reference = predicted if reference is None else reference
        difference = (predicted - reference).square().mean()
        error = (difference / reference.square().mean()).sqrt().item()
        timings[precision.name] = StepTiming(round(seconds, 4), round(error, 6))
    return timings


def _timed_steps(step: Step, usual: float) -> tuple[float, list[Tensor]]:
    """The fastest step's seconds and the predictions; fewer than TIMES if the steps take more than
    MOST_TIMES as long as the usual seconds."""
    fastest, predictions = math.inf, list[Any]()
    for time, most in zip(TIMES, MOST_TIMES, strict=True):
        seconds, prediction = timed(step, time)
        predictions.append(prediction)
        fastest = min(fastest, seconds)
        if fastest > most * usual:
            break
    return fastest, predictions


def fastest_step(timings: Mapping[str, StepTiming]) -> Precision:
    """The fastest of what is near enough, else float32."""
    costs = {name: (timing.step_seconds, timing.error) for name, timing in timings.items()}
    return fastest_precision(costs, MOST_ERROR)
