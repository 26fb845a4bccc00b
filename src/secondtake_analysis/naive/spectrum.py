"""The short-time spectrum of the first study's figures: at the file's own rate, librosa's defaults.

Everything is (hops, bins) float32: 2048-sample Hann windows every 512 samples, centred, silence
around the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from secondtake_analysis.spectrum import mel_filters

FRAME, HOP = 2048, 512  # samples
BINS = FRAME // 2 + 1
MEL_BANDS = 128
FLOOR_DB = -80.0  # under the loudest band of the file
SMALLEST = 1e-10  # power
TINY = float(np.finfo(np.float32).tiny)  # a sum below is not divided by
BLOCK_HOPS = 128  # that are transformed at once: 1 MB, which a processor's cache holds
KEPT_HOPS = 8192  # 87 s at 48 kHz: 34 MB; a longer file is transformed twice instead


@dataclass(frozen=True)
class Spectra:
    """The power spectrum of (frames,), (at most 512 hops, 1025) at a time, as often as asked."""

    samples: np.ndarray
    _kept: list[np.ndarray] = field(default_factory=list)

    def __iter__(self) -> Iterator[np.ndarray]:
        if self._kept:
            yield from self._kept
            return
        keep = self.hops <= KEPT_HOPS
        for block in self._blocks():
            if keep:
                self._kept.append(block)
            yield block

    @property
    def hops(self) -> int:
        return 1 + len(self.samples) // HOP

    def _blocks(self) -> Iterator[np.ndarray]:
        for first in range(0, self.hops, BLOCK_HOPS):
            last = min(first + BLOCK_HOPS, self.hops)
            yield _power(self._stretch(first * HOP - FRAME // 2, (last - 1) * HOP + FRAME // 2))

    def _stretch(self, start: int, end: int) -> np.ndarray:
        """Samples start to end, with silence where the file has none."""
        inside = self.samples[max(start, 0) : end]
        before = max(0, -start)
        return np.pad(inside, (before, end - start - before - len(inside)))


def centroids(power: np.ndarray, sample_rate: int) -> np.ndarray:
    """Power (hops, 1025) -> spectral centroid of every hop in Hz, (hops,); 0 in silence."""
    magnitude = np.sqrt(power)
    frequencies = np.arange(BINS, dtype=np.float32) * np.float32(sample_rate / FRAME)
    sums = magnitude @ np.stack([frequencies, np.ones_like(frequencies)], axis=1)
    return np.where(sums[:, 1] < TINY, sums[:, 0], sums[:, 0] / np.maximum(sums[:, 1], TINY))


def mel(power: np.ndarray, sample_rate: int) -> np.ndarray:
    """Power (hops, 1025) -> power in 128 mel bands up to half the rate, (hops, 128)."""
    return power @ mel_filters(MEL_BANDS, FRAME, sample_rate).T


def decibels(power: np.ndarray) -> np.ndarray:
    """Power -> dB, not below 80 dB under its maximum."""
    level = 10 * np.log10(np.maximum(power, np.float32(SMALLEST)))
    return np.maximum(level, level.max() + np.float32(FLOOR_DB))


def _power(padded: np.ndarray) -> np.ndarray:
    """Power of all whole frames, (hops, 1025)."""
    from scipy.fft import rfft

    framed = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    spectrum = rfft(framed * _window(), axis=1, overwrite_x=True)
    return np.asarray(spectrum.real**2 + spectrum.imag**2)


@cache
def _window() -> np.ndarray:
    """A periodic Hann window, (2048,) float32."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)
