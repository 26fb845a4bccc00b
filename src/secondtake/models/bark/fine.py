"""Coarse tokens to fine ones: EnCodec's other six codebooks, each over windows of 1024 frames.

A window is limited by arithmetic, not by reading weights, so takes go one by one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from secondtake.core.generate import Progress
from secondtake.models.bark.constants import (
    CODEBOOK_SIZE,
    FINE_HOP,
    FINE_TEMPERATURE,
    FINE_WINDOW,
    N_COARSE_CODEBOOKS,
    N_FINE_CODEBOOKS,
)
from secondtake.models.bark.window import WindowState
from secondtake.models.inference.sampling import sample_rows, softmax_with_temperature
from secondtake.models.inference.transformer import TransformerWeights, attend

if TYPE_CHECKING:
    from torch import Tensor

PAD_TOKEN = CODEBOOK_SIZE


def generate_fine(
    weights: TransformerWeights, states: Sequence[WindowState], progress: Progress
) -> None:
    """Fill in `fine` of all windows, one after the other."""
    fine_windows = [_fine_windows(state) for state in states]
    total = sum(map(len, fine_windows)) * (N_FINE_CODEBOOKS - N_COARSE_CODEBOOKS)
    done = 0
    for state, starts in zip(states, fine_windows, strict=True):
        frames = _frames(state)  # (time, N_FINE_CODEBOOKS)
        for start, fill in starts:
            window = frames[start : start + FINE_WINDOW]
            for codebook in range(N_COARSE_CODEBOOKS, N_FINE_CODEBOOKS):
                logits = fine_logits(weights, window, codebook, fill - start)
                probs = softmax_with_temperature(logits, FINE_TEMPERATURE)
                window[fill - start :, codebook] = sample_rows(probs, state.generator).cpu()
                done += 1
                progress("fine passes", done, total)
        past = _history_frames(state)
        state.fine = frames[past : past + state.coarse.shape[1]].T.numpy().copy()


def fine_logits(weights: TransformerWeights, window: Tensor, codebook: int, start: int) -> Tensor:
    """Logits of one codebook's tokens from frame `start` on: (frames, CODEBOOK_SIZE).

    window: (FINE_WINDOW, N_FINE_CODEBOOKS) int64; the codebooks up to this one are read.
    """
    window = window.to(weights.device)
    tables = weights.token_embeddings[: codebook + 1]
    x = reduce(add, (table[window[:, n]] for n, table in enumerate(tables)))
    x = (x + weights.position_embeddings[: len(window)]).to(weights.dtype)
    x = hidden_states(weights, x, start, causal=False)
    return weights.lm_heads[codebook - 1](x).float()


def hidden_states(
    weights: TransformerWeights, x: Tensor, start: int = 0, *, causal: bool
) -> Tensor:
    """A whole window through all layers: (time, width), positions added -> normed, from `start` on.

    start: 0 if causal.
    """
    for layer in weights.layers:
        qkv = layer.qkv_proj(layer.ln_1(x))
        q, k, v = qkv.view(len(x), 3, weights.n_head, -1).unbind(1)
        if layer is weights.layers[-1]:  # nothing before `start` is used
            q, x = q[start:], x[start:]
        x = layer.finish(x, attend(q, k, v, causal=causal))
    return weights.final_norm(x)


def _history_frames(state: WindowState) -> int:
    """The number of the history prompt's frames before the window's own."""
    history = state.history_prompt
    return min(history["fine_prompt"].shape[1], FINE_HOP) if history else 0


def _frames(state: WindowState) -> Tensor:
    """History, coarse tokens with the fine ones open, padding: (time, N_FINE_CODEBOOKS) int64"""
    import torch

    past, own = _history_frames(state), state.coarse.shape[1]
    frames = torch.full((max(FINE_WINDOW, past + own), N_FINE_CODEBOOKS), PAD_TOKEN)
    if state.history_prompt:
        history = torch.as_tensor(state.history_prompt["fine_prompt"], dtype=torch.long)
        frames[:past] = history[:, history.shape[1] - past :].T
    frames[past : past + own, :N_COARSE_CODEBOOKS] = torch.as_tensor(state.coarse).T
    return frames


def _fine_windows(state: WindowState) -> list[tuple[int, int]]:
    """Each window's first frame, and the first one that it fills in."""
    past, own = _history_frames(state), state.coarse.shape[1]
    end = max(FINE_WINDOW, past + own)
    count = max(0, math.ceil((own - (FINE_WINDOW - past)) / FINE_HOP)) + 1
    return [
        (min(n * FINE_HOP, end - FINE_WINDOW), min(past + n * FINE_HOP, end - FINE_HOP))
        for n in range(count)
    ]
