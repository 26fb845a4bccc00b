"""MusicGen's decoder: one column of four tokens at a time, with cross-attention to the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from secondtake.models.inference.cuda_graphs import StepGraphs, padded_rows
from secondtake.models.inference.transformer import (
    Decoder,
    FusedStep,
    KVCache,
    TransformerWeights,
)
from secondtake.models.musicgen.cross_attention import (
    MIN_ROWS,
    CrossAttentionCache,
    CrossAttentionLayer,
    TextBufferCache,
    TextCache,
)
from secondtake.models.musicgen.decoder_size import in_buckets

if TYPE_CHECKING:
    from torch import Tensor


class MusicGenDecoder(Decoder):
    """MusicGen's decoder. A row's tokens are columns: (rows, codebooks) int64."""

    def __init__(
        self,
        weights: TransformerWeights,
        fused_step: FusedStep | None = None,
        graphs: StepGraphs | None = None,
    ) -> None:
        super().__init__(weights, fused_step, graphs)
        self.kept: TextBufferCache | None = None  # with its graphs, on a GPU

    @property
    def min_rows(self) -> int:
        """The fewest rows of a step."""
        return MIN_ROWS if self.weights.device == "cpu" else 1

    def embed(self, tokens: Tensor) -> Tensor:
        """tokens: (time, codebooks) int64 -> (time, width), without positions."""
        codebooks = zip(self.weights.token_embeddings, tokens.unbind(1), strict=True)
        rows = (table[token].float() for table, token in codebooks)
        return reduce(add, rows).to(self.weights.dtype)

    def encode_text(self, states: Tensor) -> Tensor:
        """A text's keys and values: (time, width) -> (layers, 2, heads, time, head_dim)"""
        import torch

        kv = []
        states = states.to(self.weights.device, self.weights.dtype)
        for layer in self.weights.layers:
            assert isinstance(layer, CrossAttentionLayer)
            both = layer.cross_kv_proj(states).view(len(states), 2, self.weights.n_head, -1)
            kv.append(both.permute(1, 2, 0, 3))
        return torch.stack(kv)

    def take_cache(self, texts: Sequence[Tensor | None], rows_each: int, positions: int) -> KVCache:
        """An empty cache for takes with these texts: `rows_each` of each, the first with its text.

        On a GPU there is one, handed out again: a larger one is made, without the graphs of the
        other, if it has too little room.
        """
        if self.weights.device == "cpu":
            rows = [row for text in texts for row in (text, *[None] * (rows_each - 1))]
            rows += rows[:1] * (self.min_rows - len(rows))
            return CrossAttentionCache(self.weights, rows, positions)
        padded = padded_rows(len(texts) * rows_each)
        tokens = [text.shape[3] for text in texts if text is not None]
        size = (
            padded,
            in_buckets(positions),
            padded // rows_each if tokens else 0,
            max(tokens, default=0),
        )
        if self.kept is None or not self.kept.has_room(*size):
            self.kept = None  # before the larger one is there
            self.kept = TextBufferCache(self.weights, *size)
        self.kept.restart(len(texts) * rows_each)
        self.kept.read_texts(texts, rows_each)
        return self.kept

    def finish_block(
        self, layer: int, x: Tensor, attended: Tensor, cache: KVCache, rows: Sequence[int]
    ) -> Tensor:
        block = self.weights.layers[layer]
        if not isinstance(block, CrossAttentionLayer) or not isinstance(cache, TextCache):
            return block.finish(x, attended)
        x = x + block.out_proj(attended)
        return block.feed_forward(cache.add_texts(block, layer, x, rows))
