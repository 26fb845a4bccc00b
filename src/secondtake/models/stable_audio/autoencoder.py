"""Latents to sound: the asked frames, in pieces, so that no length needs much memory.

A latent's 2048 frames depend on 10 latents to either side, by the decoder's kernels. A piece with
these equals a decode of the whole to 2e-6 of the loudest sample: float32 sums in another order.
On a CPU a thread computes each piece, with our oobleck. The pieces depend on the length alone, so
the sound is the same for any number of threads. On other devices stable_audio_tools decodes the
pieces; a decoder that is no Oobleck decodes all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from secondtake.core.generate import Progress
from secondtake.models.stable_audio.model import StableAudioModel
from secondtake.models.stable_audio.oobleck import Oobleck, load_decoder

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor
    from torch.nn import Module

CONTEXT = 10  # latents on either side that a latent's sound depends on
# Latents in a piece, at most. On a CPU a short one costs little more: only the two slowest levels
# compute the context, cheaply. 24 need 120 MB for each thread. Elsewhere all levels compute it.
MAX_PIECE, MAX_PIECE_ON_DEVICE = 24, 128

Piece = tuple[int, int]  # its first latent, the one after its last
_decoders: WeakKeyDictionary[Module, Oobleck | None] = WeakKeyDictionary()  # upstream's -> ours


def split_pieces(latents: int, longest: int) -> tuple[Piece, ...]:
    """0 to `latents` in pieces of nearly one length, at most `longest`.

    Several are an even number of them, so that two threads, or four, end together.
    """
    count = math.ceil(latents / longest)
    count += count % 2 if count > 1 else 0
    bounds = [round(number * latents / count) for number in range(count + 1)]
    return tuple(pairwise(bounds))


def decode(
    network: StableAudioModel, latents: Tensor, frames: int, progress: Progress
) -> np.ndarray:
    """The first `frames` that latents (1, channels, latents) decode to: (frames, channels)."""
    import torch

    needed = math.ceil(frames / network.frames_per_latent)
    progress("decoding", 0, 0)
    with torch.inference_mode():
        sound = _decode(network, latents[:, :, : needed + CONTEXT], needed, progress)
    samples: np.ndarray = sound[:, :frames].numpy().T.copy()
    return samples


def loaded_decoder(network: StableAudioModel) -> Oobleck | None:
    """Our decoder for a network, loaded once; None where upstream's is used."""
    scale, autoencoder = network.model.pretransform.scale, network.model.pretransform.model
    module = autoencoder.decoder
    if module not in _decoders:
        is_plain = scale == 1.0 and type(autoencoder.bottleneck).__name__ == "VAEBottleneck"
        is_plain &= not autoencoder.soft_clip and autoencoder.pretransform is None
        _decoders[module] = load_decoder(module) if is_plain else None
    return _decoders[module]


def _decode(network: StableAudioModel, latents: Tensor, needed: int, progress: Progress) -> Tensor:
    """(1, channels, latents) -> (sound channels, frames of `needed` latents), on the CPU."""
    import torch

    ours = loaded_decoder(network)
    if ours is not None:
        pieces, on_cpu = split_pieces(needed, MAX_PIECE), latents[0].float().cpu().contiguous()
        decoded = _decode_parallel(lambda piece: ours(on_cpu, *piece), pieces, progress)
        return torch.cat(decoded, dim=1)
    pretransform, decoded = network.model.pretransform, []
    if type(pretransform.model.decoder).__name__ != "OobleckDecoder":
        return pretransform.decode(latents)[0].float().cpu()
    for start, stop in split_pieces(needed, MAX_PIECE_ON_DEVICE):
        first = max(start - CONTEXT, 0)
        sound = pretransform.decode(latents[:, :, first : stop + CONTEXT])[0]
        begin, end = ((at - first) * network.frames_per_latent for at in (start, stop))
        decoded.append(sound[:, begin:end].float().cpu())
        progress("decoding", stop, needed)
    return torch.cat(decoded, dim=1)


def _decode_parallel(
    decode_piece: Callable[[Piece], Tensor], pieces: tuple[Piece, ...], progress: Progress
) -> list[Tensor]:
    """The sound of each piece, in order, decoded by as many threads as PyTorch may use."""
    import torch

    def decode_in_thread(piece: Piece) -> Tensor:
        with torch.inference_mode():  # a thread's own setting
            return decode_piece(piece)

    decoded, allowed = [], torch.get_num_threads()
    try:
        # Each of the pool's threads computes with one thread.
        with ThreadPoolExecutor(allowed, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for done, sound in enumerate(pool.map(decode_in_thread, pieces), 1):
                decoded.append(sound)
                progress("decoding", done, len(pieces))
    finally:
        torch.set_num_threads(allowed)
    return decoded
