"""Bark's precision on this machine, stage by stage: the fastest that is near enough to float32.

A stage decodes the same tokens in float32 and in each candidate, once (models.inference.autotune).
The error is the divergence of the distribution that tokens are drawn from, in nats for each token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from secondtake.core.generate import Progress
from secondtake.core.weights import Weights
from secondtake.models.bark.constants import (
    CODEBOOK_SIZE,
    FINE_WINDOW,
    N_COARSE_CODEBOOKS,
    N_FINE_CODEBOOKS,
    SEMANTIC_VOCAB_SIZE,
    STAGES,
)
from secondtake.models.bark.fine import fine_logits
from secondtake.models.bark.model import load_stage
from secondtake.models.inference.autotune import (
    DecoderTiming,
    autotune_cached,
    compare_logits,
    fastest_precision,
    timed,
)
from secondtake.models.inference.quantization import FLOAT32, Precision, candidate_precisions
from secondtake.models.inference.transformer import Decoder, TransformerWeights

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 4  # raised when something else is measured, or chosen in another way
PREFILLED, DECODED = 384, 24  # tokens read at once, and then one by one
TIMED = 6  # of these, the last; the first ones lay out the weights
BATCH_ROWS = 8  # of the batch that is timed
TEMPERATURE = 0.7  # at which distributions are compared; Bark's usual one
SEED = 49
# Nats for each token. Where some tokens are likely and most are not (random logits with a standard
# deviation of 3.2), a temperature of 0.77 instead of 0.7 moves what is drawn as far.
MOST_DIVERGENCE = 0.02

PrecisionByStage = Mapping[str, Precision]
EXACT: PrecisionByStage = dict.fromkeys(STAGES, FLOAT32)


@dataclass(frozen=True)
class Timing(DecoderTiming):
    """A precision in one stage. The fine stage has no steps: 0 s."""

    read_seconds: float = 0.0  # PREFILLED tokens at once (fine: one window of 1024 frames)


@dataclass(frozen=True)
class Autotuned:
    """The measurements, by stage and precision."""

    stages: Mapping[str, Mapping[str, Timing]]

    @property
    def choice(self) -> PrecisionByStage:
        """The fastest of what is near enough, stage by stage; float32 where nothing is."""
        costs = {
            stage: {name: (stage_seconds(stage, t), t.divergence) for name, t in timings.items()}
            for stage, timings in self.stages.items()
        }
        return {stage: fastest_precision(costs[stage], MOST_DIVERGENCE) for stage in STAGES}


def autotune(weights: Weights, device: str, progress: Progress) -> Autotuned:
    """The measurements for these weights on this machine, cached or made now."""
    facts = {"format": FORMAT, "weights": {stage: weights.hashes[stage] for stage in STAGES}}
    measure = partial(_measure_stages, weights, device, progress)
    return Autotuned(autotune_cached(weights.cache, "bark", facts, device, measure, Timing))


def stage_seconds(stage: str, timing: Timing) -> float:
    """The cost of a take of 14 s in a stage, in s."""
    step = timing.take_seconds(BATCH_ROWS)
    if stage == "text":
        return 700 * step
    return 2100 * step + 30 * timing.read_seconds if stage == "coarse" else timing.read_seconds


def measure_precision(
    weights: TransformerWeights, stage: str, reference: Tensor | None = None
) -> tuple[Timing, Tensor]:
    """One precision in its stage, and its logits (tokens, choices); `reference` is float32's."""
    import torch

    with torch.inference_mode():
        seconds, logits = _fine(weights) if stage == "fine" else _causal(weights, stage)
    timing = Timing(*seconds[1:], read_seconds=seconds[0])
    if reference is not None:
        timing = replace(timing, **compare_logits(logits, reference, TEMPERATURE))
    return timing, logits


def _causal(weights: TransformerWeights, stage: str) -> tuple[tuple[float, float, float], Tensor]:
    """Seconds of a prefill, of a step, of a batch's step; logits (1 + DECODED, choices)."""
    import torch

    decoder = Decoder(weights)
    coarse_end = SEMANTIC_VOCAB_SIZE + N_COARSE_CODEBOOKS * CODEBOOK_SIZE
    low, high = (0, SEMANTIC_VOCAB_SIZE) if stage == "text" else (SEMANTIC_VOCAB_SIZE, coarse_end)
    generator = torch.Generator().manual_seed(SEED)
    tokens = torch.randint(low, high, (PREFILLED + DECODED,), generator=generator)
    tokens = tokens.to(weights.device)
    cache = decoder.cache(BATCH_ROWS)
    prompt = decoder.embed(tokens[:PREFILLED])
    read_seconds, first = _timed_warm(lambda: decoder.prefill(prompt, cache, 0))
    steps = [timed(decoder.decode_step, token, cache, [0]) for token in tokens[PREFILLED:].split(1)]
    cache.lengths = [PREFILLED] * BATCH_ROWS
    step_batch = partial(decoder.decode_step, tokens[:BATCH_ROWS], cache, range(BATCH_ROWS))
    batch_seconds = [timed(step_batch)[0] for _ in range(TIMED + 2)]
    step_seconds = median(seconds for seconds, _ in steps[-TIMED:])
    logits = torch.cat([first, *(logits for _, logits in steps)])
    return (read_seconds, step_seconds, median(batch_seconds[-TIMED:])), logits


def _fine(weights: TransformerWeights) -> tuple[tuple[float, float, float], Tensor]:
    import torch

    generator = torch.Generator().manual_seed(SEED)
    window = torch.randint(CODEBOOK_SIZE, (FINE_WINDOW, N_FINE_CODEBOOKS), generator=generator)
    seconds, logits = _timed_warm(lambda: fine_logits(weights, window, N_FINE_CODEBOOKS - 1, 0))
    return (seconds, 0.0, 0.0), logits


def _timed_warm(work: Callable[[], Tensor]) -> tuple[float, Tensor]:
    """The second run: the first one reads the weights from the disk."""
    work()
    return timed(work)


def _measure_stages(
    weights: Weights, device: str, progress: Progress
) -> dict[str, dict[str, Timing]]:
    precisions = (FLOAT32, *candidate_precisions(device))  # the others are compared with float32
    stages: dict[str, dict[str, Timing]] = {stage: {} for stage in STAGES}
    references: dict[str, Tensor] = {}
    work = [(stage, precision) for stage in STAGES for precision in precisions]
    for done, (stage, precision) in enumerate(work):
        progress("measuring arithmetics", done, len(work))
        loaded = load_stage(weights, stage, precision, device)
        reference = references.get(stage)
        stages[stage][precision.name], logits = measure_precision(loaded, stage, reference)
        references.setdefault(stage, logits)
    return stages
