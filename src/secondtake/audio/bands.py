"""Power spectra and band levels over time, with one hop and one bin width at every sample rate.

A rule on them means the same for a model at 24 kHz and for a record at 48 kHz.
Samples are one channel, (frames,) in ±1, at their own rate.
"""

from collections.abc import Callable

import numpy as np

RealTransform = Callable[[np.ndarray], np.ndarray]  # (rows, size) -> (rows, size // 2 + 1)
HOP_SECONDS = 0.023  # between two spectra; each covers twice as long
STRETCH = 1000  # spectra that are worked on at once, so that ten minutes fit into memory
BANDS = 32  # from 120 Hz to 16 kHz, a little over four an octave
LOWEST_BAND, HIGHEST_BAND = 120.0, 16_000.0  # Hz
DEPTH = 60.0  # dB under the loudest band; softer bands count as silent
SMALLEST = 1e-20  # power; -200 dBFS instead of a logarithm of nothing


def hops(seconds: float) -> int:
    """The nearest whole number of hops."""
    return round(seconds / HOP_SECONDS)


def hop_frames(sample_rate: int, seconds: float = HOP_SECONDS) -> int:
    """Frames from one spectrum to the next."""
    return max(1, round(seconds * sample_rate))


def bin_hertz(sample_rate: int, seconds: float = HOP_SECONDS) -> np.ndarray:
    """Frequency of every bin, (bins,), 21.7 Hz apart: half of one over the hop."""
    hop = hop_frames(sample_rate, seconds)
    return np.arange(hop + 1) * sample_rate / (2 * hop)


def power_spectra(
    samples: np.ndarray,
    sample_rate: int,
    rfft: RealTransform = np.fft.rfft,
    seconds: float = HOP_SECONDS,
) -> np.ndarray:
    """Mean square by time and bin, (hops, bins) float32: a hop's sum is its level."""
    hop = hop_frames(sample_rate, seconds)
    size = 2 * hop
    if len(samples) < size:
        return np.empty((0, hop + 1), dtype=np.float32)
    framed = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    window = np.hanning(size).astype(np.float32)
    window *= np.float32(np.sqrt(2 / (size * np.sum(window.astype(np.float64) ** 2))))
    power = np.empty((len(framed), hop + 1), dtype=np.float32)
    for at in range(0, len(framed), STRETCH):
        power[at : at + STRETCH] = np.abs(rfft(framed[at : at + STRETCH] * window)) ** 2
    return power


def band_power(power: np.ndarray, sample_rate: int) -> np.ndarray:
    """(hops, bins) -> mean square in bands of equal width on a log scale, (hops, bands)."""
    top = min(HIGHEST_BAND, sample_rate / 2)
    edges = np.geomspace(min(LOWEST_BAND, top / 2), top, BANDS + 1)
    bins = np.unique(np.searchsorted(bin_hertz(sample_rate), edges)).clip(max=power.shape[1] - 1)
    return np.add.reduceat(power[:, : bins[-1]], bins[:-1], axis=1)


def band_decibels(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Band levels over time in dB, not below 60 dB under the loudest, (hops, bands)."""
    return in_decibels(band_power(power_spectra(samples, sample_rate), sample_rate))


def in_decibels(power: np.ndarray) -> np.ndarray:
    """Power -> dB, not below 60 dB under the loudest of all."""
    if not power.size:
        return power
    decibels = 10 * np.log10(np.maximum(power, SMALLEST))
    return np.asarray(np.maximum(decibels, decibels.max() - DEPTH))
