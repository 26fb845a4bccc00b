"""Clips of one tone each, as files of a page."""

from pathlib import Path

import numpy as np

from secondtake.core.listening_file import clip_path
from secondtake.core.wav import write_wav

CLIP_RATE = 48_000


def write_tone(results: Path, clip: str, hertz: float, seconds: float, peak: float = 0.3) -> None:
    """A stereo wav of a sine under the name of a clip."""
    path = clip_path(results, clip, "wav")
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(int(seconds * CLIP_RATE)) / CLIP_RATE
    tone = peak * np.sin(2 * np.pi * hertz * time)
    write_wav(path, np.repeat(tone[:, None], 2, axis=1).astype(np.float32), CLIP_RATE)
