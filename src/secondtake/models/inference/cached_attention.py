"""Attention of a causal transformer's rows: to themselves, and to what is cached of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def scaled_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, *, causal: bool = False
) -> Tensor:
    """PyTorch's scaled_dot_product_attention. q, k, v: (…, time, head_dim); mask: added to scores.

    On MPS that is silently wrong for some strides and masks (pytorch 163597, 184180): there it is
    computed product by product.
    """
    import torch

    if q.device.type != "mps":
        attend = torch.nn.functional.scaled_dot_product_attention
        return attend(q, k, v, attn_mask=mask, is_causal=causal)
    scores = (q.float() * q.shape[-1] ** -0.5) @ k.float().transpose(-2, -1)
    if causal:
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
        scores = scores.masked_fill(hidden, -torch.inf)
    scores = scores if mask is None else scores + mask
    return (scores.softmax(-1) @ v.float()).to(v.dtype)


def attend(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Attention within sequences. q, k, v: (rows, time, heads, head_dim) -> (rows, time, width)"""
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))
    return scaled_attention(q, k, v, causal=causal).transpose(1, 2).flatten(2)


def attend_cache(
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
    query = q[:, :, None].to(kv.dtype)
    return scaled_attention(query, kv[0], kv[1]).to(q.dtype).reshape(len(q), -1)
