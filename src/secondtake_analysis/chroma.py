"""Pitch classes, read from the peaks of the short-time spectrum."""

from dataclasses import dataclass

import numpy as np

from secondtake_analysis.prepare import COMMON_RATE
from secondtake_analysis.short_time import FRAME, bin_of

LOWEST_NOTE, HIGHEST_NOTE = 100.0, 5000.0  # Hz; below, two semitones share a bin
CONCERT_A = 440.0  # Hz
QUIETEST_NOTE = 1e-3  # -60 dB under the loudest


@dataclass(frozen=True)
class Notes:
    """Spectral peaks: where each lies on the piano (69 is 440 Hz), in which hop, how high."""

    semitones: np.ndarray
    hops: np.ndarray
    height: np.ndarray


def notes(spectrum: np.ndarray, first_hop: int = 0) -> Notes:
    """Magnitudes (1025, hops) of a block that begins at that hop of its recording -> its peaks."""
    bins, hops = _peaks(spectrum)
    shift, height = _interpolate(spectrum, bins, hops)
    semitones = 69 + 12 * np.log2((bins + shift) * COMMON_RATE / FRAME / CONCERT_A)
    return Notes(semitones, hops + first_hop, height)


def folded(found: list[Notes], length: int) -> np.ndarray:
    """Notes of a whole recording -> strength of the pitch classes from C, (12, length).

    Each hop's sum is 1, or 0 without notes. Only spectral peaks count, relative to the recording's
    own tuning and down to 60 dB under the loudest, so that noise between the notes and a band that
    plays flat do no harm.
    """
    semitones, hops, height = (
        np.concatenate([getattr(block, name) for block in found])
        for name in ("semitones", "hops", "height")
    )
    if not len(semitones):
        return np.zeros((12, length), dtype=np.float32)
    heard = height > height.max() * QUIETEST_NOTE
    semitones, hops, height = semitones[heard], hops[heard], height[heard]
    tuning = np.angle(np.sum(height * np.exp(2j * np.pi * semitones))) / (2 * np.pi)
    classes = np.rint(semitones - tuning).astype(int) % 12
    result = np.bincount(classes * length + hops, weights=height, minlength=12 * length)
    result = result.reshape(12, length)
    total = result.sum(axis=0)
    return (result / np.where(total > 0, total, 1)).astype(np.float32)


def _peaks(spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bin and hop of every local maximum between 100 and 5000 Hz within 60 dB of the loudest.

    Blind to what lies in other blocks; `folded` asks again.
    """
    low, high = bin_of(LOWEST_NOTE), bin_of(HIGHEST_NOTE)
    middle = spectrum[low:high]
    higher = (middle > spectrum[low - 1 : high - 1]) & (middle >= spectrum[low + 1 : high + 1])
    bins, hops = np.nonzero(higher & (middle > middle.max() * QUIETEST_NOTE))
    return bins + low, hops


def _interpolate(
    spectrum: np.ndarray, bins: np.ndarray, hops: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where between the bins each peak lies (-0.5 to 0.5), and its height: a parabola in dB."""
    left, centre, right = (
        np.log(np.maximum(spectrum[bins + step, hops], 1e-10)) for step in (-1, 0, 1)
    )
    shift = 0.5 * (left - right) / np.minimum(left - 2 * centre + right, -1e-10)
    return np.clip(shift, -0.5, 0.5), spectrum[bins, hops]
