"""Features that networks extract from a recording: embedding, voice and pitch."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from secondtake.analysis.dsp.preprocess import COMMON_RATE, WINDOW_SECONDS
from secondtake.analysis.networks.musicnn import Weights, embed, weights
from secondtake.analysis.networks.vad_f0 import voice_windows

RATE = 16_000  # Hz, what all three networks were trained on


@dataclass(frozen=True)
class NeuralFeatures:
    """Three networks, each loaded when it is first needed."""

    folder: Path  # of MusiCNN's converted weights

    def extract(self, samples: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
        """Embedding and voice of every window of prepared samples (frames,) at 22 050 Hz."""
        import soxr

        resampled = soxr.resample(samples, COMMON_RATE, RATE)
        length = round(WINDOW_SECONDS * RATE)
        firsts = np.rint(starts * RATE).astype(int)
        windows = [resampled[first : first + length] for first in firsts]
        with ThreadPoolExecutor(1) as beside:  # the runtime computes without Python's lock
            voice = beside.submit(voice_windows, resampled, starts)
            return {"embedding": embed(windows, self._weights), **voice.result()}

    @cached_property
    def _weights(self) -> Weights:
        return weights(self.folder)
