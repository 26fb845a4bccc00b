"""Spectral balance: how bass, middle and treble are weighted. A distance in dB.

The long-term average spectrum of each window over 64 mel bands, level removed. Medians over real
music: 3.9 dB within a song, 7.1 dB between songs.
"""

import numpy as np

from secondtake_analysis.features import Features
from secondtake_analysis.metrics.windowed import WindowMetric


def pairs(reference: Features, estimate: Features) -> np.ndarray:
    """RMS difference over the bands in dB, (reference windows, estimate windows), 0 is equal."""
    difference = reference.spectrum[:, None, :] - estimate.spectrum[None, :, :]
    return np.sqrt((difference**2).mean(axis=2))


METRIC = WindowMetric("spectral balance", "dB", pairs, closer_is="lower", least_span=1.0)
