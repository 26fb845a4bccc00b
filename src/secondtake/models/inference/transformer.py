"""Causal transformers, decoded token by token for several rows at once.

The weights are a model's own; the walk through them is ours: a cache of keys and values that is
there beforehand, nothing computed that no token is drawn from, and any arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.models.inference.quantization import Arithmetic, Linear

NORM_EPSILON = 1e-5


@dataclass(frozen=True)
class Norm:
    """Layer norm with the checkpoint's own scale, and its offset if it has one."""

    weight: Any
    bias: Any

    def __call__(self, x: Any) -> Any:
        import torch

        return torch.nn.functional.layer_norm(
            x, self.weight.shape, self.weight, self.bias, NORM_EPSILON
        )


@dataclass(frozen=True)
class Layer:
    """One block: attention and two products, each after a norm and added to what came in."""

    before_attention: Norm
    attention: Linear  # to queries, keys and values
    attended: Linear
    before_widening: Norm
    widen: Linear
    narrow: Linear

    def finish(self, x: Any, attended: Any) -> Any:
        """What follows the attention. x, attended: (rows, width) -> (rows, width)"""
        return self.think(x + self.attended(attended))

    def think(self, x: Any) -> Any:
        """The two products that end a block, added to what comes in: (rows, width)"""
        import torch

        return x + self.narrow(torch.nn.functional.gelu(self.widen(self.before_widening(x))))


@dataclass(frozen=True)
class Parts:
    """A transformer's weights, ready to multiply (bark.decoding.stages reads them)."""

    words: Sequence[Any]  # embeddings (vocabulary, width): one, or one for each codebook
    places: Any  # (positions, width)
    layers: Sequence[Layer]
    last: Norm
    readouts: Sequence[Linear]  # the heads, cut to what a token can be drawn from
    heads: int  # of the attention
    arithmetic: Arithmetic
    device: str

    @property
    def values(self) -> Any:
        """torch's dtype of everything between the products."""
        import torch

        return getattr(torch, self.arithmetic.values)


class Cache:
    """Keys and values of some rows, each with its own length.

    kv: (layers, 2, rows, heads, positions, width of a head); positions: how many there is room
    for, all that the model knows if None.
    """

    def __init__(self, parts: Parts, rows: int, positions: int | None = None) -> None:
        import torch

        known, width = parts.places.shape
        room = known if positions is None else positions
        self.kv = torch.empty(
            (len(parts.layers), 2, rows, parts.heads, room, width // parts.heads),
            dtype=getattr(torch, parts.arithmetic.cached),
            device=parts.device,
        )
        self.lengths = [0] * rows

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all but these rows (ascending); they move to the front, in order."""
        for place, row in enumerate(rows):
            if place != row:
                end = self.lengths[row]
                self.kv[:, :, place, :, :end] = self.kv[:, :, row, :, :end]
        self.lengths = [self.lengths[row] for row in rows]


class Decoder:
    """A causal transformer, decoding."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def cache(self, rows: int) -> Cache:
        return Cache(self.parts, rows)

    def embed(self, tokens: Any) -> Any:
        """tokens: (time,) int64 -> (time, width), without positions."""
        (words,) = self.parts.words
        return words[tokens].to(self.parts.values)

    def begin(self, embedded: Any, cache: Cache, row: int, readout: int = 0) -> Any:
        """Read a row's beginning into the cache; (1, choices) logits of what follows.

        embedded: (time, width). What the row had in the cache is forgotten.
        """
        return self._logits(self.read(embedded, cache, row), readout)

    def read(self, embedded: Any, cache: Cache, row: int) -> Any:
        """As `begin`, without asking what follows: (1, width) of the last position."""
        parts = self.parts
        x = embedded + parts.places[: len(embedded)].to(parts.values)
        for index, layer in enumerate(parts.layers):
            q, k, v = self._split(layer.attention(layer.before_attention(x)))
            kept = cache.kv[index, :, row, :, : len(x)]  # (2, heads, time, width of a head)
            kept[0], kept[1] = k.transpose(0, 1), v.transpose(0, 1)
            if index == len(parts.layers) - 1:  # only what follows the last position is asked for
                q, x = q[-1:], x[-1:]
            x = self.finish(index, x, attend(q, k, v, causal=len(q) > 1), cache, [row])
        cache.lengths[row] = len(embedded)
        return x

    def go_on(self, tokens: Any, cache: Cache, rows: Sequence[int], readout: int = 0) -> Any:
        """One more token for each of these rows: (rows,) int64 -> (rows, choices) logits."""
        import torch

        parts = self.parts
        places = {row: cache.lengths[row] for row in rows}
        positions = torch.tensor(list(places.values()), device=parts.device)
        x = self.embed(tokens) + parts.places[positions].to(parts.values)
        for index, layer in enumerate(parts.layers):
            q, k, v = self._split(layer.attention(layer.before_attention(x)))
            x = self.finish(index, x, _look_back(q, k, v, cache.kv[index], places), cache, rows)
        for row in rows:
            cache.lengths[row] += 1
        return self._logits(x, readout)

    def finish(self, layer: int, x: Any, attended: Any, cache: Cache, rows: Sequence[int]) -> Any:
        """What follows the attention in one layer. x, attended: (n, width) -> (n, width)

        rows: of the cache, one for each of x; or the only one, whose time all of x is.
        """
        return self.parts.layers[layer].finish(x, attended)

    def _split(self, qkv: Any) -> Any:
        """(rows, 3 * width) -> three of (rows, heads, width of a head)"""
        return qkv.view(len(qkv), 3, self.parts.heads, -1).unbind(1)

    def _logits(self, x: Any, readout: int) -> Any:
        return self.parts.readouts[readout](self.parts.last(x)).float()


def attend(q: Any, k: Any, v: Any, causal: bool) -> Any:
    """Attention within one sequence. q, k, v: (time, heads, width of a head) -> (time, width)"""
    import torch

    q, k, v = (x.transpose(0, 1)[None] for x in (q, k, v))
    y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    return y[0].transpose(0, 1).reshape(q.shape[2], -1)


def _look_back(q: Any, k: Any, v: Any, kv: Any, places: Mapping[int, int]) -> Any:
    """Keep these keys and values, and attend to all that are kept: (rows, width)

    q, k, v: (rows, heads, width of a head); kv: (2, rows, heads, positions, width of a head);
    places: by row of the cache, the position that is new.
    """
    import torch

    parts, n = [], 0
    for row, count, place in _together(places):  # usually one: all rows are as far as each other
        mine, there = slice(n, n + count), slice(row, row + count)
        kv[0, there, :, place], kv[1, there, :, place] = k[mine], v[mine]
        parts.append(_attend_cached(q[mine], kv[:, there, :, : place + 1]))
        n += count
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _together(places: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """Neighbours that are as far as each other: the first row, how many, their new position."""
    found: list[tuple[int, int, int]] = []
    for row, place in places.items():
        first, count, end = found[-1] if found else (-1, 0, -1)
        if first + count == row and end == place:
            found[-1] = (first, count + 1, end)
        else:
            found.append((row, 1, place))
    return found


def _attend_cached(q: Any, kv: Any) -> Any:
    """Attention to the cache. q: (rows, heads, width of a head) -> (rows, width)"""
    import torch

    asked = q[:, :, None].to(kv.dtype)
    y = torch.nn.functional.scaled_dot_product_attention(asked, kv[0], kv[1])
    return y.to(q.dtype).reshape(len(q), -1)
