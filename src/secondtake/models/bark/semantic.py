"""Words to semantic tokens: what is said and sung, and how, at SEMANTIC_RATE_HZ."""

from __future__ import annotations

from collections.abc import Sequence
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
from secondtake.models.inference.sampling import sample, softmax_with_temperature
from secondtake.models.inference.transformer import Decoder, KVCache

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

WATCH_EVERY = 25  # tokens (half a second) between looks at whether a window leads anywhere


def generate_semantic(decoder: Decoder, states: Sequence[WindowState], progress: Progress) -> None:
    """Fill in `semantic` of all windows, decoded together; those that end early leave."""
    import torch

    cache, active = decoder.cache(len(states)), list(states)
    generated: dict[int, list[int]] = {id(state): [] for state in states}
    logits = _prefill(decoder, [_prompt(state) for state in states], cache)
    total = max(state.max_tokens for state in states)
    for step in range(1, total + 1):
        probs = softmax_with_temperature(logits, _temperatures(active, logits))
        drawn = sample(probs, [state.generator for state in active])
        eos_p = probs[:, -1].tolist()
        for state, token in zip(active, drawn.tolist(), strict=True):
            generated[id(state)].append(token)
        staying = []
        for row, state in enumerate(active):
            tokens = generated[id(state)]
            if tokens[-1] == SEMANTIC_VOCAB_SIZE or eos_p[row] >= state.min_eos_p:
                tokens.pop()  # the end is no sound, nor is the token drawn beside it
            elif step < state.max_tokens and not _leads_nowhere(state, tokens):
                staying.append(row)
        progress("semantic tokens", step, total)
        if not staying:
            break
        if len(staying) < len(active):
            cache.keep_rows(staying)
            active, drawn = [active[row] for row in staying], drawn[staying]
        logits = decoder.decode_step(drawn, cache, range(len(active)))
    for state in states:
        state.semantic = torch.tensor(generated[id(state)], dtype=torch.long).numpy()


def _leads_nowhere(state: WindowState, tokens: Sequence[int]) -> bool:
    if state.should_stop is None or len(tokens) % WATCH_EVERY:
        return False
    return state.should_stop(tokens)


def _prefill(decoder: Decoder, prompts: Sequence[Tensor], cache: KVCache) -> Tensor:
    """Each row's prompt into the cache, equal ones read once: (rows, choices) logits."""
    import torch

    logits: list[Tensor] = []
    for row, prompt in enumerate(prompts):
        twin = next((n for n, other in enumerate(prompts[:row]) if torch.equal(other, prompt)), row)
        if twin < row:
            cache.copy_row(twin, row)
            logits.append(logits[twin])
        else:
            logits.append(decoder.prefill(_embedded(decoder, prompt), cache, row))
    return torch.cat(logits)


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


def _temperatures(states: Sequence[WindowState], logits: Tensor) -> Tensor:
    import torch

    values = [[state.text_temperature] for state in states]
    return torch.tensor(values, device=logits.device)
