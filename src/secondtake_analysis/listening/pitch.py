"""Where there is one pitch, and which: swift-f0, a network for single voices."""

from functools import cache
from typing import Any

import numpy as np

from secondtake_analysis.listening.sessions import session
from secondtake_analysis.packaged import packaged

RATE = 16_000  # Hz
HOP = 256  # samples to a frame: 16 ms
LOWEST, HIGHEST = 46.875, 2093.75  # Hz between which the network was taught
VOICED = 0.5  # confidence from which a frame has a pitch, as its authors calibrated it
SILENT = 1e-3  # peak of a frame below which the network answers at random (its authors' figure)
BLOCK_FRAMES = 1875  # 30 s at once
BEFORE, AFTER = 11, 10  # frames of context after which an answer no longer changes
SHA256 = "6385e8c2ebc3872e82c9ff5946228de44cd3be77a750ea53698b7dbfe94b0a22"


def pitches(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(frames,) at 16 kHz -> the pitch of every 16 ms in Hz and its confidence, 0 to 1."""
    count = max(1, len(samples) // HOP)
    pitch, confidence = [], []
    for first in range(0, count, BLOCK_FRAMES):
        last = min(first + BLOCK_FRAMES, count)
        begin = max(0, first - BEFORE)
        end = (last + AFTER) * HOP if last < count else len(samples)
        heard = _heard(samples[begin * HOP : end])
        pitch.append(heard[0][first - begin : last - begin])
        confidence.append(heard[1][first - begin : last - begin])
    return np.concatenate(pitch), np.concatenate(confidence)


def _heard(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The network's answer for one block; silence has no pitch."""
    asked = {
        "audio": samples[None].astype(np.float32),
        "fmin": np.array(LOWEST, np.float32),
        "fmax": np.array(HIGHEST, np.float32),
    }
    pitch, confidence = (one[0] for one in _network().run(["pitch", "confidence"], asked))
    count = len(confidence)
    whole = samples[: count * HOP]
    frames = whole.reshape(count, HOP) if len(samples) >= HOP else samples[None]
    return pitch, np.where(np.abs(frames).max(axis=1) < SILENT, 0.0, confidence)


@cache
def _network() -> Any:
    return session(packaged("swift-f0", "swift_f0/model.onnx", SHA256))
