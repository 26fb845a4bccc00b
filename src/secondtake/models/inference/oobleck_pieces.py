"""Oobleck latents to sound in pieces, so that no length needs much memory.

A latent's sound depends on 10 latents to either side, by the decoder's kernels. A piece with these
equals a decode of the whole to 2e-6 of the loudest sample: float32 sums in another order. On a CPU
a thread computes each piece, with our oobleck. The pieces depend on the length alone, so the sound
is the same for any number of threads. On other devices upstream's decoder computes them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

from secondtake.core.generate import Progress
from secondtake.models.inference.oobleck import Oobleck

if TYPE_CHECKING:
    from torch import Tensor

# Latents on either side that a latent's sound depends on: 10 where one has 2048 frames (strides of
# 8, 8, 4, 4, 2), 9 where it has 1920 (10, 6, 4, 4, 2).
CONTEXT = 10
# Latents in a piece, at most. On a CPU a short one costs little more: only the two slowest levels
# compute the context, cheaply. 24 need 120 MB for each thread. Elsewhere all levels compute it.
MAX_PIECE, MAX_PIECE_ON_DEVICE = 24, 128

Piece = tuple[int, int]  # its first latent, the one after its last


def split_pieces(latents: int, longest: int) -> tuple[Piece, ...]:
    """0 to `latents` in pieces of nearly one length, at most `longest`.

    Several are an even number of them, so that two threads, or four, end together.
    """
    count = math.ceil(latents / longest)
    count += count % 2 if count > 1 else 0
    bounds = [round(number * latents / count) for number in range(count + 1)]
    return tuple(pairwise(bounds))


def decode_on_cpu(decoder: Oobleck, latents: Tensor, needed: int, progress: Progress) -> Tensor:
    """(channels, latents) -> (sound channels, frames of `needed` latents), float32 on the CPU.

    As many pieces are decoded at once as PyTorch may use threads.
    """
    import torch

    rows, pieces = latents.float().cpu().T.contiguous(), split_pieces(needed, MAX_PIECE)

    def decode_piece(piece: Piece) -> Tensor:
        with torch.inference_mode():  # a thread's own setting
            return decoder(rows, *piece)

    decoded, allowed = [], torch.get_num_threads()
    try:
        # Each of the pool's threads computes with one thread.
        with ThreadPoolExecutor(allowed, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for done, sound in enumerate(pool.map(decode_piece, pieces), 1):
                decoded.append(sound)
                progress("decoding", done, len(pieces))
    finally:
        torch.set_num_threads(allowed)
    return torch.cat(decoded).T


def decode_by(
    upstream: Callable[[Tensor], Tensor],
    latents: Tensor,
    needed: int,
    frames_per_latent: int,
    progress: Progress,
) -> Tensor:
    """The same by upstream's decoder, (1, channels, latents) -> (1, sound channels, frames)."""
    import torch

    decoded = []
    for start, stop in split_pieces(needed, MAX_PIECE_ON_DEVICE):
        first = max(start - CONTEXT, 0)
        sound = upstream(latents[:, :, first : stop + CONTEXT])[0]
        begin, end = ((at - first) * frames_per_latent for at in (start, stop))
        decoded.append(sound[:, begin:end].float().cpu())
        progress("decoding", stop, needed)
    return torch.cat(decoded, dim=1)
