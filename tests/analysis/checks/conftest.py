"""Sounds in the shape that the checks read."""

import numpy as np
import pytest

from secondtake.analysis.checks.spectrogram import Spectrogram

RATE = 44_100


@pytest.fixture
def spectrogram():
    """Samples (frames,) or (frames, channels) as a Sound at 44.1 kHz, or at another rate."""

    def make(samples: np.ndarray, rate: int = RATE) -> Spectrogram:
        return Spectrogram(samples.reshape(len(samples), -1).astype(np.float32), rate)

    return make


@pytest.fixture
def babble(sounds):
    """(seconds, rate, seed) -> noise in bands that come and go by chance, as syllables do."""
    return sounds.babble
