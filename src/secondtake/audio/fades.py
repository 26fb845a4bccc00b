"""The edges of a take that was cut out of a longer sound: without a fade they would click."""

import numpy as np

FADE_SECONDS = 0.005  # at either edge: too short to be heard as a fade, long enough for no click


def fade_edges(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """The samples (frames, channels) with a straight fade of 5 ms at the start and the end."""
    frames = min(round(FADE_SECONDS * sample_rate), len(samples) // 2)
    shape = np.ones((len(samples), 1), np.float32)
    shape[:frames, 0] = np.arange(frames) / frames if frames else 0
    shape[len(samples) - frames :, 0] = shape[:frames, 0][::-1]
    return np.asarray(samples * shape)
