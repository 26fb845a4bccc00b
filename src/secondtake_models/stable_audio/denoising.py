"""From noise to latents: stable-audio-tools' own samplers, on noise that is drawn on the CPU.

Rows are takes, or windows of takes, that have one schedule and one length. A row's noise comes
from its own generator, so it is what it is alone; what is computed of it may differ in the last
digit, as sums of another shape do. Alone and in float32, over the whole window, latents are those
of generate_diffusion_cond with the same seed, to the bit.
"""

import math
from collections.abc import Sequence
from typing import Any

from secondtake.making import Progress
from secondtake_models.noise import generator, normal
from secondtake_models.stable_audio.drawn import drawing_from
from secondtake_models.stable_audio.hearing import heard_together
from secondtake_models.stable_audio.network import Network
from secondtake_models.stable_audio.passage import Passage
from secondtake_models.stable_audio.schedules import Schedule

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
