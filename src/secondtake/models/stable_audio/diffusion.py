"""From noise to latents: stable-audio-tools' own samplers, on noise that is drawn on the CPU.

Rows are takes, or windows of takes, that have one schedule and one length. A row's noise comes
from its own generator, so it is what it is alone; what is computed of it may differ in the last
digit, as sums of another shape do. Alone and in float32, over the whole window, latents are those
of generate_diffusion_cond with the same seed, to the bit.

Which noise levels a take is denoised through, and whether a sampler can go through them.

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

from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.models.inference.sampling import generator, normal
from secondtake.models.stable_audio.model import Network, Passage, heard_together
from secondtake.models.stable_audio.noise import drawing_from

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


# Guidance as the checkpoints were published with. Adaptive projection, upstream's newer default,
# computes in float64, which mps does not have: with it, devices would not agree.
GUIDANCE = {"apg_scale": 0.0, "rescale_cfg": True, "batch_cfg": True}


def denoise(
    network: Network,
    predict: Any,
    passages: Sequence[Passage],
    schedule: Schedule,
    cfg_scale: float,
    progress: Progress,
) -> Any:
    """Latents (rows, channels, latents) of passages that have one length.

    predict: the network in an arithmetic (narrowing.diffusion). All passages have a negative
    prompt, or none has: without one, guidance leads away from nothing rather than from "".
    """
    import torch
    from stable_audio_tools.inference.sampling import sample_diffusion

    chances = [generator(passage.seed % 2**32) for passage in passages]
    shape = (1, network.model.io_channels, passages[0].latents)
    noise = torch.cat([normal(shape, chance, network.device) for chance in chances])
    progress("denoising", 0, schedule.steps)
    with torch.no_grad(), drawing_from(*chances):
        made = sample_diffusion(
            model=_holding(predict, passages, network),
            noise=noise,
            cond_inputs=_inputs(network, passages),
            diffusion_objective=network.objective,
            steps=schedule.steps,
            cfg_scale=cfg_scale,
            sampler_type=schedule.sampler,
            sample_rate=network.sample_rate,
            pretransform=network.model.pretransform,
            dist_shift=network.model.sampling_dist_shift,
            decode=False,
            disable_tqdm=True,
            callback=lambda step: progress("denoising", step["i"] + 1, schedule.steps),
            **schedule.options,
            **GUIDANCE,
        )
    for row, passage in enumerate(passages):
        if passage.held is not None:  # rk4 ends near it, the others on it
            made[row, :, : passage.held.shape[-1]] = passage.held
    return made


def _inputs(network: Network, passages: Sequence[Passage]) -> dict[str, Any]:
    """What the transformer is told of each row, and what to keep away from, if any row says so."""
    model = network.model
    told = [_known(network, passage, passage.prompt) for passage in passages]
    inputs = dict(model.get_conditioning_inputs(heard_together(network, told)))
    if any(passage.negative for passage in passages):
        avoided = [_known(network, passage, passage.negative) for passage in passages]
        heard = heard_together(network, avoided)
        inputs |= model.get_conditioning_inputs(heard, negative=True)
    return inputs


def _known(network: Network, passage: Passage, prompt: str) -> dict[str, Any]:
    (known,) = network.conditioning(prompt, passage.seconds_total, passage.seconds_start)
    return known


def _holding(predict: Any, passages: Sequence[Passage], network: Network) -> Any:
    """`predict`, with what is known of a row put in the place of what it predicts there.

    A prediction v stands for a sound: of a v model, cos·x - sin·v at the angle of t; of a flow,
    x - t·v. Where a row is held, the sound is known, and v follows from it.
    """
    if all(passage.held is None for passage in passages):
        return predict

    def held(x: Any, t: Any, **given: Any) -> Any:
        made = predict(x, t, **given)
        v = made[0] if isinstance(made, tuple) else made
        v = v.clone()
        for row, passage in enumerate(passages):
            if passage.held is not None:
                count = passage.held.shape[-1]
                sound = passage.held.to(x.device, x.dtype)
                v[row, :, :count] = _toward(sound, x[row, :, :count], t[row], network.objective)
        return (v, made[1]) if isinstance(made, tuple) else v

    return held


def _toward(sound: Any, x: Any, t: Any, objective: str) -> Any:
    """The v that predicts `sound` from x at time t."""
    if objective == "v":
        angle = t * (math.pi / 2)
        return (x * angle.cos() - sound) / angle.sin().clamp(min=1e-4)
    return (x - sound) / t.clamp(min=1e-4)
