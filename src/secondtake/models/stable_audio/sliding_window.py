"""Attention within a sliding window, as the autoencoder SAME-L has it, without flash-attn.

Query i attends to the keys i - left … i + right, both included, of those that there are. That is
FlashAttention 2's `window_size=(left, right)`, which SAME-L was trained with. stable-audio-tools
computes it in one of three ways where flash-attn is missing; which, depends on whether a compiler
is found, and the last digits depend on that. Here there is one way, the same on every machine: a
block of queries with the keys that its windows reach, all blocks at once. Blocks are short, since
what a block computes outside its windows is masked: with 17 keys to either side, 32 queries at once
compute twice what they need, the 1024 of stable-audio-tools thirty times as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

BLOCK = 32  # queries


def windowed_attention(q: Tensor, k: Tensor, v: Tensor, left: int, right: int) -> Tensor:
    """Softmax attention of (batch, heads, tokens, width) each, of equal tokens: the same shape."""
    import torch
    from torch.nn.functional import pad, scaled_dot_product_attention

    batch, heads, tokens, width = q.shape
    blocks = -(-tokens // BLOCK)
    behind = blocks * BLOCK - tokens
    reach = left + BLOCK + right  # keys of a block

    def split(x: Tensor, before: int, after: int, length: int) -> Tensor:
        """(batch, heads, tokens, width) -> (batch * blocks, heads, length, width)."""
        windows = pad(x, (0, 0, before, after)).unfold(2, length, BLOCK)  # (…, blocks, width, n)
        return windows.permute(0, 2, 1, 4, 3).reshape(-1, heads, length, width)

    at_query = torch.arange(blocks * BLOCK, device=q.device).view(blocks, 1, BLOCK, 1)
    first_key = torch.arange(blocks, device=q.device).view(blocks, 1, 1, 1) * BLOCK - left
    at_key = first_key + torch.arange(reach, device=q.device)  # (blocks, 1, 1, reach)
    distance = at_key - at_query
    mask = (distance >= -left) & (distance <= right) & (at_key >= 0) & (at_key < tokens)
    mask |= at_query >= tokens  # the rest of the last block, cut off below: any key but none
    attended = scaled_dot_product_attention(
        split(q, 0, behind, BLOCK),
        split(k, left, behind + right, reach),
        split(v, left, behind + right, reach),
        attn_mask=mask.repeat(batch, 1, 1, 1),
    )
    whole = attended.view(batch, blocks, heads, BLOCK, width).transpose(1, 2)
    return whole.reshape(batch, heads, blocks * BLOCK, width)[:, :, :tokens]


def use_windowed_attention(autoencoder: Module) -> None:
    """Let the attentions of stable-audio-tools' autoencoder that have a window compute it here."""
    for block in autoencoder.modules():
        if getattr(block, "sliding_window_latents", None) is None:
            continue
        for attention in block.modules():
            if hasattr(attention, "apply_attn"):
                attention.apply_attn = _apply_attn


def _apply_attn(
    q: Tensor, k: Tensor, v: Tensor, flash_attn_sliding_window: tuple[int, int], **_: Any
) -> Tensor:
    """In place of stable-audio-tools' method, whose other options SAME-L does not use."""
    return windowed_attention(q, k, v, *flash_attn_sliding_window)
