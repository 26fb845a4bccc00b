"""A decoded file and what several checks read from it, made once, when the first one asks.

The time between two spectra and the width of a bin are the same at every sample rate, so that a
rule means the same for a model at 24 kHz and for a record at 48 kHz.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from secondtake.analysis.audio_io import Audio, mono

HOP_SECONDS = 0.023  # between two spectra; each sees twice as long
STRETCH = 1000  # spectra that are worked on at once, so that ten minutes fit into memory
BANDS = 32  # from 120 Hz to 16 kHz, a little over four an octave
LOWEST_BAND, HIGHEST_BAND = 120.0, 16_000.0  # Hz
DEPTH = 60.0  # dB under the loudest band; what is quieter counts as nothing
SMALLEST = 1e-20  # power; -200 dBFS instead of a logarithm of nothing


@dataclass(frozen=True)
class Sound:
    """Samples (frames, channels) float32, full scale ±1, all finite, at their own rate."""

    samples: np.ndarray
    sample_rate: int  # Hz

    @classmethod
    def of(cls, audio: Audio) -> "Sound":
        return cls(audio.samples, audio.sample_rate)

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate

    @property
    def hop(self) -> int:
        """Samples from one spectrum to the next."""
        return max(1, round(HOP_SECONDS * self.sample_rate))

    @cached_property
    def mono(self) -> np.ndarray:
        """The mean of the channels, (frames,) float32."""
        return mono(self.samples)

    @cached_property
    def hertz(self) -> np.ndarray:
        """The frequency of every bin, (bins,), 21.7 Hz apart."""
        return np.arange(self.hop + 1) * self.sample_rate / (2 * self.hop)

    @cached_property
    def power(self) -> np.ndarray:
        """Mean square by time and bin, (hops, bins) float32: a hop's sum is its level."""
        from scipy.fft import rfft

        size = 2 * self.hop
        if len(self.mono) < size:
            return np.empty((0, self.hop + 1), dtype=np.float32)
        framed = np.lib.stride_tricks.sliding_window_view(self.mono, size)[:: self.hop]
        window = np.hanning(size).astype(np.float32)
        window *= np.float32(np.sqrt(2 / (size * np.sum(window.astype(np.float64) ** 2))))
        power = np.empty((len(framed), self.hop + 1), dtype=np.float32)
        for at in range(0, len(framed), STRETCH):
            power[at : at + STRETCH] = np.abs(rfft(framed[at : at + STRETCH] * window)) ** 2
        return power

    @cached_property
    def spectrum(self) -> np.ndarray:
        """The long-term average spectrum in dBFS per bin, (bins,)."""
        mean = self.power.mean(axis=0) if len(self.power) else np.zeros(self.hop + 1)
        return 10 * np.log10(np.maximum(mean, SMALLEST))

    @cached_property
    def band_power(self) -> np.ndarray:
        """Mean square in bands of equal width on a log scale, (hops, bands)."""
        top = min(HIGHEST_BAND, self.sample_rate / 2)
        edges = np.geomspace(min(LOWEST_BAND, top / 2), top, BANDS + 1)
        bins = np.unique(np.searchsorted(self.hertz, edges)).clip(max=self.hop)
        return np.add.reduceat(self.power[:, : bins[-1]], bins[:-1], axis=1)

    @cached_property
    def bands(self) -> np.ndarray:
        """The same in dB, not below 60 dB under the loudest, (hops, bands)."""
        return in_decibels(self.band_power)


def in_decibels(power: np.ndarray) -> np.ndarray:
    """Power -> dB, not below 60 dB under the loudest of all."""
    if not power.size:
        return power
    decibels = 10 * np.log10(np.maximum(power, SMALLEST))
    return np.maximum(decibels, decibels.max() - DEPTH)
