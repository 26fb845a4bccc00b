"""One decode step of a causal transformer, whole, compiled for this processor by numba.

Every thread runs `decode` for the same step. Each computes its share of the outputs of every
product, and its share of the heads; where one needs what another computed, all wait at a barrier.
Norms are so little work that each thread computes them for itself. Nothing here may raise (hence
numpy's error model): the other threads would wait for ever.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.core import config

from secondtake.core.files import sha256_of
from secondtake.models.inference import simd

# numba keeps what it compiled until this file changes; what it compiles in here changes elsewhere.
if config.CACHE_DIR:
    folder = f"simd-{sha256_of(Path(simd.__file__))[:12]}-numpy-{np.__version__}"
    config.CACHE_DIR = str(Path(config.CACHE_DIR) / folder)

EPSILON = np.float32(1e-5)  # of the norms
QKV, OUT, FC, PROJ, CROSS_Q, CROSS_OUT = range(6)  # a layer's matrices
ATTENTION, FEED_FORWARD, CROSS = range(3)  # a layer's norms
SPINS = 20_000  # looks at the barrier before a thread lets others have the processor
COUNT, ROUND = 0, 8  # places in the barrier, each in a cache line of its own
TILE = 8  # outputs that are computed together, in any of the tiles below

_bfloat16_dots = simd.dots("bfloat16", TILE, 1)
_bfloat16_dot = simd.dots("bfloat16", 1, 1)
_float32_dot = simd.dots("float32", 1, 1)
_bfloat16_sum = simd.weighted_sum("bfloat16")
_float32_sum = simd.weighted_sum("float32")
_exp = simd.map_row(simd.exp)
_gelu = simd.map_row(simd.gelu)
_let_others_run = types.ExternalFunction("sched_yield", types.int32())


class Plan(NamedTuple):
    """What is the same in every step. Addresses are int64, all numbers beside them float32."""

    matrices: Any  # (layers, 6) addresses of int8 (out, in); those of CROSS are 0 without it
    scales: Any  # (layers, all outputs): of QKV, then OUT, and so on
    biases: Any  # the same
    norms: Any  # (layers + 1, 3, 2, width): weight and bias; of the last, ATTENTION: the final one
    heads: int  # of the attention
    inner: int  # outputs of FC
    threads: int
    barrier: Any  # (16,) int64


class Step(NamedTuple):
    """One step: its rows, its cache and its buffers."""

    x: Any  # (rows, width) float32: embeddings; hidden states at the end
    rows: Any  # (rows,) int64: of the cache
    positions: Any  # (rows,) int64: the new one of each
    kv: Any  # (layers, 2, cache rows, heads, positions, head_dim) bfloat16, as int16
    text_of: Any  # (rows,) int64: the text that a row attends to; -1: none
    text_lengths: Any  # (texts,) int64
    texts: Any  # (layers, 2, texts, heads, time, head_dim) float32
    head: int  # address of int16 (choices, width)
    head_scales: Any  # (choices,) float32
    logits: Any  # (rows, choices) float32
    qkv: Any  # (rows, 3 * width) float32
    attended: Any  # (rows, width) float32
    wide: Any  # (rows, inner) float32
    normed: Any  # (threads, rows, width) float32
    scores: Any  # (threads, positions) float32
    softening: Any  # (positions,) float32: 1 / sqrt(head_dim), the scale of every score


def matmul(kind: str, size: int) -> Any:
    """(weights, scales, x, y, rows, n, outputs, first, last): y[:, first:last] = x @ weights.T

    weights: (outputs, n) of `kind`, `size` bytes each. A row's sums are the same among any others.
    """
    one, single = simd.dots(kind, TILE, 1), simd.dots(kind, 1, 1)
    two = simd.dots(kind, TILE // 2, 2)
    tall = 4 if simd.LANES == 16 else 2  # as many sums as there are registers for
    four = simd.dots(kind, tall, 4)

    @njit(nogil=True, error_model="numpy")
    def product(
        weights: Any,
        scales: Any,
        x: Any,
        y: Any,
        rows: Any,
        n: Any,
        outputs: Any,
        first: Any,
        last: Any,
    ) -> None:
        output = first
        while output < last:
            w, s = weights + output * n * size, scales + 4 * output
            row, step = 0, TILE if last - output >= TILE else 1
            while row < rows:
                at, to = x + 4 * row * n, y + 4 * (row * outputs + output)
                if step == 1:
                    single((w, s, at, to, outputs, n))
                    row += 1
                elif rows - row >= 4:
                    for k in range(0, TILE, tall):
                        four((w + k * n * size, s + 4 * k, at, to + 4 * k, outputs, n))
                    row += 4
                elif rows - row >= 2:
                    for k in range(0, TILE, TILE // 2):
                        two((w + k * n * size, s + 4 * k, at, to + 4 * k, outputs, n))
                    row += 2
                else:
                    one((w, s, at, to, outputs, n))
                    row += 1
            output += step

    return product


_int8_matmul = matmul("int8", 1)
_int16_matmul = matmul("int16", 2)


@njit(nogil=True, error_model="numpy")
def _wait_for_all(barrier: Any, threads: Any) -> None:
    """Until every thread is here. Spins; on a busy machine, lets others run in between."""
    if threads == 1:
        return
    address = barrier.ctypes.data
    turn = simd.load_now(address + 8 * ROUND)
    if simd.fetch_add(address + 8 * COUNT, 1) == threads - 1:
        simd.fetch_add(address + 8 * COUNT, -threads)
        simd.fetch_add(address + 8 * ROUND, 1)
        return
    spins = 0
    while simd.load_now(address + 8 * ROUND) == turn:
        spins += 1
        if spins > SPINS:
            _let_others_run()


@njit(nogil=True, error_model="numpy")
def _share(count: Any, step: Any, thread: Any, threads: Any) -> Any:
    """The part of range(count) that is a thread's, in whole steps."""
    steps = (count + step - 1) // step
    first, last = steps * thread // threads, steps * (thread + 1) // threads
    return first * step, min(count, last * step)


