"""What is denoised at once: a take, or one window of a longer one."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Passage:
    """One row of a batch, before it is denoised."""

    prompt: str
    negative: str  # what the sound should keep away from; "" for nothing
    seconds_start: float  # where it begins in the piece that it belongs to
    seconds_total: float  # how long that piece is
    latents: int  # how many are denoised
    seed: int
    held: Any = None  # (channels, n) latents that its beginning is held to
