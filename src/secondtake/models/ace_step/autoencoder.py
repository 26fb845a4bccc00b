"""Latents to sound and back: diffusers' AutoencoderOobleck, in pieces and in bounded memory.

Of its weights the half that is needed is read. On CUDA diffusers' decoder computes the sound, else
our own does on the CPU (secondtake.models.inference.oobleck). Sound is encoded by diffusers'
encoder everywhere: that is done once for a source.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from secondtake.core.generate import Progress
from secondtake.models.ace_step.checkpoint import FRAMES_PER_LATENT
from secondtake.models.ace_step.model import AceStepModel, load_vae_half
from secondtake.models.inference.oobleck import Oobleck
from secondtake.models.inference.oobleck_layers import load_decoder
from secondtake.models.inference.oobleck_pieces import (
    CONTEXT,
    decode_by,
    decode_on_cpu,
    split_pieces,
)

if TYPE_CHECKING:
    import numpy as np
    from torch import Generator, Tensor

# Latents on either side that a latent depends on when it is encoded: 14,4xx frames, by the
# encoder's kernels and strides (2, 4, 4, 6, 10).
ENCODER_CONTEXT = 8
MAX_ENCODED = 100  # latents in a piece, at most: 4 s of sound, some 600 MB
CUDA_BYTES = 3 << 29  # a half of the autoencoder, and what it computes a piece in on CUDA
SMALLEST_DEVIATION = 1e-4  # of the latents' distribution


def decode(model: AceStepModel, latents: Tensor, frames: int, progress: Progress) -> np.ndarray:
    """The first `frames` that latents (1, channels, n) decode to: (frames, 2) float32, as loud as
    they come. Peaks may be above 1."""
    import torch

    needed = math.ceil(frames / FRAMES_PER_LATENT)
    wanted = latents[:, :, : needed + CONTEXT]
    progress("decoding", 0, 0)
    with torch.no_grad():
        if (ours := _decoder(model)) is not None:
            sound = decode_on_cpu(ours, wanted[0], needed, progress)
        else:
            _make_room(model)
            decoder, wanted = model.vae_half("decoder"), wanted.to(model.sound_device)
            sound = decode_by(decoder, wanted, needed, FRAMES_PER_LATENT, progress)
    samples: np.ndarray = sound[:, :frames].numpy().T.copy()
    return samples


def _decoder(model: AceStepModel) -> Oobleck | None:
    """Our decoder, loaded once; None on CUDA, and where it is no plain one."""
    if model.sound_device != "cpu":
        return None
    return model.loaded.get("decoder", lambda: load_decoder(load_vae_half(model, "decoder")))


def decoding_bytes(model: AceStepModel) -> int:
    """The graphics memory that decoding or encoding takes: 0 where the CPU does it."""
    return 0 if model.sound_device == "cpu" else CUDA_BYTES


def _make_room(model: AceStepModel) -> None:
    """Where a card is nearly full, the transformer leaves it. ModelError memory if that is all."""
    if needed := decoding_bytes(model):
        model.make_room(needed)


def encode(model: AceStepModel, samples: np.ndarray, generator: Generator) -> Tensor:
    """Sound (frames, 2) float32 at 48 kHz -> latents (1, ceil(frames / 1920), channels) float32.

    They are drawn from the distribution that the sound is encoded to, with noise from `generator`,
    which is on the CPU. An incomplete latent at the end is filled with silence.
    """
    import torch

    count = math.ceil(len(samples) / FRAMES_PER_LATENT)
    sound = torch.zeros(1, samples.shape[1], count * FRAMES_PER_LATENT)
    sound[0, :, : len(samples)] = torch.from_numpy(samples).T
    _make_room(model)
    encoder = model.vae_half("encoder")
    encoded = []
    with torch.no_grad():
        for start, stop in split_pieces(count, MAX_ENCODED):
            first = max(start - ENCODER_CONTEXT, 0)
            begin, end = (at * FRAMES_PER_LATENT for at in (first, stop + ENCODER_CONTEXT))
            piece = encoder(sound[:, :, begin:end].to(model.sound_device))
            encoded.append(piece[:, :, start - first : stop - first])
        mean, deviation = torch.cat(encoded, dim=2).chunk(2, dim=1)
        deviation = torch.nn.functional.softplus(deviation) + SMALLEST_DEVIATION
        noise = torch.randn(mean.shape, generator=generator).to(mean.device)
        return (mean + deviation * noise).transpose(1, 2).contiguous()
