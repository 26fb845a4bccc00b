"""Latents to sound: the asked frames, in pieces, so that no length needs much memory.

A latent's 2048 frames depend on 10 latents to either side of it, by the decoder's kernels: on no
more. So only the asked part of a window is decoded, with 10 latents after it, and it can be parted
anywhere: every piece is decoded with its 10 latents on either side and is what a decode of the
whole would be, to 2e-6 of the loudest sample: float32 sums in another order.

On a CPU every piece is computed by one thread, with secondtake.models.stable_audio.oobleck. Which
pieces there are depends on the length alone, so the sound is the same for any number of threads.
On other devices stable_audio_tools decodes the pieces; a decoder that is no Oobleck decodes all.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from secondtake.core.generate import Progress
from secondtake.models.stable_audio.model import Network
from secondtake.models.stable_audio.oobleck import Decoder, read_decoder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONTEXT = 10  # latents on either side of a latent that its sound depends on
# Latents in a piece, at most. On a CPU a short one costs little more: only the two slowest levels
# compute the context, cheaply. 24 need 120 MB for each thread. Elsewhere all levels compute it.
LONGEST_PIECE, LONGEST_ON_DEVICE = 24, 128

Piece = tuple[int, int]  # its first latent, the one after its last
_read: WeakKeyDictionary[Any, Decoder | None] = WeakKeyDictionary()  # upstream's module -> ours


def pieces_of(latents: int, longest: int) -> tuple[Piece, ...]:
    """0 to `latents` in pieces of nearly one length, at most `longest`.

    Several are an even number of them, so that two threads, or four, end together.
    """
    count = math.ceil(latents / longest)
    count += count % 2 if count > 1 else 0
    bounds = [round(place * latents / count) for place in range(count + 1)]
    return tuple(pairwise(bounds))


def decode(network: Network, latents: Any, frames: int, progress: Progress) -> NDArray[np.float32]:
    """The first `frames` of what latents (1, channels, latents) decode to: (frames, channels)."""
    import torch

    needed = math.ceil(frames / network.frames_per_latent)
    progress("decoding", 0, 0)
    with torch.inference_mode():
        sound = _sound(network, latents[:, :, : needed + CONTEXT], needed, progress)
    return sound[:, :frames].numpy().T.copy()


def decoding_details(network: Network) -> dict[str, Any]:
    """What a record says of how a take was decoded."""
    ours = decoder_of(network) is not None
    return {"decoded_by": "secondtake" if ours else "stable_audio_tools"}


def decoder_of(network: Network) -> Decoder | None:
    """Our decoder for a network, read once; None where upstream's is used."""
    module = _autoencoder(network).decoder
    if module not in _read:
        scale, bottleneck = network.model.pretransform.scale, _autoencoder(network).bottleneck
        plain = scale == 1.0 and type(bottleneck).__name__ == "VAEBottleneck"
        plain &= not _autoencoder(network).soft_clip and _autoencoder(network).pretransform is None
        _read[module] = read_decoder(module) if plain else None
    return _read[module]


def _autoencoder(network: Network) -> Any:
    return network.model.pretransform.model


def _sound(network: Network, latents: Any, needed: int, progress: Progress) -> Any:
    """(1, channels, latents) -> (sound channels, frames of `needed` latents), on the CPU."""
    import torch

    ours = decoder_of(network)
    if ours is not None:
        pieces, plain = pieces_of(needed, LONGEST_PIECE), latents[0].float().cpu().contiguous()
        made = _side_by_side(lambda piece: ours(plain, *piece), pieces, progress)
        return torch.cat(made, dim=1)
    if type(_autoencoder(network).decoder).__name__ != "OobleckDecoder":
        return network.model.pretransform.decode(latents)[0].float().cpu()
    made = []
    for start, stop in pieces_of(needed, LONGEST_ON_DEVICE):
        first = max(start - CONTEXT, 0)
        sound = network.model.pretransform.decode(latents[:, :, first : stop + CONTEXT])[0]
        begin, end = (place * network.frames_per_latent for place in (start - first, stop - first))
        made.append(sound[:, begin:end].float().cpu())
        progress("decoding", stop, needed)
    return torch.cat(made, dim=1)


def _side_by_side(
    decoded: Callable[[Piece], Any], pieces: tuple[Piece, ...], progress: Progress
) -> list[Any]:
    """What each piece decodes to, in order, computed by as many threads as PyTorch may use."""
    import torch

    def one(piece: Piece) -> Any:
        with torch.inference_mode():  # a thread's own setting
            return decoded(piece)

    made = []
    with _threads() as pool:
        for done, sound in enumerate(pool.map(one, pieces), 1):
            made.append(sound)
            progress("decoding", done, len(pieces))
    return made


@contextlib.contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Threads in which PyTorch uses one thread each; its own number is as before afterwards."""
    import torch

    allowed = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(allowed, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield pool
    finally:
        torch.set_num_threads(allowed)
