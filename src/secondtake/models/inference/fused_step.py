"""A decoder's step on a CPU as one call: int8 weights, float32 activations, a bfloat16 cache.

A token costs what its weights weigh, if nothing else costs anything: so all of a step is compiled
(secondtake.models.inference.decode_kernel), and only its beginning is Python. It needs none of the
instructions that multiply bytes, which many processors lack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from secondtake.core.environ import compiling_alone
from secondtake.models.inference.transformer import KVCache, Norm, RowTexts, TransformerWeights

if TYPE_CHECKING:
    from torch import Tensor


Work = Callable[[], None]
MATRICES, NORMS = 6, 3  # of a layer, in the kernel's order; without a text, four and two


def fused_step(weights: TransformerWeights) -> FusedStep | None:
    """The step of these weights as one call; None if their precision has none."""
    return FusedStep(weights) if weights.precision.fused else None


class FusedStep:
    """A transformer's decode step. Its matrices are the weights' own tensors, where they are."""

    def __init__(self, weights: TransformerWeights) -> None:
        import torch

        from secondtake.models.inference.decode_kernel import Plan

        self.weights = weights
        layers, threads = weights.layers, torch.get_num_threads()
        all_norms = [layer.norms for layer in layers]
        fc: Any = layers[0].fc
        self.width = weights.position_embeddings.shape[1]
        self.plan = Plan(
            matrices=np.array([_addresses(layer.linears) for layer in layers], np.int64),
            scales=np.stack([_scales(layer.linears) for layer in layers]),
            biases=np.stack([_biases(layer.linears) for layer in layers]),
            norms=np.stack([_norms(norms) for norms in (*all_norms, [weights.final_norm])]),
            heads=weights.n_head,
            inner=len(fc.weight),
            threads=threads,
            barrier=np.zeros(16, np.int64),
        )
        self.depth = depth = self.width // weights.n_head
        nothing = np.zeros((len(layers), 2, 0, weights.n_head, 0, depth), np.float32)
        self.no_texts = RowTexts(np.zeros(0, np.int64), np.zeros(0, np.int64), nothing)

    def __call__(self, x: Tensor, cache: KVCache, rows: Sequence[int], head: int) -> Tensor:
        """Embedded tokens (rows, width) float32, which are changed -> logits (rows, choices).

        rows: of the cache, whose lengths are the new tokens' positions. IndexError if it is full.
        """
        import torch
        from numba import int64, typeof

        from secondtake.models.inference.decode_kernel import decode

        step = self._step(x, cache, rows, head)
        if not decode.signatures:
            with compiling_alone():
                decode.compile((typeof(self.plan), typeof(step), int64))
        for thread, helper in enumerate(_helpers(self.plan.threads - 1), 1):
            helper.put(partial(decode, self.plan, step, thread))
        decode(self.plan, step, 0)  # at its end, all threads have done their shares
        return torch.from_numpy(step.logits)

    def _step(self, x: Tensor, cache: KVCache, rows: Sequence[int], head: int) -> Any:
        import torch

        from secondtake.models.inference.decode_kernel import Step

        texts = cache.row_texts()
        of_row = texts.of_row[list(rows)] if texts else np.full(len(rows), -1)
        texts = texts or self.no_texts
        lm_head: Any = self.weights.lm_heads[head]
        plan, count = self.plan, len(rows)
        positions = [cache.lengths[row] for row in rows]
        room = cache.kv.shape[4]
        if max(positions) >= room:  # compiled code would write beyond it
            raise IndexError(f"position {max(positions)} of a cache that has {room}")
        scores = max(room, texts.kv.shape[4])

        def buffer(*shape: int) -> np.ndarray:
            return np.empty(shape, np.float32)

        return Step(
            x=x.contiguous().numpy(),
            rows=np.array(rows, np.int64),
            positions=np.array(positions, np.int64),
            kv=cache.kv.view(torch.int16).numpy(),
            text_of=of_row,
            text_lengths=texts.lengths,
            texts=texts.kv,
            head=lm_head.weight.data_ptr(),
            head_scales=lm_head.scale.numpy(),
            logits=buffer(count, len(lm_head.weight)),
            qkv=buffer(count, 3 * self.width),
            attended=buffer(count, self.width),
            wide=buffer(count, plan.inner),
            normed=buffer(plan.threads, count, self.width),
            scores=buffer(plan.threads, scores),
            softening=np.full(scores, self.depth**-0.5, np.float32),
        )


@cache
def _helpers(count: int) -> tuple[SimpleQueue[Work], ...]:
    """Threads that do what is put into their queues, for as long as the process lives."""
    queues: tuple[SimpleQueue[Work], ...] = tuple(SimpleQueue() for _ in range(count))
    for queue in queues:
        Thread(target=_help, args=(queue,), daemon=True).start()
    return queues


def _help(queue: SimpleQueue[Work]) -> None:
    while True:
        queue.get()()


def _addresses(linears: Sequence[Any]) -> list[int]:
    """Of their weights, in the order of the kernel's numbers; 0 for those that there are not."""
    addresses = [linear.weight.data_ptr() for linear in linears]
    return addresses + [0] * (MATRICES - len(addresses))


def _scales(linears: Sequence[Any]) -> np.ndarray:
    return np.concatenate([linear.scale.numpy() for linear in linears])


def _biases(linears: Sequence[Any]) -> np.ndarray:
    zeros = [np.zeros(len(linear.weight), np.float32) for linear in linears]
    return np.concatenate(
        [
            none if linear.bias is None else linear.bias.numpy()
            for linear, none in zip(linears, zeros, strict=True)
        ]
    )


def _norms(norms: Sequence[Norm]) -> np.ndarray:
    """(NORMS, 2, width): weight and bias of each; what a layer has not is its first once more."""
    padded = [*norms, *[norms[0]] * (NORMS - len(norms))]
    return np.stack([_norm(norm) for norm in padded])


def _norm(norm: Norm) -> np.ndarray:
    """(2, width): weight and bias"""
    weight = norm.weight.float().numpy()
    bias = np.zeros_like(weight) if norm.bias is None else norm.bias.float().numpy()
    return np.stack([weight, bias])
