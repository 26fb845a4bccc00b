"""Bark's decoder on every device that there is: python bark_devices_probe.py FOLDER

FOLDER is written by tests/tiny/bark.py. Prints JSON. The step that CUDA replays as a graph runs
on the CPU here, beside the plain one.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bark_decoding_probe import KINDS, SHORT, a_state, generate
from bark_tiny import made_up_voice, weights_in

from secondtake.core.weights import Weights
from secondtake.models.bark.autotune import EXACT, Choice
from secondtake.models.bark.coarse import LONG_STRIDES
from secondtake.models.bark.constants import STAGES
from secondtake.models.bark.model import BarkComponents, load_stage
from secondtake.models.inference.cuda_graphs import static_step
from secondtake.models.inference.quantization import FLOAT32, candidate_precisions
from secondtake.models.inference.transformer import Decoder

BEGINNINGS = (300, 257, 400)  # tokens that each row has read before the steps
TOKENS, STEPS = 12_000, 5


def graphed_step(weights: Weights) -> dict[str, float]:
    """Distance of its logits and its cache from those of the plain step, after some steps."""
    parts = load_stage(weights, "coarse", FLOAT32, "cpu")
    decoder = Decoder(parts)
    plain, fixed = decoder.cache(len(BEGINNINGS)), decoder.cache(len(BEGINNINGS))
    fixed.kv.zero_()
    chosen = torch.Generator().manual_seed(2)
    away = 0.0
    with torch.inference_mode():
        for row, count in enumerate(BEGINNINGS):
            embedded = decoder.embed(torch.randint(TOKENS, (count,), generator=chosen))
            decoder.prefill(embedded, plain, row)
            decoder.prefill(embedded, fixed, row)
        for step in range(STEPS):
            tokens = torch.randint(TOKENS, (len(BEGINNINGS),), generator=chosen)
            positions = torch.tensor([count + step for count in BEGINNINGS])
            plain_logits = decoder.decode_step(tokens, plain, range(len(BEGINNINGS)), step % 2)
            static_logits = static_step(parts, fixed.kv, tokens, positions, step % 2)
            away = max(
                away, float((plain_logits - static_logits).abs().max() / plain_logits.abs().max())
            )
        caches = [
            float((plain.kv - fixed.kv)[:, :, row, :, : end + STEPS].abs().max())
            for row, end in enumerate(BEGINNINGS)
        ]
    return {"logits": away, "cache": max(caches)}


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
    return {
        "graphed_step": graphed_step(weights),
        "devices": {device: beside_the_cpu(weights, device) for device in devices},
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
