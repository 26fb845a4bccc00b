"""Loudness: K-weighting, integrated loudness in LUFS, loudness range in LU, blocks in dBFS.

ITU-R BS.1770-4 prints its two filters for 48 kHz only; the constants below are the analogue filters
behind them (De Man, 2014) and give the printed numbers to every digit. They work on spectra of
0.8 s whose first 0.1 s is thrown away: an earlier sound has then fallen by 180 dB. That is twice as
fast as sample by sample, without scipy.signal, which takes half a second to import. Samples are
(frames,) or (frames, channels) float32 in ±1 at their own rate, worked on in stretches of bounded
memory.
"""

from dataclasses import dataclass
from functools import cache
from math import pi, tan

import numpy as np

SHELF_HZ, SHELF_Q = 1681.974450955533, 0.7071752369554196
SHELF_GAIN = 10 ** (3.999843853973347 / 20)
SHELF_MIDDLE = SHELF_GAIN**0.4996667741545416  # gain at SHELF_HZ
CUT_HZ, CUT_Q = 38.13547087602444, 0.5003270373238773
Coefficients = tuple[float, float, float]

STEP_SECONDS = 0.1  # BS.1770-4 moves its gating block of 400 ms by a quarter
STEPS = 7  # that are kept of a spectrum
SPECTRA = 8  # at once: 1 MB, which a processor's cache holds
SURROUND = (1.0, 1.0, 1.0, 1.41, 1.41)  # BS.1770-4: left, right, centre, the two behind
DUAL_MONO = 2.0  # a player plays the one channel of a file on both loudspeakers: 3 LU more

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


@dataclass(frozen=True)
class Filter:
    """Of second order: (b0 + b1 z + b2 z²) / (1 + a1 z + a2 z²), z a delay of one sample."""

    b: Coefficients
    a: Coefficients


def filters(sample_rate: int) -> tuple[Filter, Filter]:
    """The shelf (+4 dB above 1.7 kHz: a head before the ear) and the high-pass at 38 Hz."""
    k = tan(pi * SHELF_HZ / sample_rate)
    middle, square = SHELF_MIDDLE * k / SHELF_Q, k * k
    whole = 1 + k / SHELF_Q + square
    shelf = (
        (SHELF_GAIN + middle + square) / whole,
        2 * (square - SHELF_GAIN) / whole,
        (SHELF_GAIN - middle + square) / whole,
    )
    shelving = Filter(shelf, _poles(k, SHELF_Q))
    return shelving, Filter((1.0, -2.0, 1.0), _poles(tan(pi * CUT_HZ / sample_rate), CUT_Q))


def _poles(k: float, q: float) -> Coefficients:
    whole = 1 + k / q + k * k
    return 1.0, 2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole


def weighted(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """(frames,) or (frames, channels) -> power of every full 0.1 s, channels added, (steps,).

    (frames, 1) is a mono file and counts as it is played, on two loudspeakers: as loud as the same
    sound in two channels. (frames,) is a signal by itself.
    """
    channels = samples[:, None] if samples.ndim == 1 else samples
    step = max(1, round(STEP_SECONDS * sample_rate))
    power = np.zeros(len(channels) // step)
    for place, channel in enumerate(channels[: len(power) * step].T):
        gain = SURROUND[place] if place < len(SURROUND) else 1.0
        power += gain * _powers(channel, step, sample_rate)
    return power * DUAL_MONO if samples.ndim > 1 and channels.shape[1] == 1 else power


def _powers(channel: np.ndarray, step: int, sample_rate: int) -> np.ndarray:
    """(frames,), a multiple of `step` -> filtered power of every step."""
    wide = STEPS * step
    size = step + wide
    response = _response(sample_rate, size)
    powers = [np.empty(0)]
    for at in range(0, len(channel), SPECTRA * wide):
        stretch = channel[max(0, at - step) : at + SPECTRA * wide]
        before = step if at == 0 else 0
        after = -(len(stretch) + before - step) % wide
        padded = np.pad(stretch, (before, after)).astype(np.float32)
        framed = np.lib.stride_tricks.sliding_window_view(padded, step + wide)[::wide]
        filtered = np.fft.irfft(np.fft.rfft(framed, size, axis=1) * response, size, axis=1)
        steps = filtered[:, step : step + wide].reshape(-1, step)
        powers.append(np.einsum("ij,ij->i", steps, steps) / step)
    return np.concatenate(powers)[: len(channel) // step]


@cache
def _response(sample_rate: int, size: int) -> np.ndarray:
    """Both filters at every frequency of a real spectrum, (size // 2 + 1,) complex64."""
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(len(delay), dtype=complex)
    for stage in filters(sample_rate):
        response *= np.polyval(stage.b[::-1], delay) / np.polyval(stage.a[::-1], delay)
    return response.astype(np.complex64)


def decibels(amplitude: np.ndarray | float) -> np.ndarray:
    """Amplitude (1 is full scale) -> dBFS."""
    return 20 * np.log10(np.maximum(np.abs(amplitude), SMALLEST))


def block_levels(
    samples: np.ndarray, sample_rate: int, seconds: float = BLOCK_SECONDS
) -> np.ndarray:
    """RMS of blocks in dBFS, (blocks,); the loudest channel counts, the last may be short."""
    channels = samples.reshape(len(samples), -1)
    size = max(1, round(seconds * sample_rate))
    wide = size * max(1, round(STRETCH_SECONDS / seconds))
    levels = [_levels(channels[at : at + wide], size) for at in range(0, len(channels), wide)]
    return np.concatenate(levels) if levels else np.empty(0)


def edges(samples: np.ndarray, sample_rate: int) -> tuple[float, float]:
    """Seconds below -60 dBFS before the first sound and after the last; of a silent file all."""
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
    return np.asarray(np.lib.stride_tricks.sliding_window_view(steps, count).mean(axis=1))


def lufs(power: np.ndarray | float) -> np.ndarray:
    """K-weighted power -> LUFS."""
    return OFFSET + 10 * np.log10(np.maximum(power, SMALLEST**2))


def _levels(channels: np.ndarray, size: int) -> np.ndarray:
    """RMS in dBFS of blocks of `size` frames, the loudest channel's, (blocks,)."""
    starts = np.arange(0, len(channels), size)
    energy = np.add.reduceat(channels.astype(np.float64) ** 2, starts, axis=0)
    lengths = np.diff(np.append(starts, len(channels)))[:, None]
    return np.asarray(decibels(np.sqrt(energy / lengths)).max(axis=1))
