"""Filters for whole signals, in the spectrum: no phase, no state, no scipy."""

from collections.abc import Callable, Iterable
from itertools import repeat

import numpy as np

SAMPLE_RATE = 44_100  # Hz
MARGIN = SAMPLE_RATE // 10  # frames of silence, so that a filter's end does not meet its start
Response = Callable[[np.ndarray], np.ndarray]


def filtered(signal: np.ndarray, response: Response) -> np.ndarray:
    """Multiply the spectrum of (frames, channels) by response(frequencies in Hz)."""
    size = smooth_size(len(signal) + MARGIN)
    curve = response(np.fft.rfftfreq(size, 1 / SAMPLE_RATE)).astype(np.float32)
    return _multiplied(signal, size, repeat(curve))


def convolved(signal: np.ndarray, impulse: np.ndarray) -> np.ndarray:
    """Convolve channel by channel; cut to the signal's length."""
    size = smooth_size(len(signal) + len(impulse))
    return _multiplied(signal, size, (np.fft.rfft(channel, size) for channel in impulse.T))


def _multiplied(signal: np.ndarray, size: int, curves: Iterable[np.ndarray]) -> np.ndarray:
    """One channel at a time: a long segment's spectra are large."""
    result = np.empty_like(signal, dtype=np.float32)
    for channel, out, curve in zip(signal.T, result.T, curves, strict=False):
        spectrum = np.fft.rfft(channel, size)
        spectrum *= curve
        out[:] = np.fft.irfft(spectrum, size)[: len(signal)]
    return result


def highpass(cutoff: float) -> Response:
    """Fourth-order Butterworth magnitude; zero at 0 Hz."""
    return lambda hertz: (hertz / cutoff) ** 4 / np.sqrt(1 + (hertz / cutoff) ** 8)


def band(low: float, high: float) -> Response:
    """1 between low and high (Hz), falling over half an octave on both sides."""

    def response(hertz: np.ndarray) -> np.ndarray:
        octaves = np.log2(np.maximum(hertz, 1.0))
        rise = np.clip((octaves - np.log2(low)) * 2 + 0.5, 0, 1)
        fall = np.clip((np.log2(high) - octaves) * 2 + 0.5, 0, 1)
        return np.asarray(np.sin(rise * np.pi / 2) ** 2 * np.sin(fall * np.pi / 2) ** 2)

    return response


def smooth_size(frames: int) -> int:
    """The smallest 2^a, 3·2^a or 5·2^a not below `frames`: quick to transform."""
    return min(factor << max(0, (-(-frames // factor) - 1).bit_length()) for factor in (1, 3, 5))
