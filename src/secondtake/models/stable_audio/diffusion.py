"""From noise to latents: stable-audio-tools' own samplers, on noise that is drawn on the CPU.

Rows are takes, or windows of takes, of one schedule and one length. Each has its own generator; in
a batch its latents may differ in the last digit. Alone, in float32 and with a Brownian tree, over
the whole window, they are those of generate_diffusion_cond with the same seed, to the bit.

A sampler that cannot go through its schedule was refused before (secondtake.core.schedules).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from secondtake.core.generate import Progress
from secondtake.core.schedules import Schedule
from secondtake.models.inference.sampling import seeded_generator, seeded_noise
from secondtake.models.stable_audio.model import StableAudioModel, WindowRequest, encode_batch
from secondtake.models.stable_audio.noise import seeded_randomness
from secondtake.models.stable_audio.samplers import GUIDED_LEVELS, samplers_without_waits

if TYPE_CHECKING:
    from torch import Tensor

DiT = Callable[..., Any]  # (x, t, …) -> v, or v and more
# Guidance as the checkpoints were published with. Adaptive projection, upstream's newer default,
# computes in float64, which mps does not have: with it, devices would not agree.
GUIDANCE = {
    "apg_scale": 0.0,
    "rescale_cfg": True,
    "batch_cfg": True,
    "cfg_interval": GUIDED_LEVELS,
}


def denoise(
    network: StableAudioModel,
    dit: DiT,
    requests: Sequence[WindowRequest],
    schedule: Schedule,
    cfg_scale: float,
    progress: Progress,
    *,
    tree: bool = True,
) -> Tensor:
    """Latents (rows, channels, latents) of requests that have one length.

    dit: the network in a precision (quantized.quantized_dit). tree: see samplers_without_waits. All
    requests have a negative prompt, or none has: without one, guidance leads away from nothing
    rather than from "".
    """
    import torch
    from stable_audio_tools.inference.sampling import sample_diffusion

    generators = [seeded_generator(request.seed % 2**32) for request in requests]
    shape = (1, network.model.io_channels, requests[0].latents)
    noise = torch.cat([seeded_noise(shape, each, network.device) for each in generators])
    progress("denoising", 0, schedule.steps)
    randomness = seeded_randomness(*generators)
    with torch.no_grad(), samplers_without_waits(tree=tree), randomness:
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
