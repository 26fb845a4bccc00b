"""From noise to latents: stable-audio-tools' own samplers, on noise that is drawn on the CPU.

Rows are takes, or windows of takes, of one schedule and one length. Each has its own generator; in
a batch its latents may differ in the last digit. Alone and in float32, over the whole window, they
are those of generate_diffusion_cond with the same seed, to the bit.

Samplers that add noise ask a tree of Brownian motion (torchsde) for its increment between two noise
levels. The tree rounds levels to six digits, and halves an interval until it is short enough: one
of no length for ever. So no two levels may be that near to each other, which is checked first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.models.inference.sampling import seeded_generator, seeded_noise
from secondtake.models.stable_audio.model import StableAudioModel, WindowRequest, encode_batch
from secondtake.models.stable_audio.noise import seeded_randomness

if TYPE_CHECKING:
    from torch import Tensor

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
TREE_DIGITS = 6  # of a noise level that a tree tells apart
DiT = Callable[..., Any]  # (x, t, …) -> v, or v and more
HINT = "raise --sigma-max, lower --sigma-min, or take fewer --steps"


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

    def levels(self, shift: Any, latents: int) -> list[float]:
        """stable-audio-tools' levels, steps + 1 of them. shift: the checkpoint's own, or None."""
        from stable_audio_tools.inference import k_diffusion
        from stable_audio_tools.inference.sampling import build_schedule

        if self.sampler in SIGMA_SAMPLERS:
            get_sigmas = k_diffusion.sampling.get_sigmas_polyexponential
            return list(get_sigmas(self.steps, self.sigma_min, self.sigma_max).tolist())
        if self.sampler.startswith("v-"):
            return [*build_schedule(self.steps, include_endpoint=False).tolist(), 0.0]
        times = build_schedule(self.steps, dist_shift=shift, fallback_seq_len=latents)
        return list(times.tolist())


def check(schedule: Schedule, levels: Sequence[float]) -> None:
    """ModelError unsupported, with the options, if a sampler cannot go through the levels."""
    if schedule.sampler in TREE_SAMPLERS and schedule.steps < 2:
        message = f"{schedule.sampler} needs two steps"
        raise ModelError("unsupported", message, "use --steps 2 or more")
    options = f"{schedule.sampler}, steps {schedule.steps}"
    options += "".join(f", {name} {value:g}" for name, value in schedule.options.items())
    if not all(math.isfinite(level) for level in levels):
        raise ModelError("unsupported", f"noise levels that are no numbers ({options})", HINT)
    if levels[-1] != 0 or any(level <= lower for level, lower in pairwise(levels)):
        raise ModelError("unsupported", f"noise levels that do not fall to 0 ({options})", HINT)
    if schedule.sampler in TREE_SAMPLERS:
        noisy = levels[:-1]  # the last step adds no noise
        check_tree(pairwise(noisy), min(noisy), max(noisy), options)


def check_tree(
    intervals: Iterable[tuple[float, float]], low: float, high: float, options: str
) -> None:
    """ModelError unsupported if a tree from `low` to `high` would halve an interval for ever."""
    for upper, lower in intervals:
        start, end = (round(min(max(level, low), high), TREE_DIGITS) for level in (lower, upper))
        if not start < end:
            message = f"no noise between the levels {upper:.9g} and {lower:.9g} ({options})"
            raise ModelError("unsupported", message, HINT)


# Guidance as the checkpoints were published with. Adaptive projection, upstream's newer default,
# computes in float64, which mps does not have: with it, devices would not agree.
GUIDANCE = {"apg_scale": 0.0, "rescale_cfg": True, "batch_cfg": True}


def denoise(
    network: StableAudioModel,
    dit: DiT,
    requests: Sequence[WindowRequest],
    schedule: Schedule,
    cfg_scale: float,
    progress: Progress,
) -> Tensor:
    """Latents (rows, channels, latents) of requests that have one length.

    dit: the network in a precision (quantized.quantized_dit). All requests have a negative prompt,
    or none has: without one, guidance leads away from nothing rather than from "".
    """
    import torch
    from stable_audio_tools.inference.sampling import sample_diffusion

    generators = [seeded_generator(request.seed % 2**32) for request in requests]
    shape = (1, network.model.io_channels, requests[0].latents)
    noise = torch.cat([seeded_noise(shape, each, network.device) for each in generators])
    progress("denoising", 0, schedule.steps)
    with torch.no_grad(), seeded_randomness(*generators):
        latents = sample_diffusion(
            model=_inpaint_prefix(dit, requests, network),
            noise=noise,
            cond_inputs=_conditioning_inputs(network, requests),
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
    for row, request in enumerate(requests):
        if request.prefix_latents is not None:  # rk4 ends near it, the others on it
            latents[row, :, : request.prefix_latents.shape[-1]] = request.prefix_latents
    return latents


def _conditioning_inputs(
    network: StableAudioModel, requests: Sequence[WindowRequest]
) -> dict[str, Any]:
    """The transformer's inputs by row; with negative ones if any row has a negative prompt."""
    get_inputs = network.model.get_conditioning_inputs
    spans = [(request.seconds_total, request.seconds_start) for request in requests]

    def encode(prompts: Sequence[str]) -> dict[str, Any]:
        named = zip(prompts, spans, strict=True)
        return encode_batch(network, [network.conditioning(text, *span)[0] for text, span in named])

    inputs = dict(get_inputs(encode([request.prompt for request in requests])))
    negative_prompts = [request.negative_prompt for request in requests]
    if any(negative_prompts):
        inputs |= get_inputs(encode(negative_prompts), negative=True)
    return inputs


def _inpaint_prefix(dit: DiT, requests: Sequence[WindowRequest], network: StableAudioModel) -> DiT:
    """`dit`, with its prediction of a row's prefix replaced by the one that leads to the prefix."""
    if all(request.prefix_latents is None for request in requests):
        return dit

    def inpaint(x: Tensor, t: Tensor, **inputs: Any) -> Any:
        prediction = dit(x, t, **inputs)
        v = prediction[0] if isinstance(prediction, tuple) else prediction
        v = v.clone()
        for row, request in enumerate(requests):
            if request.prefix_latents is not None:
                target = request.prefix_latents.to(x.device, x.dtype)
                count = target.shape[-1]
                noisy = x[row, :, :count]
                v[row, :, :count] = _v_for_target(target, noisy, t[row], network.objective)
        return (v, prediction[1]) if isinstance(prediction, tuple) else v

    return inpaint


def _v_for_target(target: Tensor, x: Tensor, t: Tensor, objective: str) -> Tensor:
    """The v that predicts the latents `target` from x at time t.

    They are cos·x - sin·v at the angle of t in a v model, x - t·v in a flow.
    """
    if objective == "v":
        angle = t * (math.pi / 2)
        return (x * angle.cos() - target) / angle.sin().clamp(min=1e-4)
    return (x - target) / t.clamp(min=1e-4)
