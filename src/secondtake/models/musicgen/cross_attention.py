"""Attention of MusicGen's rows to their texts: the layer that has it, the caches that hold them.

A row without a text, which guidance compares with, attends to nothing: the linears have no bias, so
it would add exactly nothing, and it is left out.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from secondtake.models.inference.cached_attention import scaled_attention
from secondtake.models.inference.latest import LatestResults
from secondtake.models.inference.quantization import Linear
from secondtake.models.inference.transformer import (
    KVCache,
    Layer,
    Norm,
    RowTexts,
    TransformerWeights,
)

if TYPE_CHECKING:
    from torch import Tensor

MIN_ROWS = 2  # on a processor, where one row would be summed in another order than several
TEXT_BUCKET = 64  # tokens of a text: a buffer has room for a multiple of them
KEPT_GROUPS = 64  # sets of rows whose indices a cache keeps


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


class TextCache(KVCache):
    """A cache whose rows attend to texts as well.

    A text is its keys and values in every layer: (layers, 2, heads, time, head_dim).
    """

    def add_texts(
        self, block: CrossAttentionLayer, layer: int, x: Tensor, rows: Sequence[int]
    ) -> Tensor:
        """Add what rows find in their texts to x, (n, width): one of it for each of these rows of
        the cache, or for each a share, which is time. x may be changed."""
        raise NotImplementedError


@dataclass(frozen=True)
class TextGroups:
    """Rows that attend to texts, by neighbours with one text."""

    rows: Tensor  # (n,) int64: of x
    repeated: Tensor  # the same; the only one twice, so that it is summed as among others
    texts: tuple[tuple[Tensor, int], ...]  # each text, and the number of its rows


class CrossAttentionCache(TextCache):
    """On a processor: a text for each row, which attends to it; None: a row without one."""

    def __init__(
        self, weights: TransformerWeights, texts: Sequence[Tensor | None], positions: int
    ) -> None:
        super().__init__(weights, len(texts), positions)
        self.texts = list(texts)
        self._row_texts: RowTexts | None = None
        self._groups: LatestResults[tuple[int, ...], TextGroups] = LatestResults(KEPT_GROUPS)

    def row_texts(self) -> RowTexts | None:
        """The same texts, each once, filled up to the longest."""
        if self._row_texts is None:
            self._row_texts = _stack_texts(self.texts)
        return self._row_texts

    def add_texts(
        self, block: CrossAttentionLayer, layer: int, x: Tensor, rows: Sequence[int]
    ) -> Tensor:
        groups = self._groups.get(tuple(rows), partial(self._text_groups, rows))
        if not groups.texts:
            return x
        if len(rows) < len(x):  # all of x is one row's time
            ((text, _),) = groups.texts
            q = block.cross_q_proj(block.ln_cross(x))[None]
            return x + block.cross_out_proj(attend_text(q, text[layer][:, None])[0])
        queries = block.cross_q_proj(block.ln_cross(x[groups.repeated]))
        attended = block.cross_out_proj(_attend_groups(queries, layer, groups))
        x[groups.rows] += attended[: len(groups.rows)]
        return x

    def _text_groups(self, rows: Sequence[int]) -> TextGroups:
        import torch

        groups: list[tuple[Tensor, int]] = []
        asking = []
        for n, row in enumerate(rows):
            text = self.texts[row]
            if text is None:
                continue
            asking.append(n)
            if groups and groups[-1][0] is text:
                groups[-1] = text, groups[-1][1] + 1
            else:
                groups.append((text, 1))
        repeated = asking * MIN_ROWS if len(asking) < MIN_ROWS else asking
        return TextGroups(torch.tensor(asking), torch.tensor(repeated), tuple(groups))


def _attend_groups(queries: Tensor, layer: int, groups: TextGroups) -> Tensor:
    """queries: (rows, width), the groups' one after another, or twice the only row's."""
    import torch

    parts, start = [], 0
    for text, count in groups.texts:
        kv = text[layer][:, None].expand(-1, count, -1, -1, -1)
        parts.append(attend_text(queries[start : start + count, None], kv)[:, 0])
        start += count
    return torch.cat(parts * (len(queries) // start))


def _stack_texts(texts: Sequence[Tensor | None]) -> RowTexts | None:
    """Each of the different texts once, filled up to the longest."""
    import torch

    different = {id(text): text for text in texts if text is not None}
    if not different:
        return None
    lengths = [text.shape[3] for text in different.values()]
    padded = [
        torch.nn.functional.pad(text, (0, 0, 0, max(lengths) - text.shape[3]))
        for text in different.values()
    ]
    numbers = {text: number for number, text in enumerate(different)}
    of_row = [-1 if text is None else numbers[id(text)] for text in texts]
    return RowTexts(np.array(of_row), np.array(lengths), torch.stack(padded, 2).numpy())


class TextBufferCache(TextCache):
    """On a GPU: the texts lie in one place, whatever they are, so that a graph can read them.

    Each take has `rows_each` neighbouring rows, the first with its text, the others without one. A
    text is filled up with zeros, which a mask hides.
    """

    def __init__(
        self, weights: TransformerWeights, rows: int, positions: int, texts: int, tokens: int
    ) -> None:
        """texts, tokens: at most, and of a text at most."""
        import torch

        super().__init__(weights, rows, positions)
        length = -(-tokens // TEXT_BUCKET) * TEXT_BUCKET
        shape = (len(weights.layers), 2, texts, weights.n_head, length, self.kv.shape[-1])
        self.text_kv = torch.zeros(shape, dtype=weights.dtype, device=weights.device)
        self.text_mask = torch.zeros((texts, 1, 1, length), dtype=weights.dtype).to(weights.device)
        self.rows_each = 1

    def has_room(self, rows: int, positions: int, texts: int, tokens: int) -> bool:
        """True if it serves so many, as for a new one."""
        asked = (rows, positions, texts, tokens)
        room = (*self.kv.shape[2::2], *self.text_kv.shape[2::2])
        return all(most >= n for most, n in zip(room, asked, strict=True))

    def shape_key(self) -> Hashable:
        return self.rows_each

    def read_texts(self, texts: Sequence[Tensor | None], rows_each: int) -> None:
        """The text of each take; None where the checkpoint reads it before the tokens."""
        self.rows_each = rows_each
        self.text_kv.zero_()
        self.text_mask.zero_()
        for n, text in enumerate(texts):
            if text is not None:
                self.text_kv[:, :, n, :, : text.shape[3]] = text
                self.text_mask[n, ..., text.shape[3] :] = -math.inf

    def add_texts(
        self, block: CrossAttentionLayer, layer: int, x: Tensor, rows: Sequence[int]
    ) -> Tensor:
        import torch

        if rows[-1] - rows[0] >= len(rows):  # no neighbours
            shares = zip(x.chunk(len(rows)), rows, strict=True)
            return torch.cat([self.add_texts(block, layer, share, [row]) for share, row in shares])
        first = -(-rows[0] // self.rows_each)  # of the texts
        shares_of_x = x.view(len(rows), -1, x.shape[-1])  # (rows, time, width)
        asking = shares_of_x[first * self.rows_each - rows[0] :: self.rows_each]
        if not len(asking):
            return x
        texts = slice(first, first + len(asking))
        q = block.cross_q_proj(block.ln_cross(asking).flatten(0, 1)).view(asking.shape)
        y = attend_text(q, self.text_kv[layer, :, texts], self.text_mask[texts])
        asking += block.cross_out_proj(y.flatten(0, 1)).view(asking.shape)
        return x


def attend_text(q: Tensor, kv: Tensor, mask: Tensor | None = None) -> Tensor:
    """Attention of some rows to a text each.

    q: (rows, time, width); kv: (2, rows, heads, tokens, head_dim); mask: (rows, 1, 1, tokens), what
    is added to the scores -> (rows, time, width)
    """
    rows, time, width = q.shape
    q = q.view(rows, time, kv.shape[2], -1).transpose(1, 2)
    y = scaled_attention(q, kv[0], kv[1], mask)
    return y.transpose(1, 2).reshape(rows, time, width)
