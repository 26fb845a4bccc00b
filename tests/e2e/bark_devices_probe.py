"""Bark's decoder on every device that there is, and on a simulated card:

    python bark_devices_probe.py FOLDER

FOLDER is written by tests/tiny/bark.py. Prints JSON.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast
from unittest import mock

import numpy as np
import torch
from bark_decoding_probe import KINDS, SHORT, a_state, generate
from bark_tiny import made_up_voice, weights_in
from tests.simulated.accelerator import Accelerator

from secondtake.core.weights import Weights
from secondtake.models.bark.autotune import EXACT, Choice, ForcedDraw
from secondtake.models.bark.coarse import LONG_STRIDES
from secondtake.models.bark.constants import CODEBOOK_SIZE, STAGES
from secondtake.models.bark.model import BarkComponents, load_stage
from secondtake.models.bark.window import WindowState
from secondtake.models.inference import cuda_graphs, graphs
from secondtake.models.inference.decoders import fastest_decoder
from secondtake.models.inference.noise_ahead import NoiseAhead
from secondtake.models.inference.quantization import FLOAT32, candidate_precisions
from secondtake.models.inference.transformer import Decoder, KVCache

BEGINNINGS = (300, 257, 490)  # tokens that each row has read: the last one's next bucket is near
TOKENS, STEPS = 12_000, 47  # of which 20 are a block
DRAWS = [ForcedDraw(CODEBOOK_SIZE, head) for head in range(2)]


def drawn_one_by_one(generator: torch.Generator, draws: int, shape: tuple[int, ...]) -> Any:
    return torch.stack([torch.empty(shape).exponential_(generator=generator) for _ in range(draws)])


def noise_ahead(rows: int, ahead: int, shape: tuple[int, ...]) -> dict[str, bool]:
    """Whether its numbers, and where the generators stand, are those of draws one by one.

    Some rows leave in the middle of a block, the others at another place of a later one.
    """
    ours = [torch.Generator().manual_seed(n) for n in range(rows)]
    plain = [torch.Generator().manual_seed(n) for n in range(rows)]
    sizes = (1, 20, 20, 7, 20) if ahead > 1 else (1, 1, 4)
    last = sizes[-1]
    staying = range(0, rows, 3)
    used = [1 + n * 2 if ahead > 1 else last for n in range(rows)]
    end = 5 if ahead > 1 else last
    with NoiseAhead(ours, shape, "cpu", ahead) as noise:
        first = torch.cat([noise.block(steps) for steps in sizes])
        noise.keep_rows(staying, used)
        second = noise.block(last)
        noise.close([end] * len(staying))
    before = sum(sizes) - last
    expected = [drawn_one_by_one(each, before + last, shape) for each in plain]
    later = [drawn_one_by_one(plain[row], last, shape) for row in staying]
    for row, generator in enumerate(plain):
        stands = before + last + end if row in staying else before + used[row]
        drawn_one_by_one(generator.manual_seed(row), stands, shape)
    states = zip(ours, plain, strict=True)
    return {
        "numbers": torch.equal(first, torch.stack(expected, 1)),
        "later": torch.equal(second, torch.stack(later, 1)),
        "states": all(torch.equal(a.get_state(), b.get_state()) for a, b in states),
    }


def read_and_drawn(weights: Weights, device: str, card: Accelerator | None = None) -> Any:
    """The logits of steps whose tokens are given, (2 * STEPS, rows, choices), and what they cost.

    Two stages one after the other, of rows that have read prompts of different lengths; in between
    one row leaves.
    """
    decoder = fastest_decoder(load_stage(weights, "coarse", FLOAT32, device), Decoder)
    parts, counts = [], []
    for _ in range(2):
        chosen = torch.Generator().manual_seed(2)
        cache, rows = decoder.cache(len(BEGINNINGS)), len(BEGINNINGS)
        tokens = torch.randint(TOKENS, (max(BEGINNINGS) + 2 * STEPS + 1, rows), generator=chosen)
        prompts = [decoder.embed(tokens[:n, 0].to(device)) for n in BEGINNINGS]
        parts.append(decoder.prefill_rows(prompts, cache, range(rows))[None].cpu())
        if card:
            card.counts.reset()
        parts.append(forced_steps(decoder, cache, tokens[: STEPS + 1]))
        if card:
            counts.append({**asdict(card.counts), "graphs": count_graphs(cache)})
        cache.keep_rows([0, 2])
        parts.append(forced_steps(decoder, cache, tokens[STEPS : 2 * STEPS + 1, [0, 2]]))
    return parts, counts


def count_graphs(cache: KVCache) -> int:
    return sum(len(steps.replays) for steps in cache.steps.values())


def forced_steps(decoder: Decoder, cache: KVCache, tokens: torch.Tensor) -> torch.Tensor:
    """tokens: (steps + 1, rows) on the CPU -> logits (steps, rows, choices)"""
    now, following = tokens[0].to(decoder.weights.device), tokens[1:, :, None].float()
    values = following.to(decoder.weights.device)
    noise = torch.ones((*following.shape[:2], CODEBOOK_SIZE), device=values.device)
    return decoder.draw_steps(now, cache, DRAWS, noise, values)


def distance(ours: list[torch.Tensor], expected: list[torch.Tensor]) -> float:
    """The largest, as a share of the largest logit."""
    pairs = list(zip(ours, expected, strict=True))
    most = max(float((one - other).abs().max()) for one, other in pairs)
    return most / max(float(other.abs().max()) for other in expected)


def refused(_: Callable[[], None]) -> Any:
    raise RuntimeError("it waits for the device")


def broken(work: Callable[[], None]) -> Any:
    """A graph whose logits are a thousandth too large."""
    replay, step = graphs.capture(work), cast(Any, work)

    def replay_wrongly() -> None:
        replay()
        step.logits.mul_(1.001)

    return replay_wrongly


def graphed(weights: Weights) -> dict[str, Any]:
    """Graphed steps beside the plain ones: as they are, refused, and broken."""
    expected, _ = read_and_drawn(weights, "cpu")
    report: dict[str, Any] = {}
    capture = graphs.capture
    for name, capturing in (("graphs", capture), ("refused", refused), ("broken", broken)):
        simulated = mock.Mock(capture=capturing, TOLERANCE=graphs.TOLERANCE)
        noted: list[str] = []
        with (
            Accelerator("cuda") as card,
            mock.patch.object(cuda_graphs, "graphs", simulated),
            mock.patch.object(cuda_graphs, "note", noted.append),
        ):
            logits, counts = read_and_drawn(weights, "cuda", card)
        report[name] = {"distance": distance(logits, expected), "counts": counts, "noted": noted}
    return report


def three_rows(components: BarkComponents) -> list[WindowState]:
    """Windows that end at their own end, in the middle of a block, and when nobody wants more."""
    ends: list[dict[str, Any]] = [
        {},
        {"max_tokens": 33},
        {"should_stop": lambda tokens: len(tokens) > 40},
    ]
    voices = (None, made_up_voice(41), None)
    return [
        a_state(components, SHORT, voice, seed, **more)
        for seed, (voice, more) in enumerate(zip(voices, ends, strict=True))
    ]


def on_a_card(weights: Weights) -> dict[str, Any]:
    """Three windows on a simulated card beside the CPU's."""

    def sung(device: str) -> list[WindowState]:
        components = BarkComponents(weights, device, one_at_a_time=False)
        return generate(components, EXACT, three_rows(components))

    expected = sung("cpu")
    with Accelerator("cuda"):
        ours = sung("cuda")
    pairs = list(zip(ours, expected, strict=True))
    return {
        "lengths": [len(state.semantic) for state in expected],
        "equal": [
            bool(np.array_equal(getattr(a, kind), getattr(b, kind)))
            for a, b in pairs
            for kind in KINDS
        ],
        "states": [torch.equal(a.generator.get_state(), b.generator.get_state()) for a, b in pairs],
    }


