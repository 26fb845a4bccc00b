"""Moves speech of level pitch in time and pitch (time-domain pitch-synchronous overlap-add).

Source: Moulines & Charpentier 1990. It is exact enough here because espeak is asked to speak
at one pitch: the period is known, and every mark lies one period after the last.
"""

import numpy as np
from numpy.typing import NDArray

from secondtake_models.sketch.signals import SAMPLE_RATE, Samples

SEARCH = 0.12  # of a period: how far a mark may lie from where the last one puts it
VOICED = 0.55  # correlation of neighbouring periods above which a mark is voiced
LOWEST_HZ, HIGHEST_HZ = 70.0, 400.0


def period_of(samples: Samples, spans: tuple[tuple[int, int], ...]) -> float:
    """Frames of one period: the median over the spans (vowels) by autocorrelation."""
    low, high = int(SAMPLE_RATE / HIGHEST_HZ), int(SAMPLE_RATE / LOWEST_HZ)
    found = []
    for start, end in spans:
        piece = samples[start:end].astype(np.float64)
        if len(piece) < 2 * high:
            continue
        power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 2 * len(piece))) ** 2
        correlation = np.fft.irfft(power)[: high + 1] / (len(piece) - np.arange(high + 1))
        peak = correlation[low:].max()
        # The first lag that is nearly as good: the period itself and not its double.
        good = np.flatnonzero(correlation[low:] > 0.93 * peak) + low
        best = good[0]
        while best + 1 <= high and correlation[best + 1] > correlation[best]:
            best += 1
        found.append(float(best))
    return float(np.median(found)) if found else SAMPLE_RATE / 150


def marks_of(samples: Samples, period: float) -> NDArray[np.int64]:
    """One mark per period, on its peak."""
    polarity = 1.0 if samples.max() >= -samples.min() else -1.0
    margin = max(1, int(SEARCH * period))
    marks = [int(period)]
    while marks[-1] + period + margin < len(samples) - 1:
        centre = marks[-1] + round(period)
        around = polarity * samples[centre - margin : centre + margin + 1]
        marks.append(centre - margin + int(np.argmax(around)))
    return np.array(marks)


def moved(
    samples: Samples, period: float, knots: NDArray[np.float64], pitch: NDArray[np.float32]
) -> Samples:
    """Sing: (frames,) -> (len(pitch),).

    knots: (n, 2) rising frame pairs (heard at, taken from). pitch: wished Hz at every frame
    of the result. Unvoiced sounds keep their texture and take no pitch.
    """
    marks = marks_of(samples, period)
    reach = round(period)
    window = np.hanning(2 * reach + 1)[:-1]
    source = np.pad(samples.astype(np.float64), 2 * reach)
    result = np.zeros(len(pitch) + 4 * reach)
    at = knots[0, 0]
    while at < min(knots[-1, 0], len(pitch) - 1):
        taken = float(np.interp(at, knots[:, 0], knots[:, 1]))
        mark = int(marks[np.argmin(np.abs(marks - taken))])
        voiced = _is_voiced(source, mark + 2 * reach, reach)
        step = SAMPLE_RATE / float(pitch[max(0, int(at))]) if voiced else period
        centre = (mark if voiced else round(taken)) + 2 * reach
        grain = source[centre - reach : centre + reach]
        start = round(at) + reach
        if start >= 0 and len(grain) == len(window):
            result[start : start + 2 * reach] += grain * window * min(1.0, step / period)
        at += step
    return result[2 * reach : 2 * reach + len(pitch)].astype(np.float32)


def _is_voiced(source: NDArray[np.float64], centre: int, reach: int) -> bool:
    before, after = source[centre - reach : centre], source[centre : centre + reach]
    if len(before) != len(after):
        return False
    norm = np.sqrt(np.dot(before, before) * np.dot(after, after))
    return bool(norm > 1e-6 and np.dot(before, after) / norm > VOICED)
