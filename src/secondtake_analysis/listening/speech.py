"""Where somebody speaks: silero-vad, a detector of speech."""

from functools import cache
from typing import Any

import numpy as np

from secondtake_analysis.listening.sessions import session
from secondtake_analysis.packaged import packaged

RATE = 16_000  # Hz
CHUNK = 512  # samples: 32 ms
CONTEXT = 64  # samples of the chunk before
BLOCK_CHUNKS = 512  # 16 s at once
SPEAKING = 0.5  # probability, its authors' default
SHA256 = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"


def speaking(samples: np.ndarray) -> np.ndarray:
    """(frames,) at 16 kHz -> the probability of speech in every 32 ms, 0 to 1."""
    count = max(1, -(-len(samples) // CHUNK))
    padded = np.zeros(CONTEXT + count * CHUNK, dtype=np.float32)
    padded[CONTEXT : CONTEXT + len(samples)] = samples
    chunks = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + CHUNK)[::CHUNK]
    hidden = cell = np.zeros((1, 1, 128), dtype=np.float32)
    said = []
    for first in range(0, count, BLOCK_CHUNKS):
        asked = {
            "input": np.ascontiguousarray(chunks[first : first + BLOCK_CHUNKS]),
            "h": hidden,
            "c": cell,
        }
        block, hidden, cell = _network().run(["speech_probs", "hn", "cn"], asked)
        said.append(block.reshape(-1))
    return np.concatenate(said)


@cache
def _network() -> Any:
    return session(packaged("silero-vad", "silero_vad/data/silero_vad_16k_sequence.onnx", SHA256))
