"""Tokens, for several windows at once: 50 frames a second, a token of each codebook in a frame.

A codebook's token is drawn one step after that of the codebook before it (the delay pattern), so
the columns that the decoder reads lean: column c holds frame c - 1 - codebook of each codebook.
Where there is no such frame stands the padding token.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from secondtake.core.generate import Progress
from secondtake.models.inference.noise_ahead import NoiseAhead
from secondtake.models.inference.transformer import KVCache
from secondtake.models.musicgen.conditioning import WindowRequest
from secondtake.models.musicgen.decoder import MusicGenDecoder
from secondtake.models.musicgen.guided_draw import OPEN, ColumnDraw, columns_of_rows

if TYPE_CHECKING:
    from torch import Tensor


class DelayPattern:
    """The delayed columns of a window: those of its prefix are filled in, the others open."""

    def __init__(self, request: WindowRequest, decoder: MusicGenDecoder, pad_token: int) -> None:
        import torch

        self.request, self.pad_token = request, pad_token
        self.codebooks = codebooks = len(decoder.weights.token_embeddings)
        self.prefix = request.prefix_tokens.shape[-1]  # frames
        self.steps = request.frames - self.prefix + codebooks - 1  # draws
        self.columns = torch.full((codebooks, request.frames + codebooks), pad_token)
        for codebook in range(codebooks):
            start, end = codebook + 1, codebook + 1 + self.prefix
            if self.prefix:
                self.columns[codebook, start:end] = request.prefix_tokens[codebook]
            self.columns[codebook, end : start + request.frames] = OPEN

    @property
    def guidance_rows(self) -> int:
        """Rows of a step: with the prompt, and without one to compare with."""
        return 2 if self.request.is_guided else 1

    def draw_values(self, steps: int) -> Tensor:
        """(steps, n) float32: what ColumnDraw goes by at each step; beyond the window, padding."""
        import torch

        request = self.request
        top_k = min(request.top_k, self.pad_token)  # of so many choices
        settings = torch.tensor([request.guidance_scale, request.temperature, top_k])
        columns = self.columns[:, self.prefix + 1 :].float()
        columns = torch.nn.functional.pad(columns, (0, steps - self.steps), value=self.pad_token)
        return torch.cat((settings.expand(steps, -1), columns.T), 1)

    def write(self, step: int, columns: Tensor) -> None:
        """Put the columns that were drawn from this step on, (steps, codebooks), into theirs."""
        start = self.prefix + 1 + step
        room = self.columns[:, start : start + len(columns)]
        room.copy_(columns[: room.shape[1]].T)

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
    steps, codebooks, device = patterns[0].steps, patterns[0].codebooks, decoder.weights.device
    draw = column_draw(patterns)
    cache = prefill_cache(decoder, patterns, steps)
    values = torch.stack([pattern.draw_values(steps) for pattern in patterns], 1).to(device)
    generators = [pattern.request.generator for pattern in patterns]
    shape, active = (codebooks, pad_token), list(patterns)
    with NoiseAhead(generators, shape, device, decoder.look_every, steps) as noise:
        for start in range(0, steps, decoder.look_every):
            end = min(start + decoder.look_every, steps)
            columns = first_columns(decoder, active, start)
            cache.keep_rows(range(len(columns)))
            block = values[start:end, : len(active)]
            seen = decoder.draw_steps(columns, cache, [draw], noise.block(end - start), block)
            for pattern, drawn in zip(active, seen.unbind(1), strict=True):
                pattern.write(start, drawn)
            used = [min(pattern.steps, end) - start for pattern in active]
            active = [pattern for pattern in active if pattern.steps > end]
            noise.keep_rows(range(len(active)), used)
            progress("tokens", end, steps)
    for pattern in patterns:
        pattern.request.tokens = pattern.undelayed()


def column_draw(patterns: Sequence[DelayPattern]) -> ColumnDraw:
    """The draw of these windows' columns."""
    top_k = max(min(pattern.request.top_k, pattern.pad_token) for pattern in patterns)
    return ColumnDraw(patterns[0].codebooks, patterns[0].request.is_guided, top_k)


def first_columns(decoder: MusicGenDecoder, patterns: Sequence[DelayPattern], step: int) -> Tensor:
    """The columns that are read at a step: (rows, codebooks) int64 on the device."""
    import torch

    columns = torch.stack([pattern.columns[:, pattern.prefix + step] for pattern in patterns])
    rows = max(decoder.min_rows, len(columns) * patterns[0].guidance_rows)
    return columns_of_rows(columns, rows).to(decoder.weights.device)


def prefill_cache(
    decoder: MusicGenDecoder, patterns: Sequence[DelayPattern], steps: int
) -> KVCache:
    """A cache that has read what comes before the first step, with room for so many steps."""
    texts = list(_encode_texts(decoder, patterns))
    prefixes = [prefix for pattern in patterns for prefix in _prefixes(decoder, pattern)]
    prefixes += prefixes[:1] * (decoder.min_rows - len(prefixes))
    positions = max(len(prefix) for prefix in prefixes) + steps
    cache = decoder.take_cache(texts, patterns[0].guidance_rows, positions)
    rows = [row for row, prefix in enumerate(prefixes) if len(prefix)]
    if rows:
        decoder.prefill_rows([prefixes[row] for row in rows], cache, rows)
    return cache


def _encode_texts(
    decoder: MusicGenDecoder, patterns: Sequence[DelayPattern]
) -> Iterator[Tensor | None]:
    """The text of each pattern; requests with the same text share it."""
    encoded: dict[int, Tensor] = {}
    for pattern in patterns:
        states = pattern.request.conditioning.text
        if states is not None and id(states) not in encoded:
            encoded[id(states)] = decoder.encode_text(states)
        yield None if states is None else encoded[id(states)]


def _prefixes(decoder: MusicGenDecoder, pattern: DelayPattern) -> list[Tensor]:
    """The embeddings that each row reads before its first step: (time, width) each."""
    import torch

    device, dtype = decoder.weights.device, decoder.weights.dtype
    columns = decoder.embed(pattern.columns[:, : pattern.prefix].T.to(device))
    conditioning = pattern.request.conditioning
    prefixes = (conditioning.prefix, conditioning.uncond)[: pattern.guidance_rows]
    return [
        columns if prefix is None else torch.cat((prefix.to(device, dtype), columns))
        for prefix in prefixes
    ]
