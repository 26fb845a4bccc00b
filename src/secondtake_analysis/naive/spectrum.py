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
GROUP = 16  # mel bands that are added up at once
FLOOR_DB = -80.0  # under the loudest band of the file
SMALLEST = 1e-10  # power
TINY = float(np.finfo(np.float32).tiny)  # a sum below is not divided by
BLOCK_HOPS = 128  # that are transformed at once: 1 MB, which a processor's cache holds
KEPT_HOPS = 8192  # 87 s at 48 kHz: 34 MB; a longer file is transformed twice instead


@dataclass(frozen=True)
class Spectra:
    """The power spectrum of (frames,), (at most 128 hops, 1025) at a time, as often as asked."""

    samples: np.ndarray
    _kept: list[np.ndarray] = field(default_factory=list)

    def __iter__(self) -> Iterator[np.ndarray]:
        if self._kept:
            yield from self._kept
            return
        keep = self.hops <= KEPT_HOPS
        room = np.empty((self.hops if keep else 0, BINS), np.float32)  # once: new pages are slow
        for first in range(0, self.hops, BLOCK_HOPS):
            last = min(first + BLOCK_HOPS, self.hops)
            block = room[first:last] if keep else np.empty((last - first, BINS), np.float32)
            _power(self._stretch(first * HOP - FRAME // 2, (last - 1) * HOP + FRAME // 2), block)
            if keep:
                self._kept.append(block)
            yield block

    @property
    def hops(self) -> int:
        return 1 + len(self.samples) // HOP

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
    bands = np.empty((len(power), MEL_BANDS), np.float32)
    for first, bins, filters in _mel_groups(sample_rate):
        np.matmul(power[:, bins], filters, out=bands[:, first : first + filters.shape[1]])
    return bands


def decibels(power: np.ndarray) -> np.ndarray:
    """Power -> dB, not below 80 dB under its maximum."""
    level = 10 * np.log10(np.maximum(power, np.float32(SMALLEST)))
    return np.maximum(level, level.max() + np.float32(FLOOR_DB))


def _power(padded: np.ndarray, out: np.ndarray) -> None:
    """Power of all whole frames into (hops, 1025)."""
    from scipy.fft import rfft

    framed = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    spectrum = rfft(framed * _window(), axis=1, overwrite_x=True)
    np.square(spectrum.real, out=out)
    out += np.square(spectrum.imag)


@cache
def _mel_groups(sample_rate: int) -> list[tuple[int, slice, np.ndarray]]:
    """The mel filters by sixteen: their first band, the bins they hear, (bins, 16).

    A filter hears a few bins; one product with all of them multiplies mostly by 0.
    """
    filters, groups = mel_filters(MEL_BANDS, FRAME, sample_rate), []
    for first in range(0, MEL_BANDS, GROUP):
        group = filters[first : first + GROUP]
        heard = np.flatnonzero(group.any(axis=0))
        bins = slice(heard[0], heard[-1] + 1) if len(heard) else slice(0)
        groups.append((first, bins, np.ascontiguousarray(group[:, bins].T)))
    return groups


@cache
def _window() -> np.ndarray:
    """A periodic Hann window, (2048,) float32."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)
