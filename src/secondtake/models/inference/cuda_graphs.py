"""On CUDA, one step of a decoder as one graph.

A step for a few rows is some five hundred small kernels, and launching them takes longer than
running them. A graph launches them all at once, if nothing in it changes its shape or place: so
the step looks at the whole cache, and a mask hides what is not there yet.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.models.inference.transformer import Cache, Decoder, Parts

WARM_UP = 2  # steps before a capture, in which libraries take the memory that they want
TOLERANCE = 0.05  # of the logits' largest: what half precision may differ by, in another order


@dataclass(frozen=True)
class Step:
    """A captured step for so many rows: its inputs are written, it is replayed, its output read."""

    graph: Any  # torch.cuda.CUDAGraph
    tokens: Any  # (rows,) int64
    places: Any  # (rows,) int64: the position that is new in each row
    logits: Any  # (rows, choices)

    def __call__(self, tokens: Any, places: Any) -> Any:
        self.tokens.copy_(tokens)
        self.places.copy_(places)
        self.graph.replay()
        return self.logits


class GraphedDecoder(Decoder):
    """A decoder on CUDA. Every graph is compared with the plain step before it is trusted."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.steps: dict[tuple[int, int, int], Step] = {}  # by cache, rows, readout
        self.trusted = True

    def cache(self, rows: int) -> Cache:
        cache = super().cache(rows)
        cache.kv.zero_()  # what is masked is still multiplied, by zero
        return cache

    def go_on(self, tokens: Any, cache: Cache, rows: Sequence[int], readout: int = 0) -> Any:
        import torch

        if not self.trusted or list(rows) != list(range(len(rows))):
            return super().go_on(tokens, cache, rows, readout)
        places = torch.tensor([cache.lengths[row] for row in rows], device=self.parts.device)
        key = (cache.kv.data_ptr(), len(rows), readout)
        if key not in self.steps:
            plain = super().go_on(tokens, cache, rows, readout)
            self._try(key, cache, tokens, places, plain)
            return plain
        logits = self.steps[key](tokens, places).clone()
        for row in rows:
            cache.lengths[row] += 1
        return logits

    def _try(
        self, key: tuple[int, int, int], cache: Cache, tokens: Any, places: Any, plain: Any
    ) -> None:
        """Capture a step and keep it if it gives what the plain one gave; else say so."""
        try:
            step = _capture(self.parts, cache.kv, tokens, places, key[2])
            away = float((step(tokens, places) - plain).abs().max() / plain.abs().max())
        except RuntimeError as error:
            self.trusted = False
            warnings.warn(f"without CUDA graphs, so more slowly: {error}", stacklevel=2)
            return
        if away <= TOLERANCE:
            self.steps[key] = step
        else:
            self.trusted = False
            warnings.warn(f"without CUDA graphs: their logits are {away:.2f} off", stacklevel=2)


def _capture(parts: Parts, kv: Any, tokens: Any, places: Any, readout: int) -> Step:
    import torch

    tokens, places = tokens.clone(), places.clone()
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARM_UP):
            whole_step(parts, kv, tokens, places, readout)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        logits = whole_step(parts, kv, tokens, places, readout)
    return Step(graph, tokens, places, logits)


def whole_step(parts: Parts, kv: Any, tokens: Any, places: Any, readout: int) -> Any:
    """What Decoder.go_on does for the first rows, in shapes that never change.

    kv: (layers, 2, rows, heads, positions, width of a head), written at `places`;
    tokens, places: (rows,) int64 -> (rows, choices) logits.
    """
    import torch

    (words,) = parts.words
    count = len(tokens)
    rows = torch.arange(count, device=tokens.device)
    there = torch.arange(kv.shape[4], device=tokens.device) <= places[:, None]
    mask = there[:, None, None]  # (rows, 1, 1, positions)
    x = (words[tokens] + parts.places[places]).to(parts.values)
    for index, layer in enumerate(parts.layers):
        qkv = layer.attention(layer.before_attention(x))
        q, k, v = qkv.view(count, 3, parts.heads, -1).unbind(1)  # (rows, heads, width of a head)
        keys, values = kv[index, 0, :count], kv[index, 1, :count]
        keys[rows, :, places], values[rows, :, places] = k.to(kv.dtype), v.to(kv.dtype)
        y = torch.nn.functional.scaled_dot_product_attention(
            q[:, :, None].to(kv.dtype), keys, values, attn_mask=mask
        )
        x = layer.finish(x, y.to(x.dtype).reshape(count, -1))
    return parts.readouts[readout](parts.last(x)).float()
