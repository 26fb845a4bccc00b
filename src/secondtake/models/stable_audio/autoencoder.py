"""Latents to sound: the asked frames, by our Oobleck decoder on the CPU, by upstream's on CUDA.

Both decode in pieces (secondtake.models.inference.oobleck_pieces); a decoder that is no Oobleck
decodes all at once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from secondtake.core.generate import Progress
from secondtake.models.inference.graphics_memory import tensor_bytes
from secondtake.models.inference.oobleck import Oobleck
from secondtake.models.inference.oobleck_layers import load_decoder
from secondtake.models.inference.oobleck_pieces import CONTEXT, decode_by, decode_on_cpu
from secondtake.models.stable_audio.model import StableAudioModel

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor
    from torch.nn import Module

DECODING_BYTES = 1 << 30  # what CUDA decodes a piece in: 0.8 GiB of Oobleck, as reckoned

_decoders: WeakKeyDictionary[Module, Oobleck | None] = WeakKeyDictionary()  # upstream's -> ours


def decode(
    network: StableAudioModel, latents: Tensor, frames: int, progress: Progress
) -> np.ndarray:
    """The first `frames` that latents (1, channels, latents) decode to: (frames, channels)."""
    import torch

    needed = math.ceil(frames / network.frames_per_latent)
    progress("decoding", 0, 0)
    with torch.no_grad():
        sound = _decode(network, latents[:, :, : needed + CONTEXT], needed, progress)
    samples: np.ndarray = sound[:, :frames].numpy().T.copy()
    return samples


def loaded_decoder(network: StableAudioModel) -> Oobleck | None:
    """Our decoder for a network, loaded once; None where upstream's is used."""
    if network.device.startswith("cuda"):
        return None
    scale, autoencoder = network.model.pretransform.scale, network.model.pretransform.model
    module = autoencoder.decoder
    if module not in _decoders:
        is_plain = scale == 1.0 and type(autoencoder.bottleneck).__name__ == "VAEBottleneck"
        is_plain &= not autoencoder.soft_clip and autoencoder.pretransform is None
        _decoders[module] = load_decoder(module) if is_plain else None
    return _decoders[module]


def pretransform_with_room(network: StableAudioModel) -> Any:
    """The network's autoencoder, and room on its device for what it computes.

    Where a card is nearly full, the transformer leaves it. ModelError memory if that is not enough.
    """
    if needed := decoding_bytes(network):
        network.make_room(needed)
    return network.pretransform


def decoding_bytes(network: StableAudioModel) -> int:
    """The graphics memory that decoding takes: 0 where the CPU does it."""
    if not network.device.startswith("cuda"):
        return 0
    return DECODING_BYTES + tensor_bytes(network.model.pretransform.state_dict().values())


def _decode(network: StableAudioModel, latents: Tensor, needed: int, progress: Progress) -> Tensor:
    """(1, channels, latents) -> (sound channels, frames of `needed` latents), on the CPU."""
    if (ours := loaded_decoder(network)) is not None:
        return decode_on_cpu(ours, latents[0], needed, progress)
    pretransform = pretransform_with_room(network)
    latents = latents.to(next(pretransform.parameters()).device)
    if type(pretransform.model.decoder).__name__ != "OobleckDecoder":
        sound: Tensor = pretransform.decode(latents)[0].float().cpu()
        return sound
    return decode_by(pretransform.decode, latents, needed, network.frames_per_latent, progress)
