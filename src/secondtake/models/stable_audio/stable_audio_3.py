"""Stable Audio 3: takes of any length up to 120 s, or 380, by networks trained on all of them.

Unlike its forerunners it denoises as much as a take needs and no whole window: the asked seconds
and 6 s more, in which an ending may fade, masked so that nothing attends beyond them. Its text
encoder is T5Gemma; its autoencoder, SAME, is a transformer of 4096 frames a latent that draws a
little noise while it decodes (0.001 of the latents' spread, and 0.01 onto its own tokens).
Small Music's autoencoder attends within chunks; Medium's, larger, within a sliding window.

stable-audio-tools does the work. Where it differs from Stability AI's own package for these
checkpoints, stable_audio_3, that one is followed: latents come in pairs, guidance is projected in
float32, a negative prompt's padding is zero, and rk4 is not offered, which there returns the noise
that it was given.
With the same seed both then make the same latents, and the same sound, to the bit.

Sound is (frames, channels) float32, latents are (1, channels, latents).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from secondtake.core.generate import Progress
from secondtake.core.jobs import Job
from secondtake.models.inference.denoising import check_finite
from secondtake.models.inference.quantization import FLOAT32, Precision
from secondtake.models.inference.sampling import seeded_generator, seeded_noise
from secondtake.models.stable_audio.autoencoder import pretransform_with_room
from secondtake.models.stable_audio.model import StableAudioModel, encode_conditioning
from secondtake.models.stable_audio.noise import seeded_randomness
from secondtake.models.stable_audio.quantized import quantized_dit
from secondtake.models.stable_audio.samplers import GUIDED_LEVELS

if TYPE_CHECKING:
    import numpy as np
    from torch import Generator, Tensor
    from torch.nn import Module

    from secondtake.models.stable_audio.model import ConditioningInputs

HEADROOM_SECONDS = 6.0  # denoised beyond the asked end, as stable_audio_3 does
GUIDANCE = {  # as it was published with
    "apg_scale": 1.0,
    "rescale_cfg": True,
    "batch_cfg": True,
    "cfg_interval": GUIDED_LEVELS,
}
MIN_NORM = 1e-8
CHUNK = 32  # patches, where the configuration says nothing
PIECE, OVERLAP = 128, 32  # latents that are decoded at once, and that two pieces share


def is_stable_audio_3(network: StableAudioModel) -> bool:
    """True for a checkpoint of this kind: only they have an inpaint mask."""
    return bool(network.config["model"]["diffusion"].get("local_add_cond_ids"))


def latents_for(network: StableAudioModel, seconds: float) -> int:
    """The latents that are denoised for so many seconds: whole chunks of the autoencoder's, or
    pairs, as stable_audio_3 counts them, where it has a sliding window and no chunks."""
    frames = int((seconds + HEADROOM_SECONDS) * network.sample_rate)
    encoder = network.config["model"]["pretransform"]["config"]["encoder"]["config"]
    chunk = max(1, int(encoder.get("chunk_size") or CHUNK) // int(encoder["strides"][0]))  # latents
    needed = math.ceil(frames / (network.frames_per_latent * chunk)) * chunk
    return min(needed, network.window // network.frames_per_latent)


def details(network: StableAudioModel, job: Job) -> dict[str, Any]:
    """The record's entries about the length that was denoised and the origin of the noise."""
    frames = latents_for(network, job.seconds) * network.frames_per_latent
    seconds = round(frames / network.sample_rate, 3)
    return {"window_seconds": seconds, "noise_drawn_on": "cpu"}


def generate(
    network: StableAudioModel, job: Job, progress: Progress, precision: Precision = FLOAT32
) -> np.ndarray:
    """round(seconds * rate) frames of a job. ModelError unsupported if the precision overflows."""
    generator = seeded_generator(job.seed % 2**32)
    dit = quantized_dit(network, precision)
    latents = denoise(network, dit, job, generator, progress)
    del dit  # it may have to make room
    check_finite(latents, precision)
    frames = round(job.seconds * network.sample_rate)
    return decode(network, latents, frames, generator, progress)