@njit(nogil=True, error_model="numpy", fastmath=True)
def _norm(x: Any, weight: Any, bias: Any, y: Any) -> None:
    """Layer norm of each row: (rows, width)"""
    rows, width = x.shape
    for row in range(rows):
        total = np.float32(0)
        for c in range(width):
            total += x[row, c]
        mean = np.float32(total / width)
        square = np.float32(0)
        for c in range(width):
            square += (x[row, c] - mean) * (x[row, c] - mean)
        scale = np.float32(1) / np.sqrt(np.float32(square / width) + EPSILON)
        for c in range(width):
            y[row, c] = (x[row, c] - mean) * scale * weight[c] + bias[c]


@njit(nogil=True, error_model="numpy")
def _append(vector: Any, cached: Any) -> None:
    """float32 numbers into a place of bfloat16 ones, rounded to the nearest, to even if tied."""
    bits = vector.view(np.int32)
    for c in range(len(bits)):
        number = np.int64(bits[c])
        cached[c] = (number + 0x7FFF + ((number >> 16) & 1)) >> 16


@njit(nogil=True, error_model="numpy", fastmath=True)
def _softmax(scores: Any, count: Any) -> Any:
    """e**(score - the highest) in place; 1 / their sum."""
    highest = scores[0]
    for p in range(count):
        highest = max(highest, scores[p])
    for p in range(count):
        scores[p] -= highest
    _exp((scores.ctypes.data, count))
    total = np.float32(0)
    for p in range(count):
        total += scores[p]
    return np.float32(1) / total


@njit(nogil=True, error_model="numpy")
def _attend(plan: Any, step: Any, layer: Any, thread: Any) -> None:
    """This thread's heads: keys and values appended to the cache, then attention to it."""
    rows, width = step.x.shape
    depth = width // plan.heads
    scores = step.scores[thread]
    first, last = _share(rows * plan.heads, 1, thread, plan.threads)
    for unit in range(first, last):
        row, head = unit // plan.heads, unit % plan.heads
        q = step.qkv[row, head * depth :][:depth]
        k = step.qkv[row, width + head * depth :][:depth]
        v = step.qkv[row, 2 * width + head * depth :][:depth]
        cache_row, position = step.rows[row], step.positions[row]
        keys, values = step.kv[layer, 0, cache_row, head], step.kv[layer, 1, cache_row, head]
        _append(k, keys[position])
        _append(v, values[position])
        count, done = position + 1, 0
        base, query, soft = keys.ctypes.data, q.ctypes.data, step.softening.ctypes.data
        while done + TILE <= count:
            at = scores.ctypes.data + 4 * done
            _bfloat16_dots((base + 2 * done * depth, soft, query, at, TILE, depth))
            done += TILE
        while done < count:
            at = scores.ctypes.data + 4 * done
            _bfloat16_dot((base + 2 * done * depth, soft, query, at, 1, depth))
            done += 1
        scale = _softmax(scores, count)
        y = step.attended[row, head * depth :][:depth]
        _bfloat16_sum((values.ctypes.data, scores.ctypes.data, y.ctypes.data, count, depth))
        for c in range(depth):
            y[c] *= scale


