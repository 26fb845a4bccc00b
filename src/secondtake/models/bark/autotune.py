"""Which arithmetic Bark uses on this machine: the fastest one that is near enough to float32.

A few seconds for each stage, once (secondtake.models.inference.autotune).

What each arithmetic costs and gives on this machine, measured on the checkpoint itself.

A stage decodes the same tokens in float32 and in each candidate. What counts is the distribution
that tokens are drawn from: its divergence from float32's is the error, in nats for each token.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from secondtake.core.generate import Progress
from secondtake.core.weights import Weights
from secondtake.models.bark.constants import CODEBOOK_TOKENS, CODEBOOKS, SEMANTIC_TOKENS, STAGES
from secondtake.models.bark.fine import SEEN, look
from secondtake.models.bark.model import read_stage
from secondtake.models.inference.autotune import fastest, measured_once
from secondtake.models.inference.quantization import ARITHMETICS, FLOAT32, Arithmetic, candidates
from secondtake.models.inference.transformer import Decoder, Parts

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


FORMAT = 4  # raised when something else is measured, or chosen in another way
# Nats for each token. Where some tokens are likely and most are not (random logits with a standard
# deviation of 3.2), a temperature of 0.77 instead of 0.7 moves what is drawn as far.
MOST_DIVERGENCE = 0.02

Choice = Mapping[str, Arithmetic]  # by stage
EXACT: Choice = dict.fromkeys(STAGES, FLOAT32)


@dataclass(frozen=True)
class Probe:
    """What was measured: by stage and arithmetic."""

    stages: Mapping[str, Mapping[str, Measured]]

    @property
    def choice(self) -> Choice:
        """The fastest of what is near enough, stage by stage; float32 where nothing is."""
        return {stage: _best(stage, self.stages[stage]) for stage in STAGES}


def _best(stage: str, measured: Mapping[str, Measured]) -> Arithmetic:
    seconds = {name: stage_seconds(stage, one) for name, one in measured.items()}
    errors = {name: one.divergence for name, one in measured.items()}
    return ARITHMETICS[fastest(seconds, errors, MOST_DIVERGENCE, FLOAT32.name)]


def probe(weights: Weights, device: str, progress: Progress) -> Probe:
    """What was measured for these weights on this machine; measured now if it was not yet."""
    facts = {"format": FORMAT, "weights": {stage: weights.hashes[stage] for stage in STAGES}}

    def measure_now() -> dict[str, Any]:
        return _each(_probe(weights, device, progress).stages, asdict)

    def read(found: Mapping[str, Any]) -> Probe:
        return Probe(_each(found, lambda one: Measured(**one)))

    return measured_once(weights.cache, "bark", facts, device, measure_now, read)


def _each(stages: Mapping[str, Mapping[str, Any]], change: Callable[[Any], Any]) -> dict[str, Any]:
    """By stage and arithmetic, every measurement changed."""
    return {
        stage: {name: change(one) for name, one in measured.items()}
        for stage, measured in stages.items()
    }


def _probe(weights: Weights, device: str, progress: Progress) -> Probe:
    each = (FLOAT32, *candidates(device))  # float32 first: the others are compared with it
    stages: dict[str, dict[str, Measured]] = {stage: {} for stage in STAGES}
    exact: dict[str, Any] = {}  # its logits
    work = [(stage, arithmetic) for stage in STAGES for arithmetic in each]
    for done, (stage, arithmetic) in enumerate(work):
        progress("measuring arithmetics", done, len(work))
        parts = read_stage(weights, stage, arithmetic, device)
        stages[stage][arithmetic.name], logits = measure(parts, stage, exact.get(stage))
        exact.setdefault(stage, logits)
    return Probe(stages)
