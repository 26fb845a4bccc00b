"""Filters for whole signals, and PSOLA, which moves speech in time and pitch.

Filters multiply the spectrum of a whole signal: no phase, no state, no scipy. PSOLA is time-domain
pitch-synchronous overlap-add (Moulines & Charpentier 1990), exact enough because espeak speaks at
one pitch: every mark lies one known period after the last.
"""

from collections.abc import Callable

import numpy as np

SAMPLE_RATE = 44_100  # Hz
MARGIN = SAMPLE_RATE // 10  # frames of silence, so that a filter's end does not meet its start
Response = Callable[[np.ndarray], np.ndarray]

SEARCH = 0.12  # of a period: how far a mark may lie from where the last one puts it
VOICED = 0.55  # correlation of neighbouring periods above which a mark is voiced
LOWEST_HZ, HIGHEST_HZ = 70.0, 400.0


def filtered(signal: np.ndarray, response: Response) -> np.ndarray:
    """Multiply the spectrum of (frames, channels) by response(frequencies in Hz)."""
    size = smooth_size(len(signal) + MARGIN)
    curve = response(np.fft.rfftfreq(size, 1 / SAMPLE_RATE)).astype(np.float32)
    result = np.empty_like(signal, dtype=np.float32)
    for channel in range(signal.shape[1]):  # one at a time: a long segment's spectra are large
        spectrum = np.fft.rfft(signal[:, channel], size)
        spectrum *= curve
        result[:, channel] = np.fft.irfft(spectrum, size)[: len(signal)]
    return result


def convolved(signal: np.ndarray, impulse: np.ndarray) -> np.ndarray:
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

    def response(hertz: np.ndarray) -> np.ndarray:
        octaves = np.log2(np.maximum(hertz, 1.0))
        rise = np.clip((octaves - np.log2(low)) * 2 + 0.5, 0, 1)
        fall = np.clip((np.log2(high) - octaves) * 2 + 0.5, 0, 1)
        return np.asarray(np.sin(rise * np.pi / 2) ** 2 * np.sin(fall * np.pi / 2) ** 2)

    return response


def smooth_size(frames: int) -> int:
    """The smallest 2^a, 3·2^a or 5·2^a not below `frames`: quick to transform."""
    return min(factor << max(0, (-(-frames // factor) - 1).bit_length()) for factor in (1, 3, 5))


def pitch_period(samples: np.ndarray, spans: tuple[tuple[int, int], ...]) -> float:
    """Frames of one period: the median over the spans (vowels) by autocorrelation."""
    low, high = int(SAMPLE_RATE / HIGHEST_HZ), int(SAMPLE_RATE / LOWEST_HZ)
    periods = []
    for start, end in spans:
        piece = samples[start:end].astype(np.float64)
        if len(piece) < 2 * high:
            continue
        power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 2 * len(piece))) ** 2
        correlation = np.fft.irfft(power)[: high + 1] / (len(piece) - np.arange(high + 1))
        peak = correlation[low:].max()
        # The first lag that is nearly as good: the period itself and not its double.
        best = low + int(np.argmax(correlation[low:] > 0.93 * peak))
        while best + 1 <= high and correlation[best + 1] > correlation[best]:
            best += 1
        periods.append(float(best))
    return float(np.median(periods)) if periods else SAMPLE_RATE / 150


def pitch_marks(samples: np.ndarray, period: float) -> np.ndarray:
    """One mark per period, on its peak."""
    polarity = 1.0 if samples.max() >= -samples.min() else -1.0
    margin = max(1, int(SEARCH * period))
    marks = [int(period)]
    while marks[-1] + period + margin < len(samples) - 1:
        centre = marks[-1] + round(period)
        around = polarity * samples[centre - margin : centre + margin + 1]
        marks.append(centre - margin + int(np.argmax(around)))
    return np.array(marks)


def psola(samples: np.ndarray, period: float, knots: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Move speech to the times and pitches of song, (frames,) -> (len(pitch),).

    knots: (n, 2) rising frame pairs (result, source). pitch: Hz at every frame of the result.
    Unvoiced sounds keep their texture and take no pitch.
    """
    marks = pitch_marks(samples, period)
    reach = round(period)
    window = np.hanning(2 * reach + 1)[:-1]
    source = np.pad(samples.astype(np.float64), 2 * reach)
    result = np.zeros(len(pitch) + 4 * reach)
    at = knots[0, 0]
    while at < min(knots[-1, 0], len(pitch) - 1):
        origin = float(np.interp(at, knots[:, 0], knots[:, 1]))
        mark = int(marks[np.argmin(np.abs(marks - origin))])
        voiced = _is_voiced(source, mark + 2 * reach, reach)
        step = SAMPLE_RATE / float(pitch[max(0, int(at))]) if voiced else period
        centre = (mark if voiced else round(origin)) + 2 * reach
        grain = source[centre - reach : centre + reach]
        start = round(at) + reach
        if start >= 0 and len(grain) == len(window):
            result[start : start + 2 * reach] += grain * window * min(1.0, step / period)
        at += step
    return result[2 * reach : 2 * reach + len(pitch)].astype(np.float32)


def _is_voiced(source: np.ndarray, centre: int, reach: int) -> bool:
    before, after = source[centre - reach : centre], source[centre : centre + reach]
    if len(before) != len(after):
        return False
    norm = np.sqrt(np.dot(before, before) * np.dot(after, after))
    return bool(norm > 1e-6 and np.dot(before, after) / norm > VOICED)
