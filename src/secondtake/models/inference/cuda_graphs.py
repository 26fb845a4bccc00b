"""On CUDA, one step of a decoder and the draw after it as one graph (models.inference.graphs).

Nothing in a graph changes its shape or place. So rows are padded, the step looks at whole buckets
of the cache, where a mask hides what is not there yet, and tokens, positions and noise stay on the
device from step to step: the host waits for many steps at once. Graphs are kept with the cache that
they read, for as long as the decoder lives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secondtake.core.errors import as_model_error
from secondtake.core.generate import note
from secondtake.models.inference import graphs
from secondtake.models.inference.cached_attention import scaled_attention
from secondtake.models.inference.transformer import (
    LOOK_EVERY,
    Decoder,
    Draw,
    KVCache,
    TransformerWeights,
)

if TYPE_CHECKING:
    from torch import Tensor

PADDED_ROWS = (1, 2, 4, 8, 16)
BUCKET = 256  # positions of the cache by which a step looks at more of it


Replay = Callable[[], None]


def padded_rows(rows: int) -> int:
    """The rows of a graph that serves so many."""
    return next((most for most in PADDED_ROWS if most >= rows), rows)


@dataclass(frozen=True)
class StepBuffers:
    """What a step reads and writes beside the cache, for padded rows."""

    tokens: Tensor  # (rows, ...) int64
    positions: Tensor  # (rows,) int64: of each row's new token
    step: Tensor  # (1,) int64: the one of the block
    noise: Tensor  # (LOOK_EVERY, draws, ...) float32
    values: Tensor  # (LOOK_EVERY, draws, n) float32
    seen: Tensor  # (LOOK_EVERY, draws, seen) float32


@dataclass(frozen=True)
class CapturedSteps:
    """The buffers of one number of rows and kind of draw, and the replays that use them."""

    buffers: StepBuffers
    replays: dict[Hashable, Replay]


class StepGraphs:
    """A decoder's captured steps. Each is compared with the plain step before it is used."""

    def __init__(self) -> None:
        self.trusted = True
        self.kept: KVCache | None = None

    def cache(self, weights: TransformerWeights, rows: int) -> KVCache:
        """The kept cache, emptied; a larger one, without graphs, if it has too few rows."""
        padded = padded_rows(rows)
        if self.kept is None or self.kept.kv.shape[2] < padded:
            self.kept = None  # before the larger one is there
            self.kept = KVCache(weights, padded)
        self.kept.restart(rows)
        return self.kept

    def draw_steps(
        self,
        decoder: Decoder,
        tokens: Tensor,
        cache: KVCache,
        draws: Sequence[Draw],
        noise: Tensor,
        values: Tensor,
    ) -> Tensor:
        """Decoder.draw_steps, in graphs for as long as they are trusted."""
        import torch

        steps = _captured_steps(cache, tokens, draws[0], noise, values)
        seen, done, rows = [], 0, len(tokens)
        while done < len(noise):
            block = slice(done, done + LOOK_EVERY)
            _write(steps.buffers.noise, noise[block])
            _write(steps.buffers.values, values[block])
            steps.buffers.step.zero_()
            turned = [draws[(done + n) % len(draws)] for n in range(len(noise[block]))]
            count = self._replay_steps(decoder, cache, rows, turned, steps)
            seen.append(steps.buffers.seen[:count, : noise.shape[1]].clone())
            done += count
            if count < len(turned):
                draws = [draws[(done + n) % len(draws)] for n in range(len(draws))]
                tokens = steps.buffers.tokens[:rows].clone()
                rest = decoder.draw_steps(tokens, cache, draws, noise[done:], values[done:])
                return torch.cat([*(part.cpu() for part in seen), rest])
        return torch.cat(seen).cpu()

    def _replay_steps(
        self,
        decoder: Decoder,
        cache: KVCache,
        rows: int,
        draws: Sequence[Draw],
        steps: CapturedSteps,
    ) -> int:
        """The number of steps that were replayed: fewer than draws if they are trusted no more."""
        for done, draw in enumerate(draws):
            looked_at = math.ceil((max(cache.lengths[:rows]) + 1) / BUCKET) * BUCKET
            bucket = min(looked_at, cache.kv.shape[4])
            key = (draw, bucket, cache.shape_key())
            if key not in steps.replays:
                replay = self._checked(_Step(decoder, cache, draw, bucket, steps.buffers), rows)
                if replay is None:
                    return done
                steps.replays[key] = replay
            steps.replays[key]()
            for row in range(rows):
                cache.lengths[row] += 1
        return len(draws)

    def _checked(self, step: _Step, rows: int) -> Replay | None:
        """The captured step if its logits are the plain step's; else None, and a note."""
        most = graphs.TOLERANCE[step.decoder.weights.precision.dtype]
        try:
            replay, error = _captured(step, rows)
            reason = f"their logits are {error:.2g} off, of which {most:.2g} are rounding"
            self.trusted = error <= most
        except RuntimeError as refusal:
            if as_model_error(refusal).code != "bug":  # the device's: no memory, no kernels
                raise
            self.trusted, reason = False, str(refusal)
        if self.trusted:
            return replay
        note(f"without CUDA graphs, so more slowly: {reason}")
        return None


