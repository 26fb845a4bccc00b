"""On CUDA, one step of a decoder as one graph.

A step for a few rows is some five hundred small kernels, and launching them takes longer than
running them. A graph launches them all at once, if nothing in it changes its shape or place: so the
step looks at the whole cache, and a mask hides what is not there yet.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secondtake.models.inference.transformer import Decoder, KVCache, TransformerWeights

if TYPE_CHECKING:
    from torch import Tensor
    from torch.cuda import CUDAGraph

WARM_UP = 2  # steps before a capture, in which libraries take the memory that they want
StepKey = tuple[int, int, int]  # cache, rows, head
TOLERANCE = 0.05  # of the logits' largest: what half precision may differ by, in another order


@dataclass(frozen=True)
class CapturedStep:
    """A captured step for so many rows: its inputs are written, it is replayed, its output read."""

    graph: CUDAGraph
    tokens: Tensor  # (rows,) int64
    positions: Tensor  # (rows,) int64: the new position in each row
    logits: Tensor  # (rows, choices)

    def __call__(self, tokens: Tensor, positions: Tensor) -> Tensor:
        self.tokens.copy_(tokens)
        self.positions.copy_(positions)
        self.graph.replay()
        return self.logits


class CudaGraphDecoder(Decoder):
    """A decoder on CUDA. Every graph is compared with the plain step before it is trusted."""

    def __init__(self, weights: TransformerWeights) -> None:
        super().__init__(weights)
        self.steps: dict[StepKey, CapturedStep] = {}
        self.trusted = True

    def cache(self, rows: int) -> KVCache:
        cache = super().cache(rows)
        cache.kv.zero_()  # what is masked is still multiplied, by zero
        return cache

    def decode_step(
        self, tokens: Tensor, cache: KVCache, rows: Sequence[int], head: int = 0
    ) -> Tensor:
        import torch

        if not self.trusted or list(rows) != list(range(len(rows))):
            return super().decode_step(tokens, cache, rows, head)
        positions = torch.tensor([cache.lengths[row] for row in rows], device=self.weights.device)
        key = (cache.kv.data_ptr(), len(rows), head)
        if key not in self.steps:
            plain = super().decode_step(tokens, cache, rows, head)
            self._capture_checked(key, cache.kv, tokens, positions, plain)
            return plain
        logits = self.steps[key](tokens, positions).clone()
        for row in rows:
            cache.lengths[row] += 1
        return logits

    def _capture_checked(
        self,
        key: tuple[int, int, int],
        kv: Tensor,
        tokens: Tensor,
        positions: Tensor,
        plain: Tensor,
    ) -> None:
        """Capture a step and keep it if its logits are the plain step's; else warn."""
        try:
            step = _capture(self.weights, kv, tokens, positions, key[2])
            error = float((step(tokens, positions) - plain).abs().max() / plain.abs().max())
        except RuntimeError as reason:
            self.trusted = False
            warnings.warn(f"without CUDA graphs, so more slowly: {reason}", stacklevel=2)
            return
        if error <= TOLERANCE:
            self.steps[key] = step
        else:
            self.trusted = False
            warnings.warn(f"without CUDA graphs: their logits are {error:.2f} off", stacklevel=2)


def _capture(
    weights: TransformerWeights, kv: Tensor, tokens: Tensor, positions: Tensor, head: int
) -> CapturedStep:
    import torch

    tokens, positions = tokens.clone(), positions.clone()
    side_stream = torch.cuda.Stream()
    side_stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side_stream):
        for _ in range(WARM_UP):
            static_step(weights, kv, tokens, positions, head)
    torch.cuda.current_stream().wait_stream(side_stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        logits = static_step(weights, kv, tokens, positions, head)
    return CapturedStep(graph, tokens, positions, logits)


def static_step(
    weights: TransformerWeights, kv: Tensor, tokens: Tensor, positions: Tensor, head: int
) -> Tensor:
    """Decoder.decode_step for the first rows, in shapes that never change.

    kv: (layers, 2, rows, heads, positions, head_dim), written at `positions`;
    tokens, positions: (rows,) int64 -> (rows, choices) logits.
    """
    import torch

    (table,) = weights.token_embeddings
    count = len(tokens)
    rows = torch.arange(count, device=tokens.device)
    is_cached = torch.arange(kv.shape[4], device=tokens.device) <= positions[:, None]
    mask = is_cached[:, None, None]  # (rows, 1, 1, positions)
    x = (table[tokens] + weights.position_embeddings[positions]).to(weights.dtype)
    for index, layer in enumerate(weights.layers):
        qkv = layer.qkv_proj(layer.ln_1(x))
        q, k, v = qkv.view(count, 3, weights.n_head, -1).unbind(1)  # (rows, heads, head_dim)
        keys, values = kv[index, 0, :count], kv[index, 1, :count]
        keys[rows, :, positions], values[rows, :, positions] = k.to(kv.dtype), v.to(kv.dtype)
        y = torch.nn.functional.scaled_dot_product_attention(
            q[:, :, None].to(kv.dtype), keys, values, attn_mask=mask
        )
        x = layer.finish(x, y.to(x.dtype).reshape(count, -1))
    return weights.lm_heads[head](weights.final_norm(x)).float()