@njit(nogil=True, error_model="numpy")
def _attend_to_text(plan: Any, step: Any, layer: Any, thread: Any) -> None:
    """This thread's heads of the rows that have a text; the queries are in step.qkv."""
    rows, width = step.x.shape
    depth = width // plan.heads
    scores = step.scores[thread]
    soft = step.softening.ctypes.data
    first, last = _share(rows * plan.heads, 1, thread, plan.threads)
    for unit in range(first, last):
        row, head = unit // plan.heads, unit % plan.heads
        y = step.attended[row, head * depth :][:depth]
        text = step.text_of[row]
        if text < 0:
            continue
        count = step.text_lengths[text]
        query = step.qkv.ctypes.data + 4 * (row * width + head * depth)
        keys, values = step.texts[layer, 0, text, head], step.texts[layer, 1, text, head]
        for p in range(count):
            at = scores.ctypes.data + 4 * p
            _float32_dot((keys.ctypes.data + 4 * p * depth, soft, query, at, 1, depth))
        scale = _softmax(scores, count)
        _float32_sum((values.ctypes.data, scores.ctypes.data, y.ctypes.data, count, depth))
        for c in range(depth):
            y[c] *= scale


@njit(nogil=True, error_model="numpy")
def _product(
    plan: Any, layer: Any, matrix: Any, offset: Any, x: Any, y: Any, outputs: Any, thread: Any
) -> Any:
    """This thread's outputs of a layer's matrix, with their bias; the outputs from and to."""
    rows, n = x.shape
    first, last = _share(outputs, TILE, thread, plan.threads)
    scales = plan.scales[layer, offset:].ctypes.data
    weights = plan.matrices[layer, matrix]
    _int8_matmul(weights, scales, x.ctypes.data, y.ctypes.data, rows, n, outputs, first, last)
    bias = plan.biases[layer, offset:]
    for row in range(rows):
        for output in range(first, last):
            y[row, output] += bias[output]
    return first, last


@njit(nogil=True, error_model="numpy")
def _add(x: Any, y: Any, first: Any, last: Any) -> None:
    for row in range(len(x)):
        for output in range(first, last):
            x[row, output] += y[row, output]


@njit(nogil=True, error_model="numpy")
def _layer(plan: Any, step: Any, layer: Any, thread: Any) -> None:
    """One block. Products that are added to x pass through step.qkv."""
    rows, width = step.x.shape
    x, normed, norms = step.x, step.normed[thread], plan.norms[layer]
    narrow = step.qkv.reshape(-1)[: rows * width].reshape(rows, width)

    _norm(x, norms[ATTENTION, 0], norms[ATTENTION, 1], normed)
    _product(plan, layer, QKV, 0, normed, step.qkv, 3 * width, thread)
    _wait_for_all(plan.barrier, plan.threads)
    _attend(plan, step, layer, thread)
    _wait_for_all(plan.barrier, plan.threads)
    offset = 3 * width
    first, last = _product(plan, layer, OUT, offset, step.attended, narrow, width, thread)
    _add(x, narrow, first, last)
    _wait_for_all(plan.barrier, plan.threads)
    if plan.matrices[layer, CROSS_Q]:
        offset = 5 * width + plan.inner
        _norm(x, norms[CROSS, 0], norms[CROSS, 1], normed)
        _product(plan, layer, CROSS_Q, offset, normed, narrow, width, thread)
        _wait_for_all(plan.barrier, plan.threads)
        _attend_to_text(plan, step, layer, thread)
        _wait_for_all(plan.barrier, plan.threads)
        first, last = _product(
            plan, layer, CROSS_OUT, offset + width, step.attended, narrow, width, thread
        )
        for row in range(rows):
            if step.text_of[row] >= 0:
                for output in range(first, last):
                    x[row, output] += narrow[row, output]
        _wait_for_all(plan.barrier, plan.threads)
    _norm(x, norms[FEED_FORWARD, 0], norms[FEED_FORWARD, 1], normed)
    first, last = _product(plan, layer, FC, 4 * width, normed, step.wide, plan.inner, thread)
    for row in range(rows):
        _gelu((step.wide.ctypes.data + 4 * (row * plan.inner + first), last - first))
    _wait_for_all(plan.barrier, plan.threads)
    offset = 4 * width + plan.inner
    first, last = _product(plan, layer, PROJ, offset, step.wide, narrow, width, thread)
    _add(x, narrow, first, last)
    _wait_for_all(plan.barrier, plan.threads)


@njit(nogil=True, error_model="numpy", cache=True)
def decode(plan: Any, step: Any, thread: Any) -> None:
    """One step, this thread's share: step.logits, and its keys and values in the cache."""
    rows, width = step.x.shape
    for layer in range(len(plan.matrices)):
        _layer(plan, step, layer, thread)
    normed, norm = step.normed[thread], plan.norms[-1, ATTENTION]
    _norm(step.x, norm[0], norm[1], normed)
    choices = step.logits.shape[1]
    first, last = _share(choices, TILE, thread, plan.threads)
    scales, y = step.head_scales.ctypes.data, step.logits.ctypes.data
    _int16_matmul(step.head, scales, normed.ctypes.data, y, rows, width, choices, first, last)
    _wait_for_all(plan.barrier, plan.threads)
