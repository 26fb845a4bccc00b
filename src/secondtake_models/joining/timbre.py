"""The colour of a voice, whatever it sings.

Measured in bands an octave wide, a third of an octave apart, from 350 Hz to 7 kHz: narrower or
lower ones would hold one harmonic or none, and tell which note is sung.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.floating]  # (frames,) in ±1

FFT_SIZE = 2048  # frames: bins of 12 Hz at 24 kHz
LOWEST_BAND, BANDS, BANDS_PER_OCTAVE = 500.0, 11, 3  # Hz, the middle of the lowest; the last: 5 kHz
FLOOR = 40.0  # dB under the strongest band: what lies below is not heard beside it


def spectral_distance(one: Samples, other: Samples, sample_rate: int) -> float:
    """RMS difference of two sounds' band levels in dB, their loudness aside."""
    import numpy as np

    return float(np.std(band_levels(one, sample_rate) - band_levels(other, sample_rate)))


def spectral_tilt(samples: Samples, sample_rate: int) -> float:
    """Slope of the power spectrum in dB per octave: white noise 0, pink noise -3."""
    import numpy as np

    # White noise has 3 dB more in every octave, because the bands widen.
    slope = np.polyfit(np.arange(BANDS) / BANDS_PER_OCTAVE, band_levels(samples, sample_rate), 1)[0]
    return float(slope - 10 * np.log10(2))


def band_levels(samples: Samples, sample_rate: int) -> NDArray[np.float64]:
    """(frames,) -> (bands,): each band's power in dB, at most FLOOR below the strongest."""
    import numpy as np

    padded = np.pad(samples, (0, max(FFT_SIZE - len(samples), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT_SIZE)[:: FFT_SIZE // 2]
    power = np.mean(np.abs(np.fft.rfft(frames * np.hanning(FFT_SIZE), axis=1)) ** 2, axis=0)
    hertz = np.fft.rfftfreq(FFT_SIZE, 1 / sample_rate)
    middles = LOWEST_BAND * 2 ** (np.arange(BANDS) / BANDS_PER_OCTAVE)
    low, high = (np.searchsorted(hertz, middles * 2**half) for half in (-0.5, 0.5))
    total = np.concatenate(([0.0], np.cumsum(power)))
    levels = 10 * np.log10(np.maximum(total[high] - total[low], 1e-20))
    return np.asarray(np.maximum(levels, levels.max() - FLOOR))
