"""A decoded file and the spectra that several checks read, each computed once, at its first use.

The time between two spectra and the width of a bin are the same at every sample rate, so that a
rule means the same for a model at 24 kHz and for a record at 48 kHz.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from secondtake.analysis.audio_io import Audio, mono
from secondtake.audio.bands import SMALLEST, band_power, bin_hertz, in_decibels, power_spectra

FINE_HOP_SECONDS = 0.1  # each spectrum covers twice as long: bins 5 Hz apart, for lone tones
FINE_TOP = 10_000.0  # Hz


@dataclass(frozen=True)
class Spectrogram:
    """Samples (frames, channels) float32, full scale ±1, all finite, at their own rate."""

    samples: np.ndarray
    sample_rate: int  # Hz

    @classmethod
    def of(cls, audio: Audio) -> "Spectrogram":
        return cls(audio.samples, audio.sample_rate)

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate

    @cached_property
    def mono(self) -> np.ndarray:
        """The mean of the channels, (frames,) float32."""
        return mono(self.samples)

    @cached_property
    def hertz(self) -> np.ndarray:
        """The frequency of every bin, (bins,), 21.7 Hz apart."""
        return bin_hertz(self.sample_rate)

    @cached_property
    def power(self) -> np.ndarray:
        """Mean square by time and bin, (hops, bins) float32: a hop's sum is its level."""
        from scipy.fft import rfft  # the thresholds of a band's edge were measured with it

        return power_spectra(self.mono, self.sample_rate, rfft)

    @cached_property
    def spectrum(self) -> np.ndarray:
        """The long-term average spectrum in dBFS per bin, (bins,)."""
        mean = self.power.mean(axis=0) if len(self.power) else np.zeros(len(self.hertz))
        return 10 * np.log10(np.maximum(mean, SMALLEST))

    @cached_property
    def band_power(self) -> np.ndarray:
        """Mean square in bands of equal width on a log scale, (hops, bands)."""
        return band_power(self.power, self.sample_rate)

    @cached_property
    def bands(self) -> np.ndarray:
        """The same in dB, not below 60 dB under the loudest, (hops, bands)."""
        return in_decibels(self.band_power)

    @cached_property
    def fine_hertz(self) -> np.ndarray:
        """The frequency of every fine bin up to 10 kHz, (bins,), 5 Hz apart."""
        hertz = bin_hertz(self.sample_rate, FINE_HOP_SECONDS)
        return hertz[hertz <= FINE_TOP]

    @cached_property
    def fine_power(self) -> np.ndarray:
        """Mean square by time, every 0.1 s, and fine bin, (steps, bins) float32."""
        from scipy.fft import rfft

        power = power_spectra(self.mono, self.sample_rate, rfft, FINE_HOP_SECONDS)
        return power[:, : len(self.fine_hertz)]
