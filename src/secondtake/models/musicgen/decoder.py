"""MusicGen's decoder: one column of four tokens at a time, with cross-attention to the prompt.

Its layers are those of any transformer with one attention more, to the text. A row without a
prompt, which guidance compares with, attends to nothing there: the linears have no bias, so it
would add exactly nothing, and it is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np

from secondtake.models.inference.fused_step import fused_step
from secondtake.models.inference.quantization import Linear
from secondtake.models.inference.transformer import (
    Decoder,
    KVCache,
    Layer,
    Norm,
    RowTexts,
    TransformerWeights,
)

if TYPE_CHECKING:
    from torch import Tensor

MIN_ROWS = 2  # a single row is summed in another order than several, and would differ from them
# A prompt's keys and values by layer, (heads, time, head_dim) each.
EncodedText = Sequence[tuple["Tensor", "Tensor"]]
TextGroups = list[tuple[EncodedText, list[int]]]  # indices of rows that attend to it


@dataclass(frozen=True)
class CrossAttentionLayer(Layer):
    """A block with attention to the text between the self-attention and the feed-forward."""

    ln_cross: Norm
    cross_q_proj: Linear
    cross_kv_proj: Linear  # of the text's states: to keys and values
    cross_out_proj: Linear

    @property
    def linears(self) -> tuple[Linear, ...]:
        return (*super().linears, self.cross_q_proj, self.cross_out_proj)

    @property
    def norms(self) -> tuple[Norm, ...]:
        return (*super().norms, self.ln_cross)


class CrossAttentionCache(KVCache):
    """Keys and values of a row for each text, which it attends to; None: a row without one."""

    def __init__(
        self, weights: TransformerWeights, texts: Sequence[EncodedText | None], positions: int
    ) -> None:
        super().__init__(weights, len(texts), positions)
        self.texts = list(texts)
        self._row_texts: RowTexts | None = None

    def row_texts(self) -> RowTexts | None:
        """The same texts, each once, filled up to the longest."""
        if self._row_texts is None:
            self._row_texts = _stack_texts(self.texts)
        return self._row_texts

    def text_groups(self, rows: Sequence[int]) -> TextGroups:
        """Texts, and the indices into `rows` that attend to them; neighbours are one group."""
        groups: TextGroups = []
        for index, row in enumerate(rows):
            text = self.texts[row]
            if text is not None and groups and groups[-1][0] is text:
                groups[-1][1].append(index)
            elif text is not None:
                groups.append((text, [index]))
        return groups


def _stack_texts(texts: Sequence[EncodedText | None]) -> RowTexts | None:
    """Each of the different texts once, filled up to the longest."""
    import torch

    different = {id(text): text for text in texts if text is not None}
    if not different:
        return None
    lengths = [text[0][0].shape[1] for text in different.values()]
    padded = [
        torch.stack(
            [
                torch.nn.functional.pad(torch.stack(kv), (0, 0, 0, max(lengths) - length))
                for kv in text
            ]
        )
        for text, length in zip(different.values(), lengths, strict=True)
    ]  # (layers, 2, heads, time, head_dim) each
    numbers = {text: number for number, text in enumerate(different)}
    of_row = [-1 if text is None else numbers[id(text)] for text in texts]
    kv = torch.stack(padded, 2).contiguous()
    return RowTexts(np.array(of_row), np.array(lengths), kv.numpy())


class MusicGenDecoder(Decoder):
    """MusicGen's decoder. A row's tokens are columns: (rows, codebooks) int64."""

    def embed(self, tokens: Tensor) -> Tensor:
        """tokens: (time, codebooks) int64 -> (time, width), without positions."""
        codebooks = zip(self.weights.token_embeddings, tokens.unbind(1), strict=True)
        return reduce(add, (table[token] for table, token in codebooks)).to(self.weights.dtype)

    def encode_text(self, states: Tensor) -> EncodedText:
        """The keys and values of a text for every layer. states: (time, width)"""
        kv = []
        states = states.to(self.weights.dtype)
        for layer in self.weights.layers:
            assert isinstance(layer, CrossAttentionLayer)
            both = layer.cross_kv_proj(states).view(len(states), 2, self.weights.n_head, -1)
            k, v = both.permute(1, 2, 0, 3).contiguous().unbind()
            kv.append((k, v))
        return kv

    def finish_block(
        self, layer: int, x: Tensor, attended: Tensor, cache: KVCache, rows: Sequence[int]
    ) -> Tensor:
        block = self.weights.layers[layer]
        if not isinstance(block, CrossAttentionLayer) or not isinstance(cache, CrossAttentionCache):
            return block.finish(x, attended)
        x = x + block.out_proj(attended)
        groups = cache.text_groups(rows)
        if len(rows) < len(x) and groups:  # all of x is one row's time
            ((text, _),) = groups
            y = self._cross_attend(block.cross_q_proj(block.ln_cross(x)), *text[layer])
            return block.feed_forward(x + block.cross_out_proj(y))
        if groups:
            self._cross_attend_rows(block, layer, x, groups)
        return block.feed_forward(x)

    def _cross_attend_rows(
        self, block: CrossAttentionLayer, layer: int, x: Tensor, groups: TextGroups
    ) -> None:
        """Add to each row of x (rows, width) its cross-attention, in place."""
        import torch

        rows = [row for _, group in groups for row in group]
        # Repeated where there is only one, so that it is summed as among others.
        padded_rows = rows * MIN_ROWS if len(rows) < MIN_ROWS else rows
        queries = block.cross_q_proj(block.ln_cross(x[padded_rows]))
        parts, start = [], 0
        for text, group in groups:
            count = len(group)
            q = queries[start : start + count].view(count, self.weights.n_head, 1, -1)
            k, v = (tensor.expand(count, -1, -1, -1) for tensor in text[layer])
            y = torch.nn.functional.scaled_dot_product_attention(q, k, v)
            parts.append(y.reshape(count, -1))
            start += count
        attended = torch.cat(parts * (len(padded_rows) // len(rows)))
        x[rows] += block.cross_out_proj(attended)[: len(rows)]

    def _cross_attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """q: (time, width), k, v: (heads, time, head_dim) -> (time, width)"""
        import torch

        q = q.view(len(q), self.weights.n_head, -1).transpose(0, 1)
        y = torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None])
        return y[0].transpose(0, 1).reshape(q.shape[1], -1)


def musicgen_decoder(weights: TransformerWeights) -> MusicGenDecoder:
    """Its step is one call on a processor, where the precision has such a one."""
    return MusicGenDecoder(weights, fused_step(weights))
