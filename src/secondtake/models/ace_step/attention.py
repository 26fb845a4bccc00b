"""What ACE-Step's layers are made of: norms, rotary embeddings, grouped and windowed attention.

Queries, keys and values are (rows, positions, heads, head_dim). A head of keys serves several heads
of queries: they are copied for each, which PyTorch's own grouping does too, but on a CPU leaves its
quick kernel for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

QUERIES = 128  # of windowed attention that are computed at once


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x (…, width) divided by its root mean square, times the weight."""
    return x.mul(_inverse_rms(x, eps)).mul_(weight)


def adaptive_norm(x: Tensor, weight: Tensor, shift: Tensor, eps: float) -> Tensor:
    """The norm of x (rows, n, width) times `weight`, plus `shift`: both (rows or 1, 1, width)."""
    import torch

    return torch.addcmul(shift, x * _inverse_rms(x, eps), weight)


def _inverse_rms(x: Tensor, eps: float) -> Tensor:
    import torch

    norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return norm.square_().div_(x.shape[-1]).add_(eps).rsqrt_()


def rotary_tables(count: int, head_dim: int, theta: float, device: str) -> tuple[Tensor, Tensor]:
    """Cosines and signed sines of the positions, (count, 1, head_dim) each."""
    import torch

    exponents = torch.arange(0, head_dim, 2, dtype=torch.float32, device=device) / head_dim
    positions = torch.arange(count, dtype=torch.float32, device=device)
    angles = torch.outer(positions, 1.0 / theta**exponents)  # (count, head_dim / 2)
    cosines, sines = angles.cos(), angles.sin()
    return torch.cat((cosines, cosines), 1)[:, None], torch.cat((-sines, sines), 1)[:, None]


def rotate(x: Tensor, tables: tuple[Tensor, Tensor]) -> Tensor:
    """x (rows, n, heads, head_dim) turned by its positions: halves of a head are pairs."""
    cosines, sines = tables
    half = x.shape[-1] // 2
    swapped = x.roll(half, -1)  # of two halves, each in the other's place
    return x.mul(cosines).addcmul_(swapped, sines)


def attend(query: Tensor, key: Tensor, value: Tensor, window: int | None = None) -> Tensor:
    """(rows, n, heads, head_dim), twice (rows, m, kv heads, head_dim) -> (rows, n, heads * dim).

    window: positions to either side that a query reaches (then n is m); None for all.
    """
    import torch

    count = query.shape[1]
    if window is None or count <= window + 1:
        return _attend(query, key, value)
    return torch.cat(
        [
            _attend_block(query, key, value, start, min(start + QUERIES, count), window)
            for start in range(0, count, QUERIES)
        ],
        dim=1,
    )


def _attend_block(
    query: Tensor, key: Tensor, value: Tensor, start: int, stop: int, window: int
) -> Tensor:
    """The queries from start to stop, with the keys that they reach."""
    import torch

    low, high = max(start - window, 0), min(stop + window, key.shape[1])
    positions = torch.arange(low, high, device=query.device)
    distance = torch.arange(start, stop, device=query.device)[:, None] - positions
    mask = torch.zeros(distance.shape, dtype=query.dtype, device=query.device)
    mask.masked_fill_(distance.abs() > window, float("-inf"))
    return _attend(query[:, start:stop], key[:, low:high], value[:, low:high], mask)


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    import torch

    if (share := query.shape[2] // key.shape[2]) > 1:
        key, value = (states.repeat_interleave(share, dim=2) for states in (key, value))
    heads_first = (states.transpose(1, 2) for states in (query, key, value))
    attended = torch.nn.functional.scaled_dot_product_attention(*heads_first, attn_mask=mask)
    return attended.transpose(1, 2).flatten(2)