def beside_the_cpu(weights: Weights, device: str) -> dict[str, Any]:
    """Exact tokens of the device beside the CPU's, and whether its fast ones make a sound."""

    def sung(where: str, choice: Any) -> Any:
        components = BarkComponents(weights, where, one_at_a_time=False)
        voices = (None, made_up_voice(41))
        return generate(components, choice, [a_state(components, SHORT, v) for v in voices])

    theirs, ours = sung("cpu", EXACT), sung(device, EXACT)
    fast = sung(
        device, Choice(dict.fromkeys(STAGES, candidate_precisions(device)[0]), LONG_STRIDES[-1])
    )
    return {
        "equal": [
            bool(np.array_equal(getattr(one, kind), getattr(other, kind)))
            for one, other in zip(theirs, ours, strict=True)
            for kind in KINDS
        ],
        "fast_sounds": [bool(np.isfinite(state.samples).all()) for state in fast],
    }


def main(folder: Path) -> dict[str, Any]:
    weights = weights_in(folder)
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    devices = [device for device, present in there.items() if present]
    with torch.inference_mode():
        return {
            "noise": {
                f"{rows} rows, {ahead} ahead, {shape}": noise_ahead(rows, ahead, shape)
                for rows in (1, 8)
                for ahead in (1, 20)
                for shape in ((101,), (4, 50))
            },
            "graphed": graphed(weights),
            "on_a_card": on_a_card(weights),
            "devices": {device: beside_the_cpu(weights, device) for device in devices},
        }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
