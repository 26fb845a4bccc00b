"""A passage: one window of one take, on its way from a prompt to tokens."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Conditions:
    """What a passage is to sound like, as the decoder reads it: (time, width) float32 each."""

    prompt: str
    text: Any = None  # what every layer hears; None where the checkpoint reads it at the beginning
    beginning: Any = None  # melody and text, read before the tokens
    unguided: Any = None  # the same, of no melody and no text, for guidance to compare with


@dataclass
class Passage:
    """What is to be played, how freely, and after which frames."""

    conditions: Conditions
    given: Any  # (books, n) int64: frames that it goes on from
    frames: int  # with the given ones
    guidance: float  # up to 1: none, as in transformers
    temperature: float
    top_k: int
    generator: Any  # torch.Generator on the CPU; every draw comes from it
    tokens: Any = None  # (books, frames) int64

    @property
    def is_guided(self) -> bool:
        return self.guidance > 1
