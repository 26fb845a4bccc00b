"""Tokens, for several windows at once: 50 frames a second, a token of each codebook in a frame.

A codebook's token is drawn one step after that of the codebook before it (the delay pattern), so
the columns that the decoder reads lean: column c holds frame c - 1 - codebook of each codebook.
Where there is no such frame stands the padding token.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from secondtake.core.generate import Progress
from secondtake.models.inference.sampling import sample, softmax_with_temperature
from secondtake.models.musicgen.conditioning import WindowRequest
from secondtake.models.musicgen.decoder import MIN_ROWS, CrossAttentionCache, MusicGenDecoder

if TYPE_CHECKING:
    from torch import Tensor

    from secondtake.models.musicgen.decoder import EncodedText


class DelayPattern:
    """The delayed columns of a window: those of its prefix are filled in, the others open."""

    def __init__(self, request: WindowRequest, decoder: MusicGenDecoder, pad_token: int) -> None:
        import torch

        self.request = request
        self.codebooks = codebooks = len(decoder.weights.token_embeddings)
        self.prefix = request.prefix_tokens.shape[-1]  # frames
        self.steps = request.frames - self.prefix + codebooks - 1  # draws
        self.columns = torch.full((codebooks, request.frames + codebooks), pad_token)
        self.open = torch.zeros(self.columns.shape, dtype=torch.bool)
        for codebook in range(codebooks):
            start, end = codebook + 1, codebook + 1 + self.prefix
            if self.prefix:
                self.columns[codebook, start:end] = request.prefix_tokens[codebook]
            self.open[codebook, end : start + request.frames] = True

    def write(self, step: int, tokens: Tensor) -> None:
        """Put the tokens drawn after this step's column, (codebooks,) int64, where it is open."""
        column = self.prefix + step + 1
        is_open = self.open[:, column]
        self.columns[is_open, column] = tokens[is_open]

    def undelayed(self) -> Tensor:
        """(codebooks, frames) int64, without the delays."""
        import torch

        end = self.request.frames
        return torch.stack([self.columns[n, n + 1 : n + 1 + end] for n in range(self.codebooks)])


def generate_tokens(
    decoder: MusicGenDecoder, requests: Sequence[WindowRequest], pad_token: int, progress: Progress
) -> None:
    """Decode all requests together, into their `tokens`. All are guided, or none is."""
    import torch

    patterns = [DelayPattern(request, decoder, pad_token) for request in requests]
    # Those that end first stand last, and those with one prompt together.
    patterns.sort(key=lambda pattern: (-pattern.steps, pattern.request.conditioning.prompt))
    rows = 2 if requests[0].is_guided else 1  # of a request: with its prompt, and without
    steps, codebooks = patterns[0].steps, patterns[0].codebooks
    cache = prefill_cache(decoder, patterns, rows, steps)
    for step in range(steps):
        active = [pattern for pattern in patterns if pattern.steps > step]
        columns = [p.columns[:, p.prefix + step] for p in active for _ in range(rows)]
        columns += columns[:1] * (MIN_ROWS - len(columns))
        tokens = torch.stack(columns).to(decoder.weights.device)
        logits = decoder.decode_step(tokens, cache, range(len(columns)))[: len(active) * rows]
        logits = apply_guidance(logits.view(len(active), rows, codebooks, -1), active)
        probs = _top_k_probabilities(logits, active)
        drawn = sample(probs, [pattern.request.generator for pattern in active]).cpu()
        for pattern, row_tokens in zip(active, drawn, strict=True):
            pattern.write(step, row_tokens)
        progress("tokens", step + 1, steps)
    for pattern in patterns:
        pattern.request.tokens = pattern.undelayed()


def prefill_cache(
    decoder: MusicGenDecoder, patterns: Sequence[DelayPattern], rows: int, steps: int
) -> CrossAttentionCache:
    """A cache that has read what comes before the first step, with room for so many steps.

    rows: of a pattern: the first with its prompt, the second without.
    """
    texts = list(_encode_texts(decoder, patterns, rows))
    prefixes = [prefix for pattern in patterns for prefix in _prefixes(decoder, pattern, rows)]
    missing = MIN_ROWS - len(prefixes)
    texts, prefixes = texts + texts[:1] * missing, prefixes + prefixes[:1] * missing
    positions = max(len(prefix) for prefix in prefixes) + steps
    cache = CrossAttentionCache(decoder.weights, texts, positions)
    for row, prefix in enumerate(prefixes):
        if len(prefix):
            decoder.prefill_hidden(prefix, cache, row)
    return cache


def _encode_texts(
    decoder: MusicGenDecoder, patterns: Sequence[DelayPattern], rows: int
) -> Iterator[EncodedText | None]:
    """The text of each row; requests with the same text share it."""
    encoded: dict[int, EncodedText] = {}
    for pattern in patterns:
        states = pattern.request.conditioning.text
        if states is not None and id(states) not in encoded:
            encoded[id(states)] = decoder.encode_text(states)
        yield None if states is None else encoded[id(states)]
        yield from [None] * (rows - 1)


def _prefixes(decoder: MusicGenDecoder, pattern: DelayPattern, rows: int) -> list[Tensor]:
    """The embeddings that each row reads before its first step: (time, width) each."""
    import torch

    device, dtype = decoder.weights.device, decoder.weights.dtype
    columns = decoder.embed(pattern.columns[:, : pattern.prefix].T.to(device))
    conditioning = pattern.request.conditioning
    prefixes = (conditioning.prefix, conditioning.uncond)[:rows]
    return [
        columns if prefix is None else torch.cat((prefix.to(device, dtype), columns))
        for prefix in prefixes
    ]


def apply_guidance(logits: Tensor, patterns: Sequence[DelayPattern]) -> Tensor:
    """Classifier-free guidance: (n, 2 or 1, …) with and without the prompt -> (n, …)"""
    if logits.shape[1] == 1:
        return logits[:, 0]
    import torch

    scale = torch.tensor([p.request.guidance_scale for p in patterns], device=logits.device)
    cond, uncond = logits.unbind(1)
    return uncond + (cond - uncond) * scale[:, None, None]


def _top_k_probabilities(logits: Tensor, patterns: Sequence[DelayPattern]) -> Tensor:
    """Probabilities of the likeliest top_k tokens; the others have 0. (n, codebooks, vocabulary)"""
    import torch

    temperatures = torch.tensor([p.request.temperature for p in patterns], device=logits.device)
    logits = logits / temperatures[:, None, None]
    top_k = [min(pattern.request.top_k, logits.shape[-1]) for pattern in patterns]
    highest = logits.topk(max(top_k)).values  # (n, codebooks, the largest top_k), in order
    threshold = torch.stack([highest[n, :, k - 1] for n, k in enumerate(top_k)])
    logits = logits.masked_fill(logits < threshold[..., None], -torch.inf)
    return softmax_with_temperature(logits, 1.0)
