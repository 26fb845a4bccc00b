"""Coarse tokens to fine ones: EnCodec's other six codebooks, each over windows of 1024 frames.

A window is limited by arithmetic, not by reading weights: a processor does takes one by one. A GPU
does them together, or a small one would wait for its launches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
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
from secondtake.models.inference.cached_attention import attend
from secondtake.models.inference.noise_ahead import NoiseAhead
from secondtake.models.inference.sampling import sample, softmax_with_temperature
from secondtake.models.inference.transformer import TransformerWeights

if TYPE_CHECKING:
    from torch import Tensor

PAD_TOKEN = CODEBOOK_SIZE
FINE_CODEBOOKS = N_FINE_CODEBOOKS - N_COARSE_CODEBOOKS  # that are filled in


@dataclass
class FineSequence:
    """A take's frames while their codebooks are filled in."""

    state: WindowState
    frames: Tensor  # (time, N_FINE_CODEBOOKS) int64
    windows: Sequence[tuple[int, int]]  # the first frame of each, and the first that it fills in
    noise: NoiseAhead  # of a frame's draw


def generate_fine(
    weights: TransformerWeights, states: Sequence[WindowState], progress: Progress
) -> None:
    """Fill in `fine` of all windows: on a processor one after the other, else together."""
    with ExitStack() as stack:
        sequences = [_sequence(state, weights.device, stack) for state in states]
        total = sum(len(each.windows) for each in sequences) * FINE_CODEBOOKS
        done = 0
        alone = weights.device == "cpu"
        for together in [[each] for each in sequences] if alone else [sequences]:
            for number in range(max(len(each.windows) for each in together)):
                active = [each for each in together if len(each.windows) > number]
                for codebook in range(N_COARSE_CODEBOOKS, N_FINE_CODEBOOKS):
                    _fill_in(weights, active, number, codebook)
                    done += len(active)
                    progress("fine passes", done, total)
        for each in sequences:
            past = _history_frames(each.state)
            own = each.frames[past : past + each.state.coarse.shape[1]]
            each.state.fine = own.T.cpu().numpy().copy()


def _fill_in(
    weights: TransformerWeights, sequences: Sequence[FineSequence], number: int, codebook: int
) -> None:
    """One codebook of the window of this number in all sequences."""
    import torch

    spans = [each.windows[number] for each in sequences]
    windows = [
        each.frames[start : start + FINE_WINDOW]
        for each, (start, _) in zip(sequences, spans, strict=True)
    ]
    starts = [fill - start for start, fill in spans]
    logits = fine_logits(weights, torch.stack(windows), codebook, starts)
    for each, window, start, row in zip(sequences, windows, starts, logits, strict=True):
        probs = softmax_with_temperature(row, FINE_TEMPERATURE)
        window[start:, codebook] = sample(probs, each.noise.block(len(row))[:, 0])


def fine_logits(
    weights: TransformerWeights, windows: Tensor, codebook: int, starts: Sequence[int]
) -> list[Tensor]:
    """Logits of one codebook's tokens from each row's start on: (frames, CODEBOOK_SIZE) each.

    windows: (rows, FINE_WINDOW, N_FINE_CODEBOOKS) int64 on the weights' device; the codebooks up to
    this one are read.
    """
    tables = weights.token_embeddings[: codebook + 1]
    x = reduce(add, (table[windows[..., n]] for n, table in enumerate(tables)))
    x = (x + weights.position_embeddings[: windows.shape[1]]).to(weights.dtype)
    first = min(starts)
    states = hidden_states(weights, x, first, causal=False)
    rows = (row[start - first :] for row, start in zip(states, starts, strict=True))
    return [weights.lm_heads[codebook - 1](row).float() for row in rows]


def hidden_states(
    weights: TransformerWeights, x: Tensor, start: int = 0, *, causal: bool
) -> Tensor:
    """Whole windows through all layers, from `start` on: (rows, time, width), normed.

    x: (rows, time, width), positions added; start: 0 if causal.
    """
    (rows, time, width), x = x.shape, x.flatten(0, 1)
    for layer in weights.layers:
        qkv = layer.qkv_proj(layer.ln_1(x)).view(rows, time, 3, weights.n_head, -1)
        q, k, v = qkv.unbind(2)
        if layer is weights.layers[-1]:  # nothing before `start` is used
            q, x = q[:, start:], x.view(rows, time, width)[:, start:].reshape(-1, width)
        x = layer.finish(x, attend(q, k, v, causal=causal).flatten(0, 1))
    return weights.final_norm(x).view(rows, -1, width)


def _sequence(state: WindowState, device: str, stack: ExitStack) -> FineSequence:
    windows = _fine_windows(state)
    draws = FINE_CODEBOOKS * sum(FINE_WINDOW - (fill - start) for start, fill in windows)
    ahead = 1 if device == "cpu" else FINE_HOP
    noise = NoiseAhead([state.generator], (CODEBOOK_SIZE,), device, ahead, draws)
    return FineSequence(state, _frames(state).to(device), windows, stack.enter_context(noise))


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
