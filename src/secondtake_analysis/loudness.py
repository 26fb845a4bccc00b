"""How loud: blocks in dBFS, loudness in LUFS, loudness range in LU, true peak in dBTP.

Samples are (frames,) or (frames, channels) float32 at their own rate, full scale ±1. Everything
goes through a file in stretches, so that ten minutes need no more memory than ten seconds.
"""

from functools import cache

import numpy as np

BLOCK_SECONDS = 0.01  # for silence and edges
SILENCE_DBFS = -60.0
STEP_SECONDS = 0.1  # BS.1770-4 moves its gating block of 400 ms by a quarter
GATE_STEPS, RANGE_STEPS = 4, 30  # 400 ms of BS.1770-4; 3 s of EBU Tech 3342
GATE_SECONDS = 0.4  # shorter has no loudness
ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE, RANGE_GATE = -10.0, -20.0  # LU below the mean of what is above the absolute gate
OFFSET = -0.691  # dB, BS.1770-4
SURROUND = (1.0, 1.0, 1.0, 1.41, 1.41)  # BS.1770-4: left, right, centre, the two behind
RANGE_SECONDS = 10.0  # shorter than this, a loudness range says nothing about a mix
OVERSAMPLING = 4  # BS.1770-4, annex 2
STRETCH_SECONDS = 10.0  # that are worked on at once
REACH = 10  # samples on either side that decide an interpolated value
PEAK_BLOCK = 8192  # samples that are interpolated at once
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


def weighted(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """K-weighted power of every full 100 ms, channels added as BS.1770-4 weighs them, (steps,)."""
    from scipy.signal import lfilter

    channels = samples.reshape(len(samples), -1)
    step = max(1, round(STEP_SECONDS * sample_rate))
    wide = step * round(STRETCH_SECONDS / STEP_SECONDS)
    gains = np.array([*SURROUND, *[1.0] * channels.shape[1]])[: channels.shape[1]]
    filters = _k_weighting(sample_rate)
    states = [np.zeros((2, channels.shape[1])) for _ in filters]
    power = []
    for at in range(0, len(channels) - step + 1, wide):
        stretch = channels[at : at + wide].astype(np.float64)
        for place, (numerator, denominator) in enumerate(filters):
            stretch, states[place] = lfilter(
                numerator, denominator, stretch, axis=0, zi=states[place]
            )
        full = len(stretch) // step * step
        squares = (stretch[:full] ** 2).reshape(-1, step, channels.shape[1]).mean(axis=1)
        power.append(squares @ gains)
    return np.concatenate(power) if power else np.empty(0)


def running_mean(steps: np.ndarray, count: int) -> np.ndarray:
    """Means of every `count` steps in a row, (steps - count + 1,); of all, if they are fewer."""
    count = min(count, len(steps))
    return np.lib.stride_tricks.sliding_window_view(steps, count).mean(axis=1)


def lufs(power: np.ndarray | float) -> np.ndarray:
    """K-weighted power -> LUFS."""
    return OFFSET + 10 * np.log10(np.maximum(power, SMALLEST**2))


def true_peak(samples: np.ndarray) -> float:
    """Highest true peak of all channels in dBTP, 4x oversampled (BS.1770-4, annex 2)."""
    channels = samples.reshape(len(samples), -1)
    wide = round(STRETCH_SECONDS * 48_000)
    return max(
        (peak_between(channels, at, at + wide) for at in range(0, len(channels), wide)),
        default=float(decibels(0.0)),
    )


def peak_between(samples: np.ndarray, first: int, last: int) -> float:
    """The true peak of frames first to last in dBTP, with what lies around them.

    The interpolator of scipy's resample_poly as a product of matrices; stretches that are too
    soft to hold the highest value are not interpolated.
    """
    channels = samples.reshape(len(samples), -1)
    stretch = channels[max(0, first - REACH) : last + REACH]
    if not stretch.size:
        return float(decibels(0.0))
    before = REACH - min(first, REACH)
    after = REACH - min(max(len(channels) - last, 0), REACH)
    highest = float(np.abs(channels[first:last]).max())
    phases = _interpolator()
    gain = float(np.abs(phases).sum(axis=0).max())  # no interpolated value is higher than this
    for channel in stretch.T:
        padded = np.pad(channel, (before, after)).astype(np.float32)
        for at in range(0, len(padded) - 2 * REACH, PEAK_BLOCK):
            block = padded[at : at + PEAK_BLOCK + 2 * REACH]
            if np.abs(block).max() * gain > highest:
                around = np.lib.stride_tricks.sliding_window_view(block, 2 * REACH + 1)
                highest = max(highest, float(np.abs(around @ phases).max()))
    return float(decibels(highest))


@cache
def _interpolator() -> np.ndarray:
    """What the 21 samples around give to the four values at a sample and after it, (21, 4)."""
    from scipy.signal import firwin

    taps = firwin(2 * REACH * OVERSAMPLING + 1, 1 / OVERSAMPLING, window=("kaiser", 5.0))
    padded = np.pad(OVERSAMPLING * taps, (0, OVERSAMPLING - 1))
    return np.flip(padded.reshape(2 * REACH + 1, OVERSAMPLING), axis=0).astype(np.float32)


def _levels(channels: np.ndarray, size: int) -> np.ndarray:
    """RMS in dBFS of blocks of `size` frames, the loudest channel's, (blocks,)."""
    starts = np.arange(0, len(channels), size)
    energy = np.add.reduceat(channels.astype(np.float64) ** 2, starts, axis=0)
    lengths = np.diff(np.append(starts, len(channels)))[:, None]
    return decibels(np.sqrt(energy / lengths)).max(axis=1)


@cache
def _k_weighting(sample_rate: int) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The two filters of BS.1770-4 at this rate, as pyloudnorm designs them."""
    from pyloudnorm import Meter

    return tuple((one.b, one.a) for one in Meter(sample_rate)._filters.values())
