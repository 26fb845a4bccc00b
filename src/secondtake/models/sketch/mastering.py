"""Integrated loudness, and a limiter that holds the true peak."""

import numpy as np
from numpy.typing import NDArray

from secondtake.audio import loudness as k_weighting
from secondtake.models.sketch.dsp import SAMPLE_RATE, Samples, filtered

TARGET_LUFS = -16.0
CEILING_DBTP = -1.5  # half a decibel under the promise of -1, for other meters' filters
BLOCK_SECONDS, STEP_SECONDS = 0.4, 0.1  # ITU-R BS.1770-4 gating blocks, 75 % overlap
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0
OFFSET = -0.691  # dB, BS.1770-4 equation 2
LOOKAHEAD = int(0.012 * SAMPLE_RATE)  # frames; shorter, the limiter rides on the bass's waves
OVERSAMPLING = 4
PIECE, OVERLAP = 1 << 16, 1 << 9  # frames oversampled at once, and thrown away at each end
TOLERANCE_LU = 0.1
PASSES = 4  # limiting lowers the loudness a little; each pass makes up for it


def mastered(mix: Samples) -> Samples:
    """Bring (frames, 2) to TARGET_LUFS with every true peak under CEILING_DBTP."""
    gain = 0.0
    result = mix
    for _ in range(PASSES):
        loudness = integrated(result)
        if loudness <= ABSOLUTE_GATE:
            return mix
        if gain and abs(TARGET_LUFS - loudness) < TOLERANCE_LU:
            break
        gain += TARGET_LUFS - loudness
        result = limited(mix * np.float32(10 ** (gain / 20)))
    return result


def integrated(signal: Samples) -> float:
    """(frames, 2) in ±1 -> LUFS with both gates (ITU-R BS.1770-4); -inf for silence."""
    power = np.sum(filtered(signal, _k_weighting).astype(np.float64) ** 2, axis=1)
    block, step = int(BLOCK_SECONDS * SAMPLE_RATE), int(STEP_SECONDS * SAMPLE_RATE)
    total = np.concatenate(([0.0], np.cumsum(power)))
    starts = np.arange(0, max(len(power) - block, 0) + 1, step)
    ends = np.minimum(starts + block, len(power))
    means = np.maximum((total[ends] - total[starts]) / (ends - starts), 1e-20)
    levels = OFFSET + 10 * np.log10(means)
    heard = means[levels > ABSOLUTE_GATE]
    if not len(heard):
        return float("-inf")
    relative = OFFSET + 10 * np.log10(heard.mean()) + RELATIVE_GATE
    kept = means[levels > max(relative, ABSOLUTE_GATE)]
    return float(OFFSET + 10 * np.log10(kept.mean()))


def limited(signal: Samples) -> Samples:
    """Lower the gain around each excess, smoothly and ahead of it; both channels alike."""
    ceiling = 10 ** (CEILING_DBTP / 20)
    needed = np.minimum(1.0, ceiling / np.maximum(true_peaks(signal), 1e-9))
    if needed.min() >= 1.0:
        return signal
    padded = np.pad(needed, LOOKAHEAD, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, LOOKAHEAD + 1)
    lowest = _running_minimum(windows, len(signal) + LOOKAHEAD)
    weights = np.hanning(LOOKAHEAD + 3)[1:-1]
    gain = np.convolve(lowest, weights / weights.sum(), mode="valid")[: len(signal)]
    return (signal * gain[:, None]).astype(np.float32)


def true_peaks(signal: Samples) -> NDArray[np.float64]:
    """(frames, 2) -> (frames,): the largest magnitude around each frame, oversampled."""
    peaks = np.zeros(len(signal))
    inner = PIECE - 2 * OVERLAP
    for start in range(0, len(signal), inner):
        piece = np.zeros((PIECE, signal.shape[1]))
        low = max(0, start - OVERLAP)
        taken = signal[low : start + inner + OVERLAP]
        piece[low - start + OVERLAP : low - start + OVERLAP + len(taken)] = taken
        fine = np.fft.irfft(np.fft.rfft(piece, axis=0), PIECE * OVERSAMPLING, axis=0) * OVERSAMPLING
        loudest = np.abs(fine).max(axis=1).reshape(PIECE, OVERSAMPLING).max(axis=1)
        loudest = np.maximum(loudest, np.roll(loudest, 1))  # a peak just before its frame
        end = min(start + inner, len(signal))
        peaks[start:end] = loudest[OVERLAP : OVERLAP + end - start]
    return peaks


def _running_minimum(windows: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Minimum of each window, a stretch at a time to bound the memory of the comparison."""
    return np.concatenate([windows[at : at + PIECE].min(axis=1) for at in range(0, count, PIECE)])[
        :count
    ]


def _k_weighting(hertz: NDArray[np.float64]) -> NDArray[np.floating]:
    """Magnitude of the two K-weighting filters (BS.1770-4)."""
    delay = np.exp(-2j * np.pi * hertz / SAMPLE_RATE)
    total = np.ones(len(hertz))
    for one in k_weighting.filters(SAMPLE_RATE):
        total *= np.abs(np.polyval(one.b[::-1], delay) / np.polyval(one.a[::-1], delay))
    return total
