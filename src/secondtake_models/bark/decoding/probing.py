"""What each arithmetic costs and gives on this machine, measured on the checkpoint itself.

A stage decodes the same tokens in float32 and in each candidate. What counts is the distribution
that tokens are drawn from: its divergence from float32's is the error, in nats for each token.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from secondtake_models.bark.decoding.fine import SEEN, look
from secondtake_models.bark.decoding.stages import CODEBOOK_TOKENS, CODEBOOKS, SEMANTIC_TOKENS
from secondtake_models.decoding.transformer import Decoder, Parts

READ, DECODED = 384, 24  # tokens read at once, and then one by one
TIMED = 6  # of these, the last; the first ones lay out the weights
TOGETHER = 8  # rows of the batch that is timed
TEMPERATURE = 0.7  # at which distributions are compared; Bark's usual one
SEED = 49


@dataclass(frozen=True)
class Measured:
    """One arithmetic in one stage."""

    read_seconds: float  # READ tokens at once (fine: one look at 1024 frames)
    step_seconds: float  # one token of one row (fine: 0)
    batch_seconds: float  # one token of TOGETHER rows (fine: 0)
    divergence: float = 0.0  # from float32, nats for each token (Kullback-Leibler)
    same_choice: float = 1.0  # share of tokens of which float32 holds the same most likely
    logit_error: float = 0.0  # root mean square, as a share of the logits' standard deviation


def measure(parts: Parts, stage: str, logits: Any = None) -> tuple[Measured, Any]:
    """One arithmetic in its stage, and its logits (tokens, choices); `logits` are float32's."""
    import torch

    with torch.inference_mode():
        times, found = _fine(parts) if stage == "fine" else _causal(parts, stage)
    if logits is None:
        return Measured(*times), found
    return Measured(*times, *_compare(found, logits)), found


def _causal(parts: Parts, stage: str) -> tuple[tuple[float, float, float], Any]:
    import torch

    decoder = Decoder(parts)
    low = 0 if stage == "text" else SEMANTIC_TOKENS
    high = SEMANTIC_TOKENS if stage == "text" else SEMANTIC_TOKENS + 2 * CODEBOOK_TOKENS
    chosen = torch.Generator().manual_seed(SEED)
    tokens = torch.randint(low, high, (READ + DECODED,), generator=chosen).to(parts.device)
    cache = decoder.cache(TOGETHER)
    seconds, first = _warm(lambda: decoder.begin(decoder.embed(tokens[:READ]), cache, 0))
    logits, steps = [first], []
    for n in range(READ, READ + DECODED):
        took, found = _timed(lambda n=n: decoder.go_on(tokens[n : n + 1], cache, [0]))  # type: ignore[misc]
        logits.append(found)
        steps.append(took)
    cache.lengths = [READ] * TOGETHER
    rows = range(TOGETHER)
    together = [
        _timed(lambda: decoder.go_on(tokens[:TOGETHER], cache, rows))[0] for _ in range(TIMED + 2)
    ]
    times = (seconds, median(steps[-TIMED:]), median(together[-TIMED:]))
    return times, torch.cat(logits)


def _fine(parts: Parts) -> tuple[tuple[float, float, float], Any]:
    import torch

    chosen = torch.Generator().manual_seed(SEED)
    window = torch.randint(CODEBOOK_TOKENS, (SEEN, CODEBOOKS), generator=chosen)
    seconds, logits = _warm(lambda: look(parts, window, CODEBOOKS - 1, 0))
    return (seconds, 0.0, 0.0), logits


def _warm(work: Callable[[], Any]) -> tuple[float, Any]:
    """The second time: the first one reads the weights from the disk."""
    work()
    return _timed(work)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    import torch

    start = time.perf_counter()
    result = work()
    if result.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start, result


def _compare(found: Any, true: Any) -> tuple[float, float, float]:
    """Divergence, share of equal choices, logit error."""
    difference = (found - true).square().mean().sqrt() / true.std()
    expected = (true / TEMPERATURE).log_softmax(-1)
    gap = (expected - (found / TEMPERATURE).log_softmax(-1)) * expected.exp()
    same = (found.argmax(-1) == true.argmax(-1)).float().mean()
    return gap.sum(-1).mean().item(), same.item(), difference.item()


def stage_seconds(stage: str, measured: Measured) -> float:
    """What a take of 14 s costs in a stage: the mean of one alone and one among TOGETHER."""
    step = (measured.step_seconds + measured.batch_seconds / TOGETHER) / 2
    if stage == "text":
        return 700 * step
    return 2100 * step + 30 * measured.read_seconds if stage == "coarse" else measured.read_seconds
