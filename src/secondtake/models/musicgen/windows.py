"""Takes longer than MusicGen was trained on: windows, each going on from the end of the last.

A window keeps the last 12 s of what was played, token by token, and adds up to 18 s. Nothing is
joined: the take is one line of tokens, which the codec turns into sound at once. What was played
more than 30 s ago is forgotten, so a theme comes back only by chance.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from secondtake.models.musicgen.checkpoint import FRAME_RATE

WINDOW = 30 * FRAME_RATE  # frames that the model was trained on
STRIDE = 18 * FRAME_RATE  # frames that a later window adds: audiocraft's extend_stride
OVERLAP = WINDOW - STRIDE


@dataclass(frozen=True)
class Window:
    """Frames of a take: its first one, how many are a given prefix, how many there are with it."""

    start: int
    prefix: int
    frames: int


def split_windows(frames: int) -> Iterator[Window]:
    """The windows of a take of so many frames."""
    end = min(frames, WINDOW)
    yield Window(0, 0, end)
    while end < frames:
        start, end = end - OVERLAP, min(end + STRIDE, frames)
        yield Window(start, OVERLAP, end - start)