@dataclass
class _Step:
    """A step of padded rows and a draw, in shapes that never change: the work of a graph."""

    decoder: Decoder
    cache: KVCache
    draw: Draw
    bucket: int  # positions of the cache that it looks at
    buffers: StepBuffers
    logits: Tensor | None = None  # (rows, choices) of its last run

    def __call__(self) -> None:
        """Draw the next tokens from the present ones, write down what is seen, and move on."""
        buffers = self.buffers
        self.logits = self.compute_logits()
        noise, values = (
            block.index_select(0, buffers.step)[0] for block in (buffers.noise, buffers.values)
        )
        tokens, seen = self.draw(self.logits, noise, values)
        buffers.tokens.copy_(tokens)
        buffers.seen.index_copy_(0, buffers.step, seen[None])
        buffers.positions.add_(1)
        buffers.step.add_(1)

    def compute_logits(self) -> Tensor:
        """Decoder.decode_step of the first rows, without a look at their lengths."""
        import torch

        decoder, weights, positions = self.decoder, self.decoder.weights, self.buffers.positions
        rows = len(positions)
        kv = self.cache.kv[:, :, :rows, :, : self.bucket]
        is_open = torch.arange(self.bucket, device=kv.device) > positions[:, None]
        mask = torch.zeros(is_open.shape, dtype=kv.dtype, device=kv.device)
        mask = mask.masked_fill_(is_open, -torch.inf)[:, None, None]  # (rows, 1, 1, positions)
        written = (2, rows, weights.n_head, 1, kv.shape[-1])
        where = positions.view(1, rows, 1, 1, 1).expand(written)
        positional = weights.position_embeddings[positions].to(weights.dtype)
        x = decoder.embed(self.buffers.tokens) + positional
        for index, layer in enumerate(weights.layers):
            qkv = layer.qkv_proj(layer.ln_1(x)).view(rows, 3, weights.n_head, 1, -1).to(kv.dtype)
            kv[index].scatter_(3, where, qkv[:, 1:].transpose(0, 1))
            y = scaled_attention(qkv[:, 0], kv[index, 0], kv[index, 1], mask)
            attended = y.to(x.dtype).reshape(rows, -1)
            x = decoder.finish_block(index, x, attended, self.cache, range(rows))
        return decoder.logits(x, self.draw.head)


def _captured(step: _Step, rows: int) -> tuple[Replay, float]:
    """A step's replay, and how far its logits are from the plain step's: share of the largest.

    Nothing has moved on afterwards.
    """
    cache, buffers = step.cache, step.buffers
    moving = (buffers.tokens, buffers.positions, buffers.step)
    before, lengths = [buffer.clone() for buffer in moving], list(cache.lengths)

    def put_back() -> None:
        for buffer, value in zip(moving, before, strict=True):
            buffer.copy_(value)

    plain = step.decoder.decode_step(buffers.tokens[:rows], cache, range(rows), step.draw.head)
    cache.lengths[:] = lengths
    try:
        replay = graphs.capture(step)
        put_back()
        replay()
        assert step.logits is not None
        error = float((step.logits[:rows] - plain).abs().max() / plain.abs().max())
    finally:
        put_back()
        step.logits = None  # its memory may be another graph's
    return replay, error


def _captured_steps(
    cache: KVCache, tokens: Tensor, draw: Draw, noise: Tensor, values: Tensor
) -> CapturedSteps:
    """Those of the cache for such tokens and draws, with the tokens and their positions written."""
    import torch

    rows, draws = len(tokens), noise.shape[1]
    # Rows that are not decoded now are not to be written to.
    padded = rows if len(cache.lengths) > rows else min(padded_rows(rows), cache.kv.shape[2])
    padded_draws = padded * draws // rows
    shapes = (padded, padded_draws, tokens.shape[1:], noise.shape[2:], values.shape[2:], draw.seen)
    device = tokens.device

    def block(*shape: int) -> Tensor:
        return torch.ones((LOOK_EVERY, padded_draws, *shape), device=device)

    if shapes not in cache.steps:
        buffers = StepBuffers(
            tokens=torch.zeros((padded, *tokens.shape[1:]), dtype=torch.long, device=device),
            positions=torch.zeros(padded, dtype=torch.long, device=device),
            step=torch.zeros(1, dtype=torch.long, device=device),
            noise=block(*noise.shape[2:]),
            values=block(*values.shape[2:]),
            seen=block(draw.seen),
        )
        cache.steps[shapes] = CapturedSteps(buffers, {})
    steps: CapturedSteps = cache.steps[shapes]
    positions = cache.lengths[:rows] + [0] * (padded - rows)
    steps.buffers.positions.copy_(torch.tensor(positions))
    steps.buffers.tokens[:rows].copy_(tokens)
    return steps


def _write(buffer: Tensor, block: Tensor) -> None:
    """The first steps and draws of a buffer."""
    buffer[: block.shape[0], : block.shape[1]].copy_(block)
