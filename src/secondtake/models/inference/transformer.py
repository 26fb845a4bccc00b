"""Causal transformers, decoded token by token for several rows at once.

The weights are a model's own; the forward pass is ours: no position without a use, any precision.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any, Protocol

from secondtake.models.inference.cached_attention import attend, attend_cache
from secondtake.models.inference.quantization import Linear, Precision

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor
    from torch import dtype as Dtype

NORM_EPSILON = 1e-5
LOOK_EVERY = 20  # steps on a GPU, which waits whenever the host looks at what was drawn


class FusedStep(Protocol):
    """A step as one call (secondtake.models.inference.fused_step)."""

    def __call__(self, x: Tensor, cache: KVCache, rows: Sequence[int], head: int) -> Tensor:
        """Embedded tokens (rows, width) float32, which are changed -> logits (rows, choices)."""


class Draw(Protocol):
    """How tokens are drawn from logits: a function of its arguments, equal to those that do so.

    In a CUDA graph it waits for nothing, and makes no tensor from Python's numbers.
    """

    @property
    def head(self) -> int:
        """The number of the weights' lm_head."""

    @property
    def seen(self) -> int:
        """The number of figures of a row that the host looks at."""

    def __call__(self, logits: Tensor, noise: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Each row's next token for the decoder, int64, and what the host sees of each draw.

        logits: (rows, choices) float32; noise: (draws, ...) of models.inference.noise_ahead;
        values: (draws, n) float32: what each draw goes by, as its temperature; seen: (draws, seen)
        float32. Rows may outnumber draws: so many times in each call.
        """

    def __hash__(self) -> int: ...


class StepGraphs(Protocol):
    """Steps with their draws as CUDA graphs (secondtake.models.inference.cuda_graphs)."""

    trusted: bool

    def cache(self, weights: TransformerWeights, rows: int) -> KVCache:
        """An empty cache, kept."""

    def draw_steps(
        self,
        decoder: Decoder,
        tokens: Tensor,
        cache: KVCache,
        draws: Sequence[Draw],
        noise: Tensor,
        values: Tensor,
    ) -> Tensor:
        """As Decoder.draw_steps."""


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
        self.steps: dict[Hashable, Any] = {}  # graphs that read and write it

    def restart(self, rows: int) -> None:
        """Empty it, for so many rows. What is masked is still multiplied, by zero."""
        self.kv.zero_()
        self.lengths = [0] * rows

    def shape_key(self) -> Hashable:
        """What a step's shapes depend on beside the rows and their lengths."""
        return ()

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

    def __init__(
        self,
        weights: TransformerWeights,
        fused_step: FusedStep | None = None,
        graphs: StepGraphs | None = None,
    ) -> None:
        """fused_step: computes a whole step, if the weights' precision has such a call.

        graphs: on CUDA, a step and its draw at once.
        """
        self.weights, self.fused_step, self.graphs = weights, fused_step, graphs

    @property
    def look_every(self) -> int:
        """Steps between two looks at what was drawn; a processor does not wait for itself."""
        return 1 if self.weights.device == "cpu" else LOOK_EVERY

    def cache(self, rows: int) -> KVCache:
        """An empty cache. With graphs there is one, handed out again: it serves one stage."""
        return self.graphs.cache(self.weights, rows) if self.graphs else KVCache(self.weights, rows)

    def embed(self, tokens: Tensor) -> Tensor:
        """tokens: (time,) int64 -> (time, width), without positions."""
        (table,) = self.weights.token_embeddings
        return table[tokens].to(self.weights.dtype)

    def prefill(self, embedded: Tensor, cache: KVCache, row: int, head: int = 0) -> Tensor:
        """Read a row's prompt into the cache; (1, choices) logits of the next token.

        embedded: (time, width). The row's former keys and values are forgotten.
        """
        return self.logits(self.prefill_hidden(embedded, cache, row), head)

    def prefill_hidden(self, embedded: Tensor, cache: KVCache, row: int) -> Tensor:
        """As `prefill`, without logits: (1, width), the hidden state of the last position."""
        weights = self.weights
        x = embedded + weights.position_embeddings[: len(embedded)].to(weights.dtype)
        for index, layer in enumerate(weights.layers):
            q, k, v = self.split(layer.qkv_proj(layer.ln_1(x)))
            row_kv = cache.kv[index, :, row, :, : len(x)]  # (2, heads, time, head_dim)
            row_kv[0], row_kv[1] = k.transpose(0, 1), v.transpose(0, 1)
            if index == len(weights.layers) - 1:  # only the last position's state is used
                q, x = q[-1:], x[-1:]
            attended = attend(q[None], k[None], v[None], causal=len(q) > 1)[0]
            x = self.finish_block(index, x, attended, cache, [row])
        cache.lengths[row] = len(embedded)
        return x

    def prefill_rows(
        self, embedded: Sequence[Tensor], cache: KVCache, rows: Sequence[int], head: int = 0
    ) -> Tensor:
        """Read the prompts of several rows, as `prefill`: (rows, choices).

        A GPU reads equally long ones together; a processor is limited by arithmetic anyway.
        """
        import torch

        if self.weights.device == "cpu":
            pairs = zip(embedded, rows, strict=True)
            return torch.cat([self.prefill(prompt, cache, row, head) for prompt, row in pairs])
        hidden: dict[int, Tensor] = {}
        for length in {len(prompt) for prompt in embedded}:
            alike = [n for n, prompt in enumerate(embedded) if len(prompt) == length]
            x = torch.stack([embedded[n] for n in alike])
            states = self._prefill_together(x, cache, [rows[n] for n in alike])
            hidden.update(zip(alike, states.split(1), strict=True))
        return self.logits(torch.cat([hidden[n] for n in range(len(rows))]), head)

    def _prefill_together(self, x: Tensor, cache: KVCache, rows: Sequence[int]) -> Tensor:
        """(rows, time, width) -> (rows, width), the hidden states of the last positions."""
        import torch

        weights, (count, time, width) = self.weights, x.shape
        x = (x + weights.position_embeddings[:time].to(weights.dtype)).view(-1, width)
        index_of_row = torch.tensor(rows, device=weights.device)
        for index, layer in enumerate(weights.layers):
            qkv = layer.qkv_proj(layer.ln_1(x)).view(count, time, 3, weights.n_head, -1)
            new = qkv[:, :, 1:].permute(2, 0, 3, 1, 4).to(cache.kv.dtype)
            cache.kv[index][:, index_of_row, :, :time] = new  # (2, rows, heads, time, head_dim)
            q, k, v = qkv.unbind(2)
            if index == len(weights.layers) - 1:
                q, x = q[:, -1:], x.view(count, time, width)[:, -1]
            attended = attend(q, k, v, causal=q.shape[1] > 1).flatten(0, 1)
            x = self.finish_block(index, x, attended, cache, rows)
        for row in rows:
            cache.lengths[row] = time
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
            q, k, v = self.split(layer.qkv_proj(layer.ln_1(x)))
            attended = attend_cache(q, k, v, cache.kv[index], positions)
            x = self.finish_block(index, x, attended, cache, rows)
        for row in rows:
            cache.lengths[row] += 1
        return self.logits(x, head)

    def draw_steps(
        self, tokens: Tensor, cache: KVCache, draws: Sequence[Draw], noise: Tensor, values: Tensor
    ) -> Tensor:
        """Steps of the cache's first rows, a draw after each: what is seen of them, on the CPU.

        tokens: (rows, ...) int64, whose step is the first one; draws: used in turn;
        noise: (steps, draws, ...); values: (steps, draws, n) -> (steps, draws, seen) float32.
        """
        import torch

        if self.graphs and self.graphs.trusted:
            return self.graphs.draw_steps(self, tokens, cache, draws, noise, values)
        every = []
        for step, draw in zip(range(len(noise)), cycle(draws), strict=False):
            logits = self.decode_step(tokens, cache, range(len(tokens)), draw.head)
            tokens, seen = draw(logits, noise[step], values[step])
            every.append(seen)
        return torch.stack(every).cpu()

    def finish_block(
        self, layer: int, x: Tensor, attended: Tensor, cache: KVCache, rows: Sequence[int]
    ) -> Tensor:
        """The rest of one layer after its attention. x, attended: (n, width) -> (n, width)

        rows: of the cache, one for each of x; or fewer, each with its share of x, which is time.
        """
        return self.weights.layers[layer].finish(x, attended)

    def split(self, qkv: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(rows, 3 * width) -> three of (rows, heads, head_dim)"""
        q, k, v = qkv.view(len(qkv), 3, self.weights.n_head, -1).unbind(1)
        return q, k, v

    def logits(self, x: Tensor, head: int) -> Tensor:
        return self.weights.lm_heads[head](self.weights.final_norm(x)).float()
