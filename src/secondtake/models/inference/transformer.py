"""Causal transformers, decoded token by token for several rows at once.

The weights are a model's own; the forward pass is ours: a KV cache that is allocated beforehand,
no position computed that no token is drawn from, and any precision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from secondtake.models.inference.quantization import Linear, Precision

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor
    from torch import dtype as Dtype

NORM_EPSILON = 1e-5


class FusedStep(Protocol):
    """A step as one call (secondtake.models.inference.fused_step)."""

    def __call__(self, x: Tensor, cache: KVCache, rows: Sequence[int], head: int) -> Tensor:
        """Embedded tokens (rows, width) float32, which are changed -> logits (rows, choices)."""


@dataclass(frozen=True)
class RowTexts:
    """The texts that rows attend to, as keys and values of every layer."""

    of_row: np.ndarray  # (cache rows,) int64: the number of its text; -1: none
    lengths: np.ndarray  # (texts,) int64
    kv: np.ndarray  # (layers, 2, texts, heads, time, head_dim) float32


@dataclass(frozen=True)
class Norm:
    """Layer norm with the checkpoint's own scale, and its offset if it has one."""

    weight: Tensor
    bias: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        import torch

        shape = self.weight.shape
        return torch.nn.functional.layer_norm(x, shape, self.weight, self.bias, NORM_EPSILON)


@dataclass(frozen=True)
class Layer:
    """One block: attention and feed-forward, each after a norm and added to its input."""

    ln_1: Norm
    qkv_proj: Linear
    out_proj: Linear
    ln_2: Norm
    fc: Linear
    proj: Linear

    @property
    def linears(self) -> tuple[Linear, ...]:
        """Those that a step multiplies by, in their order."""
        return (self.qkv_proj, self.out_proj, self.fc, self.proj)

    @property
    def norms(self) -> tuple[Norm, ...]:
        """Of the attention, of the feed-forward."""
        return (self.ln_1, self.ln_2)

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        """The rest of the block after the attention. x, attended: (rows, width) -> (rows, width)"""
        return self.feed_forward(x + self.out_proj(attended))

    def feed_forward(self, x: Tensor) -> Tensor:
        """The two linears that end a block, added to their input: (rows, width)"""
        import torch

        return x + self.proj(torch.nn.functional.gelu(self.fc(self.ln_2(x))))


@dataclass(frozen=True)
class TransformerWeights:
    """A transformer's weights, ready to multiply (a model's own module loads them)."""

    token_embeddings: Sequence[Tensor]  # (vocabulary, width): one, or one for each codebook
    position_embeddings: Tensor  # (positions, width)
    layers: Sequence[Layer]
    final_norm: Norm
    lm_heads: Sequence[Linear]  # cut to the tokens that can be drawn
    n_head: int  # of the attention
    precision: Precision
    device: str

    @property
    def dtype(self) -> Dtype:
        """torch's dtype of the activations."""
        import torch

        dtype: Dtype = getattr(torch, self.precision.dtype)
        return dtype


