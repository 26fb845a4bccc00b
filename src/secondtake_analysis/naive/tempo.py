"""The tempo of the first study's figures: what librosa 0.11's beat_track says, but no beats."""

import numpy as np

from secondtake_analysis.naive.spectrum import FRAME, HOP, TINY

CONTEXT_SECONDS = 8.0  # over which onsets are correlated with themselves
LIKELY = 120.0  # BPM, where the prior has its maximum; it falls with the octaves from there
FASTEST = 320.0  # BPM, above which it is 0
LOUDER = 1e6  # log(1 + 1e6 x) is what the prior is added to
DELAY = 1 + FRAME // (2 * HOP)  # hops: a difference comes one late, a centred frame two
BLOCK_HOPS = 128  # that are correlated at once: 1 MB, which a processor's cache holds


def onset_strength(level: np.ndarray) -> np.ndarray:
    """Mel power in dB (hops, bands) -> the median band's rise since the hop before, (hops,)."""
    rises = np.maximum(0, level[1:] - level[:-1])
    middle = rises.shape[1] // 2  # of an even number: the mean of two
    halves = np.partition(rises, [middle - 1, middle], axis=1)
    strength = halves[:, middle - 1 : middle + 1].mean(axis=1)
    return np.pad(strength, (DELAY, 0))[: len(level)]


def tempo(onsets: np.ndarray, sample_rate: int) -> float:
    """Onset strength (hops,) -> BPM, one of those whose period is a whole number of hops.

    0 where nothing begins.
    """
    if not onsets.any():
        return 0.0
    length = int(CONTEXT_SECONDS * sample_rate) // HOP
    periods = np.arange(1, length)
    bpm = 60.0 * sample_rate / (HOP * periods)
    prior = -0.5 * (np.log2(bpm) - np.log2(LIKELY)) ** 2
    strength = np.log1p(LOUDER * _autocorrelation(onsets, length)[1:]) + prior
    strength[bpm >= FASTEST] = -np.inf
    return float(bpm[np.argmax(strength)])


def _autocorrelation(onsets: np.ndarray, length: int) -> np.ndarray:
    """The mean autocorrelation of all stretches of `length` hops, each 1 at lag 0, (length,)."""
    from scipy.fft import irfft, next_fast_len, rfft

    around = np.pad(onsets, length // 2, mode="linear_ramp")
    stretches = np.lib.stride_tricks.sliding_window_view(around, length)[: len(onsets)]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    window = window.astype(np.float32)
    padded = next_fast_len(2 * length - 1, real=True)
    power = np.zeros(padded // 2 + 1)
    for first in range(0, len(stretches), BLOCK_HOPS):
        stretch = stretches[first : first + BLOCK_HOPS] * window
        energy = np.einsum("ij,ij->i", stretch, stretch)
        weights = 1 / np.where(energy < TINY, 1, energy)
        spectrum = rfft(stretch, padded, axis=1)
        power += weights @ (spectrum.real**2 + spectrum.imag**2)
    return np.asarray(irfft(power / len(stretches), padded)[:length])
