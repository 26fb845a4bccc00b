"""Semantic tokens to coarse ones: the first two of EnCodec's codebooks, 75 of each a second.

SLIDING_WINDOW_LEN tokens are decoded at a time. Then the semantic tokens that the model sees move
on, and its prompt is prefilled anew, unless nothing has moved yet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from secondtake.core.generate import Progress
from secondtake.models.bark.constants import (
    COARSE_INFER_TOKEN,
    COARSE_RATE_HZ,
    COARSE_SEMANTIC_PAD_TOKEN,
    CODEBOOK_SIZE,
    HISTORY_TRIM,
    MAX_COARSE_HISTORY,
    N_COARSE_CODEBOOKS,
    SEMANTIC_CONTEXT,
    SEMANTIC_RATE_HZ,
    SEMANTIC_VOCAB_SIZE,
    SLIDING_WINDOW_LEN,
)
from secondtake.models.bark.window import WindowState
from secondtake.models.inference.sampling import sample, softmax_with_temperature
from secondtake.models.inference.transformer import Decoder, KVCache

if TYPE_CHECKING:
    from torch import Tensor

SEMANTIC_TO_COARSE_RATIO = COARSE_RATE_HZ / SEMANTIC_RATE_HZ * N_COARSE_CODEBOOKS
MAX_SEMANTIC_HISTORY = math.floor(MAX_COARSE_HISTORY / SEMANTIC_TO_COARSE_RATIO)


@dataclass
class CoarseSequence:
    """A window's coarse tokens while they are generated, both codebooks flattened into one."""

    state: WindowState
    semantic: Tensor  # (n,) int64: of the history, then the window's own
    semantic_history: int  # how many of these are the history's
    tokens: list[int]  # coarse: of the history, then the window's, as the vocabulary counts them
    coarse_history: int  # how many of these are the history's
    steps: int  # to generate

    def start(self, step: int) -> int:
        """The first semantic token that the model sees at this step."""
        position = self.semantic_history + round(step / SEMANTIC_TO_COARSE_RATIO)
        return max(0, position - MAX_SEMANTIC_HISTORY)

    def has_moved(self, step: int) -> bool:
        """True if the model's prompt differs from the one of the last sliding window."""
        if step == 0 or self.start(step) != self.start(step - SLIDING_WINDOW_LEN):
            return True
        return len(self.tokens) > MAX_COARSE_HISTORY

    def codebooks(self) -> np.ndarray:
        """(N_COARSE_CODEBOOKS, n) int64: the generated tokens, each within its own codebook."""
        flat = np.array(self.tokens[self.coarse_history :], dtype=np.int64)
        offsets = SEMANTIC_VOCAB_SIZE + CODEBOOK_SIZE * np.arange(N_COARSE_CODEBOOKS)
        return flat.reshape(-1, N_COARSE_CODEBOOKS).T - offsets[:, None]


def generate_coarse(decoder: Decoder, states: Sequence[WindowState], progress: Progress) -> None:
    """Fill in `coarse` of all windows, decoded together; those that end early leave."""
    import torch

    sequences = [_sequence(state) for state in states]
    cache, active = decoder.cache(len(sequences)), list(sequences)
    total = max(sequence.steps for sequence in sequences)
    for step in range(total):
        staying = [row for row, sequence in enumerate(active) if sequence.steps > step]
        if len(staying) < len(active):
            cache.keep_rows(staying)
            active = [active[row] for row in staying]
        codebook = step % N_COARSE_CODEBOOKS
        logits = _logits(decoder, active, cache, step, codebook)
        temperatures = [[sequence.state.waveform_temperature] for sequence in active]
        probs = softmax_with_temperature(logits, torch.tensor(temperatures, device=logits.device))
        drawn = sample(probs, [sequence.state.generator for sequence in active]).tolist()
        for sequence, token in zip(active, drawn, strict=True):
            sequence.tokens.append(SEMANTIC_VOCAB_SIZE + codebook * CODEBOOK_SIZE + token)
        progress("coarse tokens", step + 1, total)
    for sequence in sequences:
        sequence.state.coarse = sequence.codebooks()


def _logits(
    decoder: Decoder, sequences: Sequence[CoarseSequence], cache: KVCache, step: int, codebook: int
) -> Tensor:
    """(rows, CODEBOOK_SIZE) of every sequence's next token, prefilled anew where it is due."""
    import torch

    is_due = step % SLIDING_WINDOW_LEN == 0
    moved = {row for row, each in enumerate(sequences) if is_due and each.has_moved(step)}
    unmoved = [row for row in range(len(sequences)) if row not in moved]
    logits: dict[int, Tensor] = {}
    if unmoved:
        last_tokens = [sequences[row].tokens[-1] for row in unmoved]
        last = torch.tensor(last_tokens, device=decoder.weights.device)
        rows = decoder.decode_step(last, cache, unmoved, codebook).split(1)
        logits.update(zip(unmoved, rows, strict=True))
    for row in moved:
        prompt = _prompt(decoder, sequences[row], step)
        logits[row] = decoder.prefill(prompt, cache, row, codebook)
    return torch.cat([logits[row] for row in range(len(sequences))])


def _prompt(decoder: Decoder, sequence: CoarseSequence, step: int) -> Tensor:
    """Semantic tokens, COARSE_INFER_TOKEN, coarse tokens, embedded: (time, width)."""
    import torch

    semantic = sequence.semantic[sequence.start(step) :][:SEMANTIC_CONTEXT]
    padding = torch.full((SEMANTIC_CONTEXT - len(semantic),), COARSE_SEMANTIC_PAD_TOKEN)
    coarse = torch.tensor([COARSE_INFER_TOKEN, *sequence.tokens[-MAX_COARSE_HISTORY:]])
    return decoder.embed(torch.cat((semantic, padding, coarse)).to(decoder.weights.device))


def _sequence(state: WindowState) -> CoarseSequence:
    import torch

    own = torch.as_tensor(state.semantic)
    semantic, coarse = _history(state)
    frames = math.floor(len(own) * SEMANTIC_TO_COARSE_RATIO / N_COARSE_CODEBOOKS)
    return CoarseSequence(
        state=state,
        semantic=torch.cat((semantic, own)),
        semantic_history=len(semantic),
        tokens=coarse.tolist(),
        coarse_history=len(coarse),
        steps=frames * N_COARSE_CODEBOOKS,
    )


def _history(state: WindowState) -> tuple[Tensor, Tensor]:
    """The end of the history prompt that the model looks back on: semantic, flattened coarse."""
    import torch

    if state.history_prompt is None:
        return torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long)
    semantic = torch.as_tensor(state.history_prompt["semantic_prompt"], dtype=torch.long)
    coarse = torch.as_tensor(state.history_prompt["coarse_prompt"], dtype=torch.long)  # (2, n)
    offsets = SEMANTIC_VOCAB_SIZE + CODEBOOK_SIZE * torch.arange(N_COARSE_CODEBOOKS)
    flat = (coarse + offsets[:, None]).T.reshape(-1)
    fitting = math.floor(len(flat) / SEMANTIC_TO_COARSE_RATIO)
    count = min(MAX_SEMANTIC_HISTORY, len(semantic) - len(semantic) % 2, fitting)
    start = round(count * SEMANTIC_TO_COARSE_RATIO)
    return semantic[-count:], flat[-start:][:-HISTORY_TRIM]