def denoise(
    network: StableAudioModel, dit: Module, job: Job, generator: Generator, progress: Progress
) -> Tensor:
    """Latents (1, channels, latents_for(seconds)), from the generator's noise."""
    from stable_audio_tools.inference.sampling import sample_diffusion

    settings, model = job.settings, network.model
    count = latents_for(network, job.seconds)
    (row,) = network.conditioning(job.prompt, job.seconds)
    inputs = _conditioning(network, row, count)
    if settings["negative_prompt"] and settings["cfg_scale"] != 1.0:
        (negative_row,) = network.conditioning(settings["negative_prompt"], job.seconds)
        negative = _conditioning(network, negative_row, count, negative=True)
        mask = negative["negative_cross_attn_mask"].bool().unsqueeze(2)  # (1, tokens, 1)
        negative["negative_cross_attn_cond"] = negative["negative_cross_attn_cond"] * mask
        inputs |= negative
    dit.model.apg_project = project_guidance
    progress("denoising", 0, settings["steps"])
    noise = seeded_noise((1, model.io_channels, count), generator, network.device)
    with seeded_randomness(generator):
        return sample_diffusion(
            model=dit,
            noise=noise,
            cond_inputs=inputs,
            diffusion_objective=network.objective,
            steps=settings["steps"],
            cfg_scale=settings["cfg_scale"],
            sampler_type=settings["sampler"],
            conditioning=[row],  # from which the length of schedule and mask follows
            sample_rate=network.sample_rate,
            pretransform=model.pretransform,
            mask_padding_attention=True,
            use_effective_length_for_schedule=True,
            headroom_seconds=HEADROOM_SECONDS,
            dist_shift=model.sampling_dist_shift,
            decode=False,
            disable_tqdm=True,
            callback=lambda step: progress("denoising", step["i"] + 1, settings["steps"]),
            **GUIDANCE,
        )


def decode(
    network: StableAudioModel,
    latents: Tensor,
    frames: int,
    generator: Generator,
    progress: Progress,
) -> np.ndarray:
    """The first `frames` of the sound. All latents are decoded, since a piece's noise is drawn at
    one go: 6 s more. stable-audio-tools decodes them in pieces, if a checkpoint says so."""
    pretransform = pretransform_with_room(network)
    latents = latents.to(next(pretransform.parameters()).device)
    pieces = piece_count(latents.shape[-1]) if pretransform.chunked else 1
    done = 0

    def report(*_: Any) -> None:
        nonlocal done
        done += 1
        if pieces > 1:
            progress("decoding", done, pieces)

    progress("decoding", 0, pieces if pieces > 1 else 0)
    hook = pretransform.model.decoder.register_forward_hook(report)
    try:
        with seeded_randomness(generator):
            sound = pretransform.decode(latents)  # (1, channels, frames)
    finally:
        hook.remove()
    samples: np.ndarray = sound[0, :, :frames].float().cpu().numpy().T.copy()
    return samples


def piece_count(latents: int) -> int:
    """The pieces in which stable-audio-tools decodes so many latents, of PIECE each."""
    return max(0, math.ceil((latents - PIECE) / (PIECE - OVERLAP))) + 1


def project_guidance(
    difference: Tensor, direction: Tensor, padding_mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The parts of `difference` along and across `direction`, (batch, channels, latents) each.

    In float32 on every device; stable-audio-tools' own asks for float64, which mps lacks. Where
    `padding_mask` (batch, latents) is false, nothing counts.
    """
    valid = 1.0 if padding_mask is None else padding_mask.unsqueeze(1).float()
    masked = direction.float() * valid
    unit = masked / masked.norm(dim=[-1, -2], keepdim=True).clamp(min=MIN_NORM)
    along = (difference.float() * unit).sum(dim=[-1, -2], keepdim=True) * unit
    across = (difference.float() - along) * valid
    return along.to(difference.dtype), across.to(difference.dtype)


def _conditioning(
    network: StableAudioModel, row: ConditioningInputs, count: int, *, negative: bool = False
) -> dict[str, Any]:
    """The transformer's inputs for a take. The whole take is new: the inpaint mask is empty."""
    tensors = {**encode_conditioning(network, row), **empty_inpaint_mask(network, 1, count)}
    return dict(network.model.get_conditioning_inputs(tensors, negative=negative))


def empty_inpaint_mask(network: StableAudioModel, rows: int, count: int) -> dict[str, Any]:
    """An inpaint mask that keeps none of so many latents, and its empty input."""
    import torch

    channels, device = network.model.io_channels, network.device
    return {
        "inpaint_mask": [torch.zeros((rows, 1, count), device=device)],
        "inpaint_masked_input": [torch.zeros((rows, channels, count), device=device)],
    }
