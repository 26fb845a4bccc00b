"""Which noise levels a take is denoised through, and whether a sampler can go through them.

Looked at before the first step. Samplers that add noise ask a tree of Brownian motion (torchsde)
for its increment between two levels. The tree rounds levels to six digits, and halves an interval
until it is short enough: an interval of no length is halved for ever, until Python's recursion
limit ends it. So no two levels may be that near to each other.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from secondtake.errors import ModelError

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
TREE_SAMPLERS = ("dpmpp-3m-sde", "dpmpp-2m-sde")  # they ask a tree; and they read the step before
TREE_DIGITS = 6  # of a noise level that a tree tells apart
HINT = "raise --sigma-max, lower --sigma-min, or take fewer --steps"


@dataclass(frozen=True)
class Schedule:
    """How a take is denoised. sigma_min and sigma_max: noise levels, of SIGMA_SAMPLERS alone."""

    sampler: str
    steps: int
    sigma_min: float = 0.3
    sigma_max: float = 500.0

    @property
    def options(self) -> dict[str, float]:
        """What stable-audio-tools is told of the levels."""
        if self.sampler not in SIGMA_SAMPLERS:
            return {}
        return {"sigma_min": self.sigma_min, "sigma_max": self.sigma_max}

    def levels(self, shift: Any, latents: int) -> list[float]:
        """The levels as stable-audio-tools computes them, in float32; the last one is where the
        last step leads. shift: the checkpoint's own distribution shift, or None."""
        from stable_audio_tools.inference import k_diffusion
        from stable_audio_tools.inference.sampling import build_schedule

        if self.sampler in SIGMA_SAMPLERS:
            make = k_diffusion.sampling.get_sigmas_polyexponential
            return list(make(self.steps, self.sigma_min, self.sigma_max).tolist())
        if self.sampler.startswith("v-"):
            times = build_schedule(self.steps, include_endpoint=False).tolist()
            return [*times, 0.0]
        times = build_schedule(self.steps, dist_shift=shift, fallback_seq_len=latents)
        return list(times.tolist())


def check(schedule: Schedule, levels: Sequence[float]) -> None:
    """ModelError unsupported, with what it was asked, if a sampler cannot go through the levels."""
    if schedule.sampler in TREE_SAMPLERS and schedule.steps < 2:
        message = f"{schedule.sampler} needs two steps"
        raise ModelError("unsupported", message, "use --steps 2 or more")
    asked = f"{schedule.sampler}, steps {schedule.steps}"
    asked += "".join(f", {name} {value:g}" for name, value in schedule.options.items())
    if not all(math.isfinite(level) for level in levels):
        raise ModelError("unsupported", f"noise levels that are no numbers ({asked})", HINT)
    if levels[-1] != 0 or any(one <= other for one, other in pairwise(levels)):
        raise ModelError("unsupported", f"noise levels that do not fall to 0 ({asked})", HINT)
    if schedule.sampler in TREE_SAMPLERS:
        heard = levels[:-1]  # the last step adds no noise
        check_tree(pairwise(heard), min(heard), max(heard), asked)


def check_tree(
    intervals: Iterable[tuple[float, float]], low: float, high: float, asked: str
) -> None:
    """ModelError unsupported if a tree from `low` to `high` would halve an interval for ever."""
    for one, other in intervals:
        start, end = (round(min(max(level, low), high), TREE_DIGITS) for level in (other, one))
        if not start < end:
            message = f"no noise between the levels {one:.9g} and {other:.9g} ({asked})"
            raise ModelError("unsupported", message, HINT)
