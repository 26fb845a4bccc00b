"""Stable Audio's noise levels, before anything is built: can a sampler go through them?

Samplers that add noise ask a tree of Brownian motion (torchsde) for its increment between two noise
levels. The tree rounds levels to six digits, and halves an interval until it is short enough: one
of no length for ever. So no two levels may be that near to each other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from secondtake.core.errors import UnsupportedError

# By objective, since on a v model stable-audio-tools runs DDIM for any name that it does not know.
# k-dpm-fast and k-dpm-adaptive are left out: they take as many steps as they like.
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
TREE_STEP = 1e-6  # levels nearer than this are one to a tree
# Levels are computed in float32: a logarithm of up to 7 is off by 5e-7, so a level by that share.
ROUNDING = 2e-6
HINT = "raise sigma_max, lower sigma_min, or take fewer steps (by hand: --sigma-max, --sigma-min)"


@dataclass(frozen=True)
class Schedule:
    """Sampler, steps, and the noise levels sigma_min and sigma_max, of SIGMA_SAMPLERS alone."""

    sampler: str
    steps: int
    sigma_min: float = 0.3
    sigma_max: float = 500.0

    @property
    def options(self) -> dict[str, float]:
        """stable-audio-tools' options for the levels."""
        if self.sampler not in SIGMA_SAMPLERS:
            return {}
        return {"sigma_min": self.sigma_min, "sigma_max": self.sigma_max}

    @property
    def levels(self) -> list[float]:
        """The levels of SIGMA_SAMPLERS, steps + 1 of them, from sigma_max to 0; [] for others.

        Others have evenly spaced times from 1 to 0, which are a thousand steps apart at most.
        """
        if self.sampler not in SIGMA_SAMPLERS:
            return []
        low, high = math.log(self.sigma_min), math.log(self.sigma_max)
        ramp = [1 - step / max(1, self.steps - 1) for step in range(self.steps)]
        return [*(math.exp(low + part * (high - low)) for part in ramp), 0.0]

    def check(self) -> None:
        """UnsupportedError, with the options, if the sampler cannot go through the levels."""
        if self.sampler in TREE_SAMPLERS and self.steps < 2:
            raise UnsupportedError("steps", f"{self.sampler} needs two steps", "use 2 or more")
        if fault := levels_fault(self.levels, self.sampler, ROUNDING):
            options = f"{self.sampler}, steps {self.steps}"
            options += "".join(f", {name} {value:g}" for name, value in self.options.items())
            raise UnsupportedError("sigma_min", f"{fault} ({options})", HINT)


def levels_fault(levels: Sequence[float], sampler: str, rounding: float = 0.0) -> str:
    """What a sampler could not go through in levels; "" for nothing.

    rounding: the share of a level by which it may turn out differently.
    """
    if not all(map(math.isfinite, levels)):
        return "noise levels that are no numbers"
    if levels and levels[-1] != 0:
        return "noise levels that do not fall to 0"
    for level, lower in pairwise(levels):
        if level * (1 - rounding) <= lower:
            return "noise levels that do not fall to 0"
    if sampler in TREE_SAMPLERS:
        for upper, lower in pairwise(levels[:-1]):  # the last step adds no noise
            if upper * (1 - rounding) - lower <= TREE_STEP:
                return f"no noise between the levels {upper:.9g} and {lower:.9g}"
    return ""
