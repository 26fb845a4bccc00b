"""What the probes of all models ask of a simulated device (tests/simulated).

A model is a function: so many takes on a device ("cpu", "cuda", "mps") in a precision -> sounds.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from tests.simulated.accelerator import Accelerator

from secondtake.core import generate
from secondtake.core.errors import ModelError, as_model_error
from secondtake.core.generate import GeneratedAudio

Sounds = Sequence[GeneratedAudio | ModelError]
Play = Callable[[str, str, int], Sounds]  # device, precision, takes
HALVES = {"bfloat16": (8, 0), "float16": (7, 5)}  # and the capability of a card that has it
ALWAYS = 1_000_000
# By failure: the operator that meets it, "" for any.
FAILING = {
    "no kernel image": "",
    "cublas alloc": "mm",
    "cublas not initialized": "mm",
    "cudnn not initialized": "convolution",
    "cuda out of memory": "",
    "illegal access": "",
}
BYTES = 200_000  # of a card that holds none of the models


def samples_of(sounds: Sounds) -> list[np.ndarray]:
    for sound in sounds:
        if isinstance(sound, ModelError):
            raise sound
    return [sound.samples for sound in sounds if isinstance(sound, GeneratedAudio)]


def distance(sounds: Sounds, expected: Sounds) -> list[float]:
    """Of each take the largest difference, as a share of its loudest; 1 for another length."""
    pairs = zip(samples_of(sounds), samples_of(expected), strict=True)
    return [
        float(abs(one - other).max() / abs(other).max()) if one.shape == other.shape else 1.0
        for one, other in pairs
    ]


def are_sounds(sounds: Sounds) -> bool:
    """True if every take can be heard, and is a number throughout."""
    return all(np.isfinite(samples).all() and samples.any() for samples in samples_of(sounds))


def on_card(play: Play, precision: str, takes: int, **card: Any) -> tuple[Sounds, dict[str, Any]]:
    """The takes on a simulated card, and what that counted and had to note."""
    with noted() as notes, Accelerator("cuda", **card) as device:
        sounds = play("cuda", precision, takes)
    return sounds, {**asdict(device.counts), "peak": device.memory.peak, "notes": notes}


@contextmanager
def noted() -> Iterator[list[str]]:
    """The sentences that are noted within it, such as that graphs are not used."""
    notes: list[str] = []
    generate._noted.clear()
    yield notes
    notes += generate._noted


def code_of(play: Play, **card: Any) -> Callable[[str, str], str]:
    """The code of a take that meets a failure at an operator: as a worker would report it."""

    def code(failure: str = "", operator: str = "") -> str:
        with Accelerator("cuda", **card) as device, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if failure:
                device.fail(failure, operator, ALWAYS)
            try:
                (sound,) = play("cuda", "float32", 1)
            except Exception as error:
                sound = as_model_error(error)
        return sound.code if isinstance(sound, ModelError) else "none"

    return code


def text_of(attempt: Callable[[], Any]) -> str:
    """What an attempt on a Mac raises."""
    with Accelerator("mps", macos=(14, 6)):
        try:
            attempt()
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return ""


def report(play: Play, unguarded: Callable[[], Any]) -> dict[str, Any]:
    """All that is asked of a model. unguarded: decodes a long sound on mps, which it never does."""
    facts: dict[str, Any] = {"float32": {}, "halves": {}}
    expected: Mapping[int, Sounds] = {takes: play("cpu", "float32", takes) for takes in (1, 8)}
    for takes, sounds in expected.items():
        ours, counts = on_card(play, "float32", takes)
        facts["float32"][str(takes)] = {"distance": distance(ours, sounds), "counts": counts}
    for precision, capability in HALVES.items():
        ours, counts = on_card(play, precision, 2, capability=capability)
        facts["halves"][precision] = {"sounds": are_sounds(ours), "counts": counts}
    with Accelerator("mps", macos=(14, 6)):
        on_mac = play("mps", "float32", 1)
    facts["mps"] = {"distance": distance(on_mac, expected[1]), "unguarded": text_of(unguarded)}
    facts["codes"] = {name: code_of(play)(name, operator) for name, operator in FAILING.items()}
    facts["codes"]["a newer card"] = code_of(play, capability=(12, 0))()
    facts["codes"]["a small card"] = code_of(play, memory=BYTES)()
    assert not torch.cuda.is_available()
    return facts