class KVCache:
    """Keys and values of some rows, each with its own length.

    kv: (layers, 2, rows, heads, positions, head_dim). positions: by default all of the model's.
    """

    def __init__(
        self, weights: TransformerWeights, rows: int, positions: int | None = None
    ) -> None:
        import torch

        max_positions, width = weights.position_embeddings.shape
        room = max_positions if positions is None else positions
        self.kv = torch.empty(
            (len(weights.layers), 2, rows, weights.n_head, room, width // weights.n_head),
            dtype=getattr(torch, weights.precision.kv_dtype),
            device=weights.device,
        )
        self.lengths = [0] * rows

    def row_texts(self) -> RowTexts | None:
        """The texts that rows attend to; None: there are none."""
        return None

    def keep_rows(self, rows: Sequence[int]) -> None:
        """Forget all but these rows (ascending); they move to the front, in order."""
        for target, row in enumerate(rows):
            if target != row:
                end = self.lengths[row]
                self.kv[:, :, target, :, :end] = self.kv[:, :, row, :, :end]
        self.lengths = [self.lengths[row] for row in rows]

    def copy_row(self, source: int, target: int) -> None:
        """Let the row `target` have read what `source` has."""
        end = self.lengths[target] = self.lengths[source]
        self.kv[:, :, target, :, :end] = self.kv[:, :, source, :, :end]


class Decoder:
    """A causal transformer, decoding."""

    def __init__(self, weights: TransformerWeights, fused_step: FusedStep | None = None) -> None:
        """fused_step: computes a whole step, if the weights' precision has such a call."""
        self.weights, self.fused_step = weights, fused_step

    def cache(self, rows: int) -> KVCache:
        return KVCache(self.weights, rows)

    def embed(self, tokens: Tensor) -> Tensor:
        """tokens: (time,) int64 -> (time, width), without positions."""
        (table,) = self.weights.token_embeddings
        return table[tokens].to(self.weights.dtype)

    def prefill(self, embedded: Tensor, cache: KVCache, row: int, head: int = 0) -> Tensor:
        """Read a row's prompt into the cache; (1, choices) logits of the next token.

        embedded: (time, width). The row's former keys and values are forgotten.
        """
        return self._logits(self.prefill_hidden(embedded, cache, row), head)

    def prefill_hidden(self, embedded: Tensor, cache: KVCache, row: int) -> Tensor:
        """As `prefill`, without logits: (1, width), the hidden state of the last position."""
        weights = self.weights
        x = embedded + weights.position_embeddings[: len(embedded)].to(weights.dtype)
        for index, layer in enumerate(weights.layers):
            q, k, v = self._split(layer.qkv_proj(layer.ln_1(x)))
            row_kv = cache.kv[index, :, row, :, : len(x)]  # (2, heads, time, head_dim)
            row_kv[0], row_kv[1] = k.transpose(0, 1), v.transpose(0, 1)
            if index == len(weights.layers) - 1:  # only the last position's state is used
                q, x = q[-1:], x[-1:]
            x = self.finish_block(index, x, attend(q, k, v, causal=len(q) > 1), cache, [row])
        cache.lengths[row] = len(embedded)
        return x

    def decode_step(
        self, tokens: Tensor, cache: KVCache, rows: Sequence[int], head: int = 0
    ) -> Tensor:
        """One more token for each of these rows: (rows,) int64 -> (rows, choices) logits."""
        import torch

        weights = self.weights
        positions = {row: cache.lengths[row] for row in rows}
        index_of_position = torch.tensor(list(positions.values()), device=weights.device)
        x = self.embed(tokens) + weights.position_embeddings[index_of_position].to(weights.dtype)
        if self.fused_step:
            logits = self.fused_step(x, cache, rows, head)
            for row in rows:
                cache.lengths[row] += 1
            return logits
        for index, layer in enumerate(weights.layers):
            q, k, v = self._split(layer.qkv_proj(layer.ln_1(x)))
            attended = _attend_cache(q, k, v, cache.kv[index], positions)
            x = self.finish_block(index, x, attended, cache, rows)
        for row in rows:
            cache.lengths[row] += 1
        return self._logits(x, head)

    def finish_block(
        self, layer: int, x: Tensor, attended: Tensor, cache: KVCache, rows: Sequence[int]
    ) -> Tensor:
        """The rest of one layer after its attention. x, attended: (n, width) -> (n, width)

        rows: of the cache, one for each of x; or the only one, whose time all of x is.
        """
        return self.weights.layers[layer].finish(x, attended)

    def _split(self, qkv: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(rows, 3 * width) -> three of (rows, heads, head_dim)"""
        q, k, v = qkv.view(len(qkv), 3, self.weights.n_head, -1).unbind(1)
        return q, k, v

    def _logits(self, x: Tensor, head: int) -> Tensor:
        return self.weights.lm_heads[head](self.weights.final_norm(x)).float()


def attend(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Attention within one sequence. q, k, v: (time, heads, head_dim) -> (time, width)"""
    import torch

    q, k, v = (x.transpose(0, 1)[None] for x in (q, k, v))
    y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    return y[0].transpose(0, 1).reshape(q.shape[2], -1)


def _attend_cache(
    q: Tensor, k: Tensor, v: Tensor, kv: Tensor, positions: Mapping[int, int]
) -> Tensor:
    """Append these keys and values, and attend to all that are cached: (rows, width)

    q, k, v: (rows, heads, head_dim); kv: (2, rows, heads, positions, head_dim);
    positions: by row of the cache, the new one.
    """
    import torch

    attended, n = [], 0  # usually one run: all rows are equally long
    for row, count, position in _equal_length_runs(positions):
        batch_rows, cache_rows = slice(n, n + count), slice(row, row + count)
        kv[0, cache_rows, :, position] = k[batch_rows]
        kv[1, cache_rows, :, position] = v[batch_rows]
        attended.append(_cached_attention(q[batch_rows], kv[:, cache_rows, :, : position + 1]))
        n += count
    return attended[0] if len(attended) == 1 else torch.cat(attended)


def _equal_length_runs(positions: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """Neighbouring rows of one length: the first row, their count, their new position."""
    runs: list[tuple[int, int, int]] = []
    for row, position in positions.items():
        first, count, end = runs[-1] if runs else (-1, 0, -1)
        if first + count == row and end == position:
            runs[-1] = (first, count + 1, end)
        else:
            runs.append((row, 1, position))
    return runs


def _cached_attention(q: Tensor, kv: Tensor) -> Tensor:
    """Attention to the cache. q: (rows, heads, head_dim) -> (rows, width)"""
    import torch

    query = q[:, :, None].to(kv.dtype)
    y = torch.nn.functional.scaled_dot_product_attention(query, kv[0], kv[1])
    return y.to(q.dtype).reshape(len(q), -1)
