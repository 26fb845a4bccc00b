"""True peak in dBTP: the highest value of the wave, also between its samples (BS.1770-4, annex 2).

Samples are (frames,) or (frames, channels) float32 at their own rate, full scale ±1.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np

from secondtake.audio.loudness import decibels

OVERSAMPLING = 4
REACH = 10  # samples on either side that decide an interpolated value
BETA = 5.0  # of the Kaiser window over the interpolator, as scipy's resample_poly has it
SIZE = 1024  # samples of a spectrum; all but the reach at either end are interpolated
INNER = SIZE - 2 * REACH  # samples of a spectrum that are interpolated
SPECTRA = 32  # at once
STRETCH = 480_000  # samples that are worked on at once, so that ten minutes fit as well


def true_peak(samples: np.ndarray) -> float:
    """Highest true peak of all channels in dBTP."""
    return max(
        (peak_between(samples, at, at + STRETCH) for at in range(0, len(samples), STRETCH)),
        default=float(decibels(0.0)),
    )


def peak_between(samples: np.ndarray, first: int, last: int) -> float:
    """True peak of frames first to last in dBTP, with the samples around them."""
    channels = samples[:, None] if samples.ndim == 1 else samples
    stretch = channels[max(0, first - REACH) : last + REACH]
    if not stretch.size:
        return float(decibels(0.0))
    before = REACH - min(first, REACH)
    after = REACH - min(max(len(channels) - last, 0), REACH)
    highest = float(np.abs(channels[first:last]).max())
    for channel in stretch.T:
        padded = np.pad(channel, (before, after)).astype(np.float32)
        highest = max(highest, _highest_between(padded, highest))
    return float(decibels(highest))


def peak_envelope(samples: np.ndarray) -> np.ndarray:
    """Largest magnitude in any channel at each frame and next to it, oversampled, (frames,)."""
    channels = samples[:, None] if samples.ndim == 1 else samples
    peaks: np.ndarray = np.abs(channels).max(axis=1, initial=0.0).astype(np.float32)
    for channel in channels.T:
        between = _between(channel)
        np.maximum(peaks, between, out=peaks)
        np.maximum(peaks[1:], between[:-1], out=peaks[1:])
    return peaks


def _between(channel: np.ndarray) -> np.ndarray:
    """Largest magnitude between each sample and the next, (frames,) -> (frames,)."""
    count = -(-len(channel) // INNER)
    padded = np.pad(channel, (REACH, REACH + count * INNER - len(channel))).astype(np.float32)
    blocks = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[::INNER] if count else padded
    largest = np.zeros((count, INNER), np.float32)
    for at in range(0, count, SPECTRA):
        rows = largest[at : at + SPECTRA]
        for values in _interpolated(blocks[at : at + SPECTRA]):
            np.maximum(rows, np.abs(values), out=rows)
    return largest.reshape(-1)[: len(channel)]


def _highest_between(padded: np.ndarray, highest: float) -> float:
    """Highest magnitude between the samples, REACH away from either end; 0 if below highest."""
    length = min(SIZE, len(padded))
    starts = np.arange(0, len(padded) - 2 * REACH, INNER).clip(max=len(padded) - length)
    blocks = np.lib.stride_tricks.sliding_window_view(padded, length)[starts]
    # A block too soft to hold the highest value is not interpolated.
    loud = blocks[np.abs(blocks).max(axis=1) * _interpolator()[1] > highest]
    peak = 0.0
    for at in range(0, len(loud), SPECTRA):
        for values in _interpolated(loud[at : at + SPECTRA]):
            peak = max(peak, float(values.max()), -float(values.min()))
    return peak


def _interpolated(blocks: np.ndarray) -> Iterator[np.ndarray]:
    """Values a quarter, a half and three quarters of a sample after each, without the reach.

    (blocks, up to SIZE samples) -> three times (blocks, samples - 2 REACH).
    """
    spectra = np.fft.rfft(blocks, SIZE, axis=1)
    for phase in _interpolator()[0]:
        yield np.fft.irfft(spectra * phase, SIZE, axis=1)[:, 2 * REACH : blocks.shape[1]]


@cache
def _interpolator() -> tuple[np.ndarray, float]:
    """Spectra of the three filters, (3, SIZE // 2 + 1) complex64, and their greatest gain."""
    places = np.arange(-REACH * OVERSAMPLING, REACH * OVERSAMPLING + 1) / OVERSAMPLING
    taps = np.sinc(places) * np.kaiser(len(places), BETA)
    taps *= OVERSAMPLING / taps.sum()
    phases = np.array([taps[at::OVERSAMPLING] for at in range(1, OVERSAMPLING)])  # (3, 2 REACH)
    return np.fft.rfft(phases, SIZE).astype(np.complex64), float(np.abs(phases).sum(axis=1).max())
