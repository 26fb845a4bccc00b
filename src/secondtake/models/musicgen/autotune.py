"""MusicGen's precision on this machine: the fastest one that is near enough to float32.

Some ten seconds, once for each checkpoint. float32 generates a second of music for a fixed prompt;
each candidate reads the same tokens. The error is the divergence from float32's distribution, with
guidance, which triples it, in nats for each token. What is timed is what makes takes: the decoder's
steps with their draws, in blocks between which the tokens are looked at.
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
from secondtake.models.inference.decoders import fastest_decoder
from secondtake.models.inference.quantization import FLOAT32, Precision, candidate_precisions
from secondtake.models.inference.sampling import seeded_generator
from secondtake.models.inference.transformer import LOOK_EVERY
from secondtake.models.musicgen.components import MusicGenComponents
from secondtake.models.musicgen.conditioning import Conditioning, WindowRequest
from secondtake.models.musicgen.decoder import MusicGenDecoder
from secondtake.models.musicgen.generation import (
    DelayPattern,
    column_draw,
    first_columns,
    generate_tokens,
    prefill_cache,
)
from secondtake.models.musicgen.guided_draw import GuidedLogits
from secondtake.models.musicgen.model import load_decoder

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 3  # raised when something else is measured, or chosen in another way
PROMPT = "a calm piece for piano and strings"
FRAMES = 32  # that are compared, of four tokens each
TIMED = 8  # blocks of steps; the first ones lay out the weights, or capture graphs
UNTIMED = 2  # of these
FAR = 250  # positions that are looked back on in the steps that are timed: 5 s
ROOM = FAR + TIMED * LOOK_EVERY
BATCH_TAKES = 8  # in the batch that is timed, if they fit on the device
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

    request, pad_token = _request(components.encode_conditioning(PROMPT)), components.pad_token
    precisions = (FLOAT32, *candidate_precisions(components.device))
    takes, reference = _batch_takes(components), None
    timings: dict[str, DecoderTiming] = {}
    for done, precision in enumerate(precisions):
        progress("measuring arithmetics", done, len(precisions))
        needed = components.decoder_bytes(precision, 2 * takes, ROOM)
        components.make_room(needed, f"decoder in {precision.name}")
        weights = load_decoder(components.checkpoint, precision, components.device)
        decoder = fastest_decoder(weights, MusicGenDecoder)
        with torch.inference_mode():
            if request.tokens is None:
                generate_tokens(decoder, [request], pad_token, lambda phase, done, total: None)
            logits = _read(decoder, request, pad_token)
            seconds = [_step_seconds(decoder, [request] * n, pad_token) for n in (1, takes)]
        del weights, decoder  # before the next is there
        seconds[1] *= BATCH_TAKES / takes
        reference = logits if reference is None else reference
        error = compare_logits(logits, reference, TEMPERATURE)
        timings[precision.name] = DecoderTiming(*seconds, **error)
    return timings


def _batch_takes(components: MusicGenComponents) -> int:
    if components.device == "cpu":
        return BATCH_TAKES
    return components.fitting_takes(BATCH_TAKES, FLOAT32, 2, ROOM)


def _request(conditioning: Conditioning) -> WindowRequest:
    import torch

    no_prefix = torch.zeros((0, 0), dtype=torch.long)
    generator = seeded_generator(SEED)
    return WindowRequest(conditioning, no_prefix, FRAMES, GUIDANCE, TEMPERATURE, TOP_K, generator)


def _read(decoder: MusicGenDecoder, request: WindowRequest, pad_token: int) -> Tensor:
    """The guided logits of steps that read the request's tokens: (steps, codebooks, choices)"""
    import torch

    tokens = request.tokens
    assert tokens is not None  # float32 has generated them
    pattern = DelayPattern(request, decoder, pad_token)
    for step in range(pattern.steps):
        frames = [max(0, min(step - n, FRAMES - 1)) for n in range(pattern.codebooks)]
        column = torch.stack([tokens[n, frame] for n, frame in enumerate(frames)])
        pattern.write(step, column[None])
    cache = prefill_cache(decoder, [pattern], pattern.steps)
    draw = GuidedLogits(pattern.codebooks, pad_token, pattern.request.is_guided)
    values = pattern.draw_values(pattern.steps)[:, None].to(decoder.weights.device)
    noise = torch.zeros_like(values[..., :1])  # nothing is drawn
    logits = []
    for start in range(0, pattern.steps, decoder.look_every):
        block = slice(start, start + decoder.look_every)
        columns = first_columns(decoder, [pattern], start)
        logits.append(decoder.draw_steps(columns, cache, [draw], noise[block], values[block]))
    return torch.cat(logits).view(pattern.steps, pattern.codebooks, pad_token)


def _step_seconds(decoder: MusicGenDecoder, requests: list[WindowRequest], pad_token: int) -> float:
    """Seconds of a step of these takes together, each looking back on FAR positions."""
    import torch

    patterns = [DelayPattern(each, decoder, pad_token) for each in requests]
    block, device = decoder.look_every, decoder.weights.device
    cache = prefill_cache(decoder, patterns, ROOM)
    cache.lengths = [max(FAR, length) for length in cache.lengths]
    cache.kv.zero_()
    draw, columns = column_draw(patterns), first_columns(decoder, patterns, 0)
    values = torch.stack([each.draw_values(each.steps) for each in patterns], 1)
    values = values[:block].to(device)
    noise = torch.ones((block, len(patterns), draw.codebooks, pad_token), device=device)
    blocks = [
        timed(decoder.draw_steps, columns, cache, [draw], noise, values)[0] for _ in range(TIMED)
    ]
    return median(blocks[UNTIMED:]) / block
