"""Sounds in the shape that the checks read."""

import numpy as np
import pytest

from secondtake.analysis.checks.spectrogram import Sound

RATE = 44_100


@pytest.fixture
def heard():
    """Samples (frames,) or (frames, channels) as a Sound at 44.1 kHz, or at another rate."""

    def make(samples: np.ndarray, rate: int = RATE) -> Sound:
        return Sound(samples.reshape(len(samples), -1).astype(np.float32), rate)

    return make


@pytest.fixture
def babble(sounds):
    """(seconds, rate, seed) -> noise in bands that come and go by chance, as syllables do."""

    def make(seconds: float, rate: int = RATE, seed: int = 0) -> np.ndarray:
        from scipy.signal import butter, sosfilt

        random = np.random.default_rng(seed)
        total = np.zeros(round(seconds * rate))
        for low in (150, 300, 600, 1200, 2400, 4800):
            band = sosfilt(
                butter(2, (low, 2 * low), "band", fs=rate, output="sos"),
                random.standard_normal(len(total)),
            )
            steps = random.uniform(0, 1, round(seconds / 0.12) + 2) ** 3
            places = np.linspace(0, len(steps) - 1, len(total))
            total += band / np.std(band) * np.interp(places, np.arange(len(steps)), steps)
        return (total / np.abs(total).max() * 0.5).astype(np.float32)

    return make
