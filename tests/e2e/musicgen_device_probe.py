"""MusicGen on simulated devices, beside a processor: python musicgen_device_probe.py FOLDER

FOLDER is written by tests/tiny/musicgen.py. Prints JSON: tokens, and what a step costs.
"""

import json
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from tests.e2e.tiny_weights import weights_in
from tests.simulated.accelerator import Accelerator

from secondtake.core.errors import ModelError
from secondtake.core.jobs import Job
from secondtake.core.registry.musicgen import MUSICGEN
from secondtake.core.weights import Weights
from secondtake.models.inference.graphics_memory import WORKSPACE
from secondtake.models.inference.quantization import FLOAT32, PRECISIONS, Precision
from secondtake.models.inference.sampling import seeded_generator
from secondtake.models.musicgen.components import MusicGenComponents, take_bytes
from secondtake.models.musicgen.conditioning import WindowRequest
from secondtake.models.musicgen.generation import generate_tokens
from secondtake.models.musicgen.pipeline import MusicGen

PROMPTS = ("a calm piano piece, 92 BPM", "loud guitars", "a long story, told by drums and a bass")
FRAMES = (22, 19)  # of neighbouring takes; 25 steps are a block of 20 and another
STEPS = FRAMES[0] + 3
GIVEN = 9  # frames that a window goes on from
CASES = {  # takes, guidance scale, frames given
    "alone": (1, 3.0, 0),
    "unguided": (3, 1.0, 0),
    "eight": (8, 3.0, 0),
    "going on": (3, 3.0, GIVEN),
}


def components_of(weights: Weights, device: str) -> MusicGenComponents:
    return MusicGenComponents(weights, device, one_at_a_time=False)


def requests_of(
    components: MusicGenComponents, takes: int, guidance: float, given: int
) -> list[WindowRequest]:
    """Windows that differ in all that a window can."""
    draw = torch.Generator().manual_seed(takes)
    return [
        WindowRequest(
            conditioning=components.encode_conditioning(PROMPTS[n % len(PROMPTS)]),
            prefix_tokens=torch.randint(components.pad_token, (4, given), generator=draw)
            if given
            else torch.zeros((0, 0), dtype=torch.long),
            frames=given + FRAMES[n % 2],
            guidance_scale=guidance and guidance + n / 8 * (guidance > 1),
            temperature=1 + n / 10,
            top_k=20 + 7 * n,
            generator=seeded_generator(n),
        )
        for n in range(takes)
    ]


def generated(
    components: MusicGenComponents, case: str, precision: Precision = FLOAT32
) -> list[torch.Tensor]:
    """Each take's tokens, and its generator's state afterwards."""
    takes, guidance, given = CASES[case]
    requests = requests_of(components, takes, guidance, given)
    rows_each = 2 if guidance > 1 else 1
    decoder = components.decoder(precision, takes, rows_each, given + max(FRAMES))
    generate_tokens(decoder, requests, components.pad_token, lambda *_: None)
    tokens = [request.tokens for request in requests if request.tokens is not None]
    return [*tokens, *(request.generator.get_state() for request in requests)]


