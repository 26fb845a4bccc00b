"""How loud: blocks in dBFS, loudness in LUFS, loudness range in LU.

Samples are (frames,) or (frames, channels) float32 at their own rate, full scale ±1. Everything
goes through a file in stretches, so that ten minutes need no more memory than ten seconds.
"""

import numpy as np

from secondtake_analysis.weighting import STEP_SECONDS, weighted

BLOCK_SECONDS = 0.01  # for silence and edges
SILENCE_DBFS = -60.0
GATE_STEPS, RANGE_STEPS = 4, 30  # 400 ms of BS.1770-4; 3 s of EBU Tech 3342
GATE_SECONDS = 0.4  # shorter has no loudness
ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE, RANGE_GATE = -10.0, -20.0  # LU below the mean of what is above the absolute gate
OFFSET = -0.691  # dB, BS.1770-4
RANGE_SECONDS = 10.0  # shorter than this, a loudness range says nothing about a mix
STRETCH_SECONDS = 10.0  # that are worked on at once
SMALLEST = 1e-10  # -200 dBFS instead of a logarithm of nothing


def decibels(amplitude: np.ndarray | float) -> np.ndarray:
    """Amplitude (1 is full scale) -> dBFS."""
    return 20 * np.log10(np.maximum(np.abs(amplitude), SMALLEST))


def block_levels(
    samples: np.ndarray, sample_rate: int, seconds: float = BLOCK_SECONDS
) -> np.ndarray:
    """RMS of consecutive blocks in dBFS, (blocks,); the loudest channel counts.

    A last block that is not full is measured over what it has.
    """
    channels = samples.reshape(len(samples), -1)
    size = max(1, round(seconds * sample_rate))
    wide = size * max(1, round(STRETCH_SECONDS / seconds))
    levels = [_levels(channels[at : at + wide], size) for at in range(0, len(channels), wide)]
    return np.concatenate(levels) if levels else np.empty(0)


def edges(samples: np.ndarray, sample_rate: int) -> tuple[float, float]:
    """Seconds of silence (below -60 dBFS) before the first sound and after the last.

    A file without any sound is silence at both edges, each as long as the file.
    """
    total = len(samples) / sample_rate
    sounding = np.flatnonzero(block_levels(samples, sample_rate) >= SILENCE_DBFS)
    if not len(sounding):
        return total, total
    size = max(1, round(BLOCK_SECONDS * sample_rate))
    end = min(len(samples), (sounding[-1] + 1) * size)
    return sounding[0] * size / sample_rate, total - end / sample_rate


def integrated(samples: np.ndarray, sample_rate: int) -> float | None:
    """Integrated loudness in LUFS (ITU-R BS.1770-4); None if under 0.4 s or below the gate."""
    return gated(weighted(samples, sample_rate))


def gated(steps: np.ndarray) -> float | None:
    """Integrated loudness in LUFS of K-weighted power (steps,); None below the gate."""
    if len(steps) < GATE_STEPS:
        return None
    power = running_mean(steps, GATE_STEPS)
    power = power[lufs(power) >= ABSOLUTE_GATE]
    if not len(power):
        return None
    power = power[lufs(power) > lufs(power.mean()) + RELATIVE_GATE]
    return float(lufs(power.mean())) if len(power) else None


def loudness_range(samples: np.ndarray, sample_rate: int) -> float | None:
    """Loudness range in LU (EBU Tech 3342: 3 s blocks, 10th to 95th percentile).

    None below 10 s, and for silence. The document itself wants a minute or more.
    """
    return gated_range(weighted(samples, sample_rate))


def gated_range(steps: np.ndarray) -> float | None:
    """Loudness range in LU of K-weighted power (steps,); None below 10 s or the gate."""
    if len(steps) < RANGE_SECONDS / STEP_SECONDS:
        return None
    power = running_mean(steps, RANGE_STEPS)
    power = power[lufs(power) >= ABSOLUTE_GATE]
    if not len(power):
        return None
    power = power[lufs(power) >= lufs(power.mean()) + RANGE_GATE]
    low, high = np.percentile(lufs(power), [10, 95])
    return float(high - low)


def running_mean(steps: np.ndarray, count: int) -> np.ndarray:
    """Means of every `count` steps in a row, (steps - count + 1,); of all, if they are fewer."""
    count = min(count, len(steps))
    return np.lib.stride_tricks.sliding_window_view(steps, count).mean(axis=1)


def lufs(power: np.ndarray | float) -> np.ndarray:
    """K-weighted power -> LUFS."""
    return OFFSET + 10 * np.log10(np.maximum(power, SMALLEST**2))


def _levels(channels: np.ndarray, size: int) -> np.ndarray:
    """RMS in dBFS of blocks of `size` frames, the loudest channel's, (blocks,)."""
    starts = np.arange(0, len(channels), size)
    energy = np.add.reduceat(channels.astype(np.float64) ** 2, starts, axis=0)
    lengths = np.diff(np.append(starts, len(channels)))[:, None]
    return decibels(np.sqrt(energy / lengths)).max(axis=1)
