"""What a signal is here, and filters for whole ones.

Filters work in the frequency domain on all of a signal at once: no phase, no state, no scipy.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 44_100  # Hz
Samples = NDArray[np.float32]  # (frames,) or (frames, 2), in ±1
MARGIN = SAMPLE_RATE // 10  # frames of silence, so that a filter's end does not meet its start
Response = Callable[[NDArray[np.float64]], NDArray[np.floating]]


def filtered(signal: Samples, response: Response) -> Samples:
    """Multiply the spectrum of (frames, channels) by response(frequencies in Hz)."""
    size = smooth_size(len(signal) + MARGIN)
    curve = response(np.fft.rfftfreq(size, 1 / SAMPLE_RATE)).astype(np.float32)
    result = np.empty_like(signal, dtype=np.float32)
    for channel in range(signal.shape[1]):  # one at a time: a long segment's spectra are large
        spectrum = np.fft.rfft(signal[:, channel], size)
        spectrum *= curve
        result[:, channel] = np.fft.irfft(spectrum, size)[: len(signal)]
    return result


def convolved(signal: Samples, impulse: Samples) -> Samples:
    """Convolve channel by channel; cut to the signal's length."""
    size = smooth_size(len(signal) + len(impulse))
    result = np.empty_like(signal, dtype=np.float32)
    for channel in range(signal.shape[1]):
        spectrum = np.fft.rfft(signal[:, channel], size)
        spectrum *= np.fft.rfft(impulse[:, channel], size)
        result[:, channel] = np.fft.irfft(spectrum, size)[: len(signal)]
    return result


def highpass(cutoff: float) -> Response:
    """Fourth-order Butterworth magnitude; zero at 0 Hz."""
    return lambda hertz: (hertz / cutoff) ** 4 / np.sqrt(1 + (hertz / cutoff) ** 8)


def band(low: float, high: float) -> Response:
    """1 between low and high (Hz), falling over half an octave on both sides."""

    def response(hertz: NDArray[np.float64]) -> NDArray[np.floating]:
        octaves = np.log2(np.maximum(hertz, 1.0))
        rise = np.clip((octaves - np.log2(low)) * 2 + 0.5, 0, 1)
        fall = np.clip((np.log2(high) - octaves) * 2 + 0.5, 0, 1)
        return np.sin(rise * np.pi / 2) ** 2 * np.sin(fall * np.pi / 2) ** 2

    return response


def smooth_size(frames: int) -> int:
    """The smallest 2^a, 3·2^a or 5·2^a not below `frames`: quick to transform."""
    return min(factor << max(0, (-(-frames // factor) - 1).bit_length()) for factor in (1, 3, 5))