def equal(first: list[torch.Tensor], second: list[torch.Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def on_card(weights: Weights, case: str) -> dict[str, Any]:
    """Twice; the counts are of the second time, whose graphs are there."""
    expected = generated(components_of(weights, "cpu"), case)
    with Accelerator("cuda") as card, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        components = components_of(weights, "cuda")
        first = generated(components, case)
        card.counts.reset()
        second = generated(components, case)
        counts = asdict(card.counts)
    return {
        "same": [equal(each, expected) for each in (first, second)],
        "counts": {name: counts[name] for name in ("launches", "waits", "replays")},
        "warned": [str(one.message) for one in warned if "graph" in str(one.message)],
    }


def in_halves(weights: Weights) -> dict[str, bool]:
    """Tokens of a card in half precision: where it has bfloat16, and where it has not."""
    facts = {}
    for name, capability in (("bfloat16", (8, 0)), ("float16", (7, 5))):
        with Accelerator("cuda", capability=capability):
            components = components_of(weights, "cuda")
            *tokens, _ = generated(components, "alone", PRECISIONS[name])
            kinds = {
                table.dtype
                for table in components.decoder(PRECISIONS[name]).weights.token_embeddings
            }
        facts[name] = kinds == {getattr(torch, name)} and bool(
            all((each >= 0).all() and (each < components.pad_token).all() for each in tokens)
        )
    return facts


def on_mac(weights: Weights) -> dict[str, Any]:
    """Where MPS refuses long convolutions: tokens, and where the other components are."""
    expected = generated(components_of(weights, "cpu"), "unguided")
    with Accelerator("mps", macos=(14, 6)):
        components = components_of(weights, "mps")
        tokens = generated(components, "unguided")
        places = {
            "codec": next(components.codec().parameters()).device.type,
            "text encoder": components.text_encoder().device,
            "decoder": components.decoder(FLOAT32).weights.token_embeddings[0].device.type,
        }
    return {"same": equal(tokens, expected), "places": places}


def room(weights: Weights) -> dict[str, Any]:
    """A card with room for the decoder alone, by what was asked of it before."""
    size = components_of(weights, "cpu").size
    row_bytes = size.row_bytes(FLOAT32, 25)
    most = WORKSPACE + size.weights_bytes(FLOAT32) + 4 * row_bytes
    facts: dict[str, Any] = {"least": take_bytes(weights) > size.weights_bytes(FLOAT32)}
    with Accelerator("cuda", memory=most):
        components = components_of(weights, "cuda")
        facts["takes"] = [components.fitting_takes(8, FLOAT32, n, 25) for n in (1, 2)]
        components.encode_conditioning(PROMPTS[0])
        facts["loaded"] = [len(components.loaded)]
        components.decoder(FLOAT32, 2, 2, 25)
        facts["loaded"].append(len(components.loaded))
    return facts


def out_of_memory_once(weights: Weights) -> dict[str, Any]:
    """Three takes, whose first try finds no memory."""

    def played(device: str) -> list[Any]:
        musicgen = MusicGen(components_of(weights, device), {"exact": FLOAT32})
        done = {job.segment: sound for job, sound in musicgen(jobs(3), lambda *_: None)}
        return [done[n] for n in range(3)]

    expected = played("cpu")
    with Accelerator("cuda") as card, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        card.fail(
            torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "topk"
        )
        sounds = played("cuda")
    pairs = zip(sounds, expected, strict=True)
    return {
        "errors": [sound.message for sound in sounds if isinstance(sound, ModelError)],
        "far": max(float(abs(one.samples - other.samples).max()) for one, other in pairs),
        "warned": [str(one.message) for one in warned if "no memory" in str(one.message)],
    }


def jobs(takes: int) -> list[Job]:
    settings = {"guidance": 3.0, "top_k": 60, "temperature": 1.0, "mode": "exact", "melody": ""}
    return [
        Job(
            song="s", segment=n, kind="solo", title="", model="musicgen", checkpoint="small",
            take=1, seed=n, seconds=0.3, prompt=PROMPTS[n], style="", lyrics="", languages=(),
            bpm=0.0, key="", settings=settings,
        )
        for n in range(takes)
    ]  # fmt: skip


def main(folder: Path) -> dict[str, Any]:
    small, melody = (weights_in(folder, MUSICGEN.checkpoint(n)) for n in ("small", "melody"))
    return {
        "card": {case: on_card(small, case) for case in ("unguided", "eight", "going on")},
        "melody": on_card(melody, "going on"),
        "halves": in_halves(small),
        "mac": on_mac(small),
        "room": room(small),
        "out of memory": out_of_memory_once(small),
        "steps": STEPS,
    }


if __name__ == "__main__":
    with torch.inference_mode():
        print(json.dumps(main(Path(sys.argv[1]))))
