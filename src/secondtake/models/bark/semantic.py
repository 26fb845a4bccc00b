"""Words to semantic tokens: what is said and sung, and how, at SEMANTIC_RATE_HZ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secondtake.core.generate import Progress
from secondtake.models.bark.constants import (
    MAX_HISTORY_TOKENS,
    MAX_TEXT_TOKENS,
    SEMANTIC_INFER_TOKEN,
    SEMANTIC_PAD_TOKEN,
    SEMANTIC_VOCAB_SIZE,
    TEXT_ENCODING_OFFSET,
    TEXT_PAD_TOKEN,
)
from secondtake.models.bark.window import WindowState
from secondtake.models.inference.noise_ahead import NoiseAhead
from secondtake.models.inference.sampling import sample, softmax_with_temperature
from secondtake.models.inference.transformer import Decoder, KVCache

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

WATCH_EVERY = 25  # tokens (half a second) between looks at whether a window leads anywhere


@dataclass(frozen=True)
class SemanticDraw:
    """Draws a token; what is seen is the token, and the probability of the end."""

    head: int = 0
    seen: int = 2

    def __call__(self, logits: Tensor, noise: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """values: (rows, 1), the temperatures."""
        import torch

        probs = softmax_with_temperature(logits, values)
        tokens = sample(probs, noise)
        return tokens, torch.stack((tokens.to(probs.dtype), probs[:, -1]), 1)


def generate_semantic(decoder: Decoder, states: Sequence[WindowState], progress: Progress) -> None:
    """Fill in `semantic` of all windows, decoded together; those that end early leave.

    The host looks at the tokens of several steps at once, where looking is a wait for the device:
    what lies beyond a window's end is thrown away.
    """
    import torch

    total = max(state.max_tokens for state in states)
    device, draw = decoder.weights.device, SemanticDraw()
    cache, active = decoder.cache(len(states)), list(states)
    generated: dict[int, list[int]] = {id(state): [] for state in states}
    generators, choices = [state.generator for state in states], SEMANTIC_VOCAB_SIZE + 1
    with NoiseAhead(generators, (choices,), device, decoder.look_every, total) as noise:
        logits = _prefill(decoder, [_prompt(state) for state in states], cache)
        _, first = draw(logits, noise.block(1)[0], _temperatures(active, device))
        seen, step = first[None].cpu(), 0  # (steps, rows, 2)
        while active:
            step += len(seen)
            taken = [
                _take(state, generated[id(state)], row_seen.tolist())
                for state, row_seen in zip(active, seen.unbind(1), strict=True)
            ]
            staying = [row for row, ended_at in enumerate(taken) if ended_at is None]
            progress("semantic tokens", step, total)
            if len(staying) < len(active):
                cache.keep_rows(staying)
                noise.keep_rows(staying, [ended_at or len(seen) for ended_at in taken])
                active = [active[row] for row in staying]
            if active:
                tokens = torch.tensor([generated[id(state)][-1] for state in active], device=device)
                steps = min(decoder.look_every, total - step)
                values = _temperatures(active, device).expand(steps, -1, -1)
                seen = decoder.draw_steps(tokens, cache, [draw], noise.block(steps), values)
    for state in states:
        state.semantic = torch.tensor(generated[id(state)], dtype=torch.long).numpy()


def _take(state: WindowState, tokens: list[int], seen: Sequence[tuple[float, float]]) -> int | None:
    """Add the drawn tokens up to the window's end; after how many draws it ended, if it did."""
    for draws, (token, eos_p) in enumerate(seen, 1):
        if token == SEMANTIC_VOCAB_SIZE or eos_p >= state.min_eos_p:
            return draws  # the end is no sound, nor is the token drawn beside it
        tokens.append(int(token))
        if len(tokens) == state.max_tokens or _leads_nowhere(state, tokens):
            return draws
    return None


def _leads_nowhere(state: WindowState, tokens: Sequence[int]) -> bool:
    if state.should_stop is None or len(tokens) % WATCH_EVERY:
        return False
    return state.should_stop(tokens)


def _prefill(decoder: Decoder, prompts: Sequence[Tensor], cache: KVCache) -> Tensor:
    """Each row's prompt into the cache, equal ones read once: (rows, choices) logits."""
    import torch

    twins = [
        next(n for n, other in enumerate(prompts) if torch.equal(other, prompt))
        for prompt in prompts
    ]
    read = sorted(set(twins))
    embedded = [_embedded(decoder, prompts[row]) for row in read]
    logits = decoder.prefill_rows(embedded, cache, read).split(1)
    for row, twin in enumerate(twins):
        if twin < row:
            cache.copy_row(twin, row)
    return torch.cat([logits[read.index(twin)] for twin in twins])


def _prompt(state: WindowState) -> Tensor:
    """The text, and the history that is laid over it: (2, 256) int64."""
    import torch

    text = _padded(state.text_tokens[:MAX_TEXT_TOKENS] + TEXT_ENCODING_OFFSET, TEXT_PAD_TOKEN)
    history = state.history_prompt["semantic_prompt"] if state.history_prompt else ()
    return torch.stack((text, _padded(history[-MAX_HISTORY_TOKENS:], SEMANTIC_PAD_TOKEN)))


def _embedded(decoder: Decoder, prompt: Tensor) -> Tensor:
    """The sum of both, and SEMANTIC_INFER_TOKEN: (257, width)."""
    import torch

    text, semantic = (decoder.embed(tokens) for tokens in prompt.to(decoder.weights.device))
    infer = torch.tensor([SEMANTIC_INFER_TOKEN], device=decoder.weights.device)
    return torch.cat((text + semantic, decoder.embed(infer)))


def _padded(tokens: Tensor | np.ndarray | Sequence[int], pad_token: int) -> Tensor:
    import torch

    tokens = torch.as_tensor(tokens, dtype=torch.long)
    padding = MAX_TEXT_TOKENS - len(tokens)
    return torch.nn.functional.pad(tokens, (0, padding), value=pad_token)


def _temperatures(states: Sequence[WindowState], device: str) -> Tensor:
    """(rows, 1) float32"""
    import torch

    return torch.tensor([[state.text_temperature] for state in states], device=device)
