"""stable-audio-tools' samplers, with nothing that makes the processor wait for a GPU at each step.

Noise levels are tensors that a sampler branches on: on the CPU they are read at once. Noise is
drawn on the CPU too, while the GPU still works on the step before. The latents are the same.

In mode exact the noise of the stochastic samplers is that of unmodified stable-audio-tools: a tree
of Brownian motion, which gives the same path whatever the steps. In mode fast it is as many
independent normal numbers, which is what the motion over intervals that follow on one another is:
as good a path, another one, and a tenth or less of the time to draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from secondtake.models.inference.denoising import upload

if TYPE_CHECKING:
    from torch import Tensor


class _EveryLevel:
    """Less and more than any noise level, without looking at it."""

    def __le__(self, level: object) -> bool:
        return True

    __ge__ = __le__


# Guidance at every level, which is upstream's (0, 1) too: but that reads each level from a GPU.
GUIDED_LEVELS = (_EveryLevel(), _EveryLevel())


class TreeNoise:
    """k-diffusion's tree of Brownian motion, asked on the CPU: (sigma, next sigma) -> noise."""

    def __init__(self, tree: type[Any], x: Tensor, sigma_min: Tensor, sigma_max: Tensor) -> None:
        import torch

        self.device = str(x.device)
        self.tree = tree(torch.zeros(x.shape, dtype=x.dtype), sigma_min, sigma_max)

    def __call__(self, sigma: Tensor, sigma_next: Tensor) -> Tensor:
        return upload(self.tree(sigma, sigma_next), self.device)


@contextmanager
def samplers_without_waits(*, tree: bool) -> Iterator[None]:
    """Within it, k-diffusion's samplers have their levels on the CPU, and their noise as above.

    tree: true for a tree of Brownian motion, false for independent increments.
    """
    from stable_audio_tools.inference.k_diffusion import sampling

    levels, motion = sampling.get_sigmas_polyexponential, sampling.BrownianTreeNoiseSampler

    def levels_on_cpu(*schedule: float, **_: Any) -> Tensor:
        on_cpu: Tensor = levels(*schedule, device="cpu")
        return on_cpu

    def increments(x: Tensor, *_: Tensor) -> Any:
        return sampling.default_noise_sampler(x)

    sampling.get_sigmas_polyexponential = levels_on_cpu
    sampling.BrownianTreeNoiseSampler = partial(TreeNoise, motion) if tree else increments
    try:
        yield
    finally:
        sampling.get_sigmas_polyexponential = levels
        sampling.BrownianTreeNoiseSampler = motion
