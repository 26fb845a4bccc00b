"""MusicGen's precision on this machine: the fastest one that is near enough to float32.

Some ten seconds, once for each checkpoint. float32 generates a second of music for a fixed prompt;
each candidate reads the same tokens. The error is the divergence from float32's distribution, with
guidance, which triples it, in nats for each token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from secondtake.core.generate import Progress
from secondtake.models.inference.autotune import (
    DecoderTiming,
    autotune_cached,
    compare_logits,
    fastest_precision,
    timed,
)
from secondtake.models.inference.quantization import FLOAT32, Precision, candidate_precisions
from secondtake.models.inference.sampling import seeded_generator
from secondtake.models.musicgen.conditioning import Conditioning, WindowRequest
from secondtake.models.musicgen.decoder import MusicGenDecoder, musicgen_decoder
from secondtake.models.musicgen.generation import (
    DelayPattern,
    apply_guidance,
    generate_tokens,
    prefill_cache,
)
from secondtake.models.musicgen.model import MusicGenComponents, load_decoder

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 2  # raised when something else is measured, or chosen in another way
PROMPT = "a calm piece for piano and strings"
FRAMES = 32  # that are compared, of four tokens each
TIMED = 8  # of these, the last; the first ones lay out the weights
FAR = 250  # positions that are looked back on in the batch that is timed: 5 s
BATCH_TAKES = 8  # in that batch
GUIDANCE, TOP_K, TEMPERATURE = 3.0, 250, 1.0  # MusicGen's usual ones
SEED = 32
# Nats for each token, as for Bark: a tenth of what another temperature that people use (1.3
# instead of 1) changes where some tokens are likely and most are not.
MOST_DIVERGENCE = 0.02


@dataclass(frozen=True)
class Autotuned:
    """The measurements, by precision."""

    measured: Mapping[str, DecoderTiming]

    @property
    def choice(self) -> Precision:
        """The fastest of what is near enough; float32 if nothing is."""
        costs = {
            name: (timing.take_seconds(BATCH_TAKES), timing.divergence)
            for name, timing in self.measured.items()
        }
        return fastest_precision(costs, MOST_DIVERGENCE)


def autotune(components: MusicGenComponents, progress: Progress) -> Autotuned:
    """The measurements for this checkpoint on this machine, cached or made now."""
    checkpoint, device = components.checkpoint, components.device
    facts = {"format": FORMAT, "weights": checkpoint.sha256}
    measure = partial(_measure_precisions, components, progress)
    timings = autotune_cached(checkpoint.cache, "musicgen", facts, device, measure, DecoderTiming)
    return Autotuned(timings)


def _measure_precisions(
    components: MusicGenComponents, progress: Progress
) -> dict[str, DecoderTiming]:
    """Every precision of this device. float32 comes first: the others read its tokens."""
    import torch

    conditioning, pad_token = components.encode_conditioning(PROMPT), components.pad_token
    precisions = (FLOAT32, *candidate_precisions(components.device))
    timings: dict[str, DecoderTiming] = {}
    request, reference = _request(conditioning), None
    for done, precision in enumerate(precisions):
        progress("measuring arithmetics", done, len(precisions))
        weights = load_decoder(components.checkpoint, precision, components.device)
        decoder = musicgen_decoder(weights)
        with torch.inference_mode():
            if request.tokens is None:
                generate_tokens(decoder, [request], pad_token, lambda phase, done, total: None)
            step_seconds, logits = _read(decoder, request, pad_token)
            batch_seconds = _batch_seconds(decoder, conditioning, pad_token)
        reference = logits if reference is None else reference
        error = compare_logits(logits, reference, TEMPERATURE)
        timings[precision.name] = DecoderTiming(step_seconds, batch_seconds, **error)
    return timings


def _request(conditioning: Conditioning) -> WindowRequest:
    import torch

    no_prefix = torch.zeros((0, 0), dtype=torch.long)
    generator = seeded_generator(SEED)
    return WindowRequest(conditioning, no_prefix, FRAMES, GUIDANCE, TEMPERATURE, TOP_K, generator)


def _read(decoder: MusicGenDecoder, request: WindowRequest, pad_token: int) -> tuple[float, Tensor]:
    """Seconds of a step, and the guided logits of each: (steps, codebooks, choices)."""
    import torch

    tokens = request.tokens
    assert tokens is not None  # float32 has generated them
    pattern = DelayPattern(request, decoder, pad_token)
    for step in range(pattern.steps):
        frames = [max(0, min(step - n, FRAMES - 1)) for n in range(pattern.codebooks)]
        pattern.write(step, torch.stack([tokens[n, frame] for n, frame in enumerate(frames)]))
    cache = prefill_cache(decoder, [pattern], 2, pattern.steps)
    logits, steps = [], []
    for step in range(pattern.steps):
        columns = _columns(decoder, pattern, step, 2)
        seconds, step_logits = timed(decoder.decode_step, columns, cache, range(2))
        logits.append(apply_guidance(step_logits.view(1, 2, pattern.codebooks, -1), [pattern]))
        steps.append(seconds)
    return median(steps[-TIMED:]), torch.cat(logits)


def _columns(decoder: MusicGenDecoder, pattern: DelayPattern, step: int, rows: int) -> Tensor:
    return pattern.columns[:, step].expand(rows, -1).to(decoder.weights.device)


def _batch_seconds(decoder: MusicGenDecoder, conditioning: Conditioning, pad_token: int) -> float:
    """Seconds of a step of BATCH_TAKES takes, each looking back on FAR positions."""
    requests = [_request(conditioning) for _ in range(BATCH_TAKES)]
    patterns = [DelayPattern(request, decoder, pad_token) for request in requests]
    cache = prefill_cache(decoder, patterns, 2, FAR + TIMED)
    cache.kv.zero_()
    rows = range(2 * BATCH_TAKES)
    cache.lengths = [max(FAR, length) for length in cache.lengths]
    columns = _columns(decoder, patterns[0], 0, len(rows))
    steps = [timed(decoder.decode_step, columns, cache, rows)[0] for _ in range(TIMED)]
    return median(steps[2:])
