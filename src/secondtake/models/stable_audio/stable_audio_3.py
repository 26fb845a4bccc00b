"""Stable Audio 3: takes of any length up to 120 s, by a network that was trained on all of them.

Unlike its forerunners it denoises as much as a take needs and no whole window: the asked seconds
and 6 s more, in which an ending may fade, masked so that nothing attends beyond them. Its text
encoder is T5Gemma; its autoencoder, SAME, is a transformer of 4096 frames a latent that draws a
little noise while it decodes (0.001 of the latents' spread, and 0.01 onto its own tokens).

stable-audio-tools does the work. Where it differs from Stability AI's own package for these
checkpoints, stable_audio_3, that one is followed: guidance is projected in float32, a negative
prompt's padding is nothing at all, and rk4 is not offered, which there returns the noise that it
was given. With the same seed both then make the same latents, and the same sound, to the bit.

Sound is (frames, channels) float32, latents are (1, channels, latents).
"""

import math
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.core.jobs import Job
from secondtake.models.inference.sampling import generator, normal
from secondtake.models.stable_audio.model import Known, Network, heard
from secondtake.models.stable_audio.noise import drawing_from

HEADROOM_SECONDS = 6.0  # denoised beyond the asked end, as stable_audio_3 does
SAMPLERS = ("pingpong", "euler", "dpmpp")
GUIDANCE = {"apg_scale": 1.0, "rescale_cfg": True, "batch_cfg": True}  # as it was published with
SMALLEST_NORM = 1e-8


def varies(network: Network) -> bool:
    """Whether a checkpoint is of this kind: only they take a mask of what to keep."""
    return bool(network.config["model"]["diffusion"].get("local_add_cond_ids"))


def latents_for(network: Network, seconds: float) -> int:
    """How many latents are denoised for so many seconds: whole chunks of the autoencoder's."""
    frames = int((seconds + HEADROOM_SECONDS) * network.sample_rate)
    coder = network.config["model"]["pretransform"]["config"]["encoder"]["config"]
    chunk = max(1, coder["chunk_size"] // coder["strides"][0])  # latents
    needed = math.ceil(frames / (network.frames_per_latent * chunk)) * chunk
    return min(needed, network.window // network.frames_per_latent)


def check(network: Network, job: Job) -> None:
    """ModelError unsupported, with what is possible, if the checkpoint cannot do the job."""
    sampler, seconds = job.settings["sampler"], network.window / network.sample_rate
    if sampler not in SAMPLERS:
        message = f"{job.checkpoint} cannot use the sampler {sampler!r} (its objective is "
        message += f"{network.objective})"
        raise ModelError("unsupported", message, f"use one of: {', '.join(SAMPLERS)}")
    if round(job.seconds * network.sample_rate) > network.window:
        message = f"{job.seconds:g} s is longer than what {job.checkpoint} makes in one take"
        message += ", and it continues none"
        hint = f"ask for at most {math.floor(seconds * 10) / 10:g} s"
        raise ModelError("unsupported", message, hint)


def details(network: Network, job: Job) -> dict[str, Any]:
    """What a record says of the length that was denoised, and of where the noise came from."""
    denoised = latents_for(network, job.seconds) * network.frames_per_latent
    seconds = round(denoised / network.sample_rate, 3)
    return {"window_seconds": seconds, "noise_drawn_on": "cpu"}


def play(network: Network, job: Job, progress: Progress, transformer: Any = None) -> Any:
    """A job's sound, (frames, channels) float32 as numpy: exactly round(seconds * rate) frames.

    `transformer`: the network's, or the same in another arithmetic.
    """
    chance = generator(job.seed % 2**32)
    latents = denoise(network, transformer or network.model.model, job, chance, progress)
    progress("decoding", 0, 0)
    return decode(network, latents, round(job.seconds * network.sample_rate), chance)


def denoise(network: Network, transformer: Any, job: Job, chance: Any, progress: Progress) -> Any:
    """Latents (1, channels, latents_for(seconds)), from noise that `chance` draws."""
    from stable_audio_tools.inference.sampling import sample_diffusion

    settings, model = job.settings, network.model
    count = latents_for(network, job.seconds)
    known = network.conditioning(job.prompt, job.seconds)[0]
    inputs = _heard(network, known, count)
    if settings["negative_prompt"] and settings["cfg_scale"] != 1.0:
        avoided = network.conditioning(settings["negative_prompt"], job.seconds)[0]
        inputs |= _avoided(network, avoided, count)
    transformer.model.apg_project = project
    progress("denoising", 0, settings["steps"])
    noise = normal((1, model.io_channels, count), chance, network.device)
    with drawing_from(chance):
        return sample_diffusion(
            model=transformer,
            noise=noise,
            cond_inputs=inputs,
            diffusion_objective=network.objective,
            steps=settings["steps"],
            cfg_scale=settings["cfg_scale"],
            sampler_type=settings["sampler"],
            conditioning=[known],  # from which the length of schedule and mask follows
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


def decode(network: Network, latents: Any, frames: int, chance: Any) -> Any:
    """The first `frames` of what the latents decode to, as numpy (frames, channels) float32.

    All latents are decoded, not the asked ones only, since their noise is drawn at one go: 6 s
    more, at 0.2 s of two CPU cores for each.
    """
    with drawing_from(chance):
        sound = network.model.pretransform.decode(latents)  # (1, channels, frames)
    return sound[0, :, :frames].float().cpu().numpy().T.copy()


def project(difference: Any, direction: Any, padding_mask: Any = None) -> tuple[Any, Any]:
    """The parts of `difference` along and across `direction`, (batch, channels, latents) each.

    In float32 on every device; stable-audio-tools' own asks for float64, which mps lacks. Where
    `padding_mask` (batch, latents) is false, nothing counts.
    """
    valid = 1.0 if padding_mask is None else padding_mask.unsqueeze(1).float()
    masked = direction.float() * valid
    unit = masked / masked.norm(dim=[-1, -2], keepdim=True).clamp(min=SMALLEST_NORM)
    along = (difference.float() * unit).sum(dim=[-1, -2], keepdim=True) * unit
    across = (difference.float() - along) * valid
    return along.to(difference.dtype), across.to(difference.dtype)


def _heard(network: Network, known: Known, count: int) -> dict[str, Any]:
    """What the transformer is told of a take. Nothing of it is there beforehand: no mask is set."""
    tensors = _tensors(network, known, count)
    return dict(network.model.get_conditioning_inputs(tensors))


def _avoided(network: Network, known: Known, count: int) -> dict[str, Any]:
    """The same of what to keep away from, with nothing where the prompt has ended."""
    tensors = _tensors(network, known, count)
    inputs = dict(network.model.get_conditioning_inputs(tensors, negative=True))
    words = inputs["negative_cross_attn_mask"].bool().unsqueeze(2)  # (1, tokens, 1)
    inputs["negative_cross_attn_cond"] = inputs["negative_cross_attn_cond"] * words
    return inputs


def _tensors(network: Network, known: Known, count: int) -> dict[str, Any]:
    return {**heard(network, known), **nothing_kept(network, 1, count)}


def nothing_kept(network: Network, rows: int, count: int) -> dict[str, Any]:
    """The mask of what is there beforehand, and what is: of so many latents in each row, none."""
    import torch

    channels, device = network.model.io_channels, network.device
    return {
        "inpaint_mask": [torch.zeros((rows, 1, count), device=device)],
        "inpaint_masked_input": [torch.zeros((rows, channels, count), device=device)],
    }
