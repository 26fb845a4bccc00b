"""How much one sound differs from another, sample by sample: two takes of one job.

Nothing is aligned: the n-th frame of the one meets the n-th of the other. Of files of unequal
length the figures are those of the frames that both have.

max_abs: the largest difference of two samples, where full scale is 1. 0 where all are the same.
snr_db: the power of the first over that of the difference, 10 log10(sum a² / sum (a - b)²). None
where there is no difference, and where the first is silent.
log_mel_db: the mean distance of the log-mel spectrograms. Power of a Hann window of 2048 frames
every 512, in 64 mel bands from 0 Hz to half the sample rate, in dB, nothing lower than 80 dB below
the loudest band of the first; the absolute differences, averaged over bands, windows and channels.
The same sound at another level is as far away as the levels are apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from secondtake.analysis.audio_io import Audio
from secondtake.analysis.dsp.spectral import FLOOR_DB, SMALLEST, mel_filters
from secondtake.core.errors import UserError

FRAME, HOP = 2048, 512
BLOCK = 1024  # windows at once: 16 MB


@dataclass(frozen=True)
class Difference:
    """What separates two sounds of one sample rate."""

    max_abs: float
    snr_db: float | None
    log_mel_db: float
    frames: tuple[int, int]  # of the first, of the second


def measure_difference(first: Audio, second: Audio) -> Difference:
    """The difference of two sounds. UserError if their sample rates or channels are not alike."""
    shapes = [(audio.sample_rate, audio.samples.shape[1]) for audio in (first, second)]
    if shapes[0] != shapes[1]:
        (rate, channels), (other_rate, others) = shapes
        raise UserError(
            f"{rate} Hz with {channels} channels and {other_rate} Hz with {others}: sounds are "
            "held against each other sample by sample; convert one of them first"
        )
    shared = min(len(first.samples), len(second.samples))
    a, b = (audio.samples[:shared].astype(np.float64) for audio in (first, second))
    error = a - b
    power, noise = float((a**2).sum()), float((error**2).sum())
    return Difference(
        max_abs=float(np.abs(error).max(initial=0.0)),
        snr_db=10 * float(np.log10(power / noise)) if power > 0 and noise > 0 else None,
        log_mel_db=log_mel_distance(a, b, first.sample_rate),
        frames=(len(first.samples), len(second.samples)),
    )


def log_mel_distance(a: np.ndarray, b: np.ndarray, sample_rate: int) -> float:
    """The mean absolute difference of two log-mel spectrograms in dB.

    a, b: (frames, channels) float64 in ±1, equally long.
    """
    if not len(a):
        return 0.0
    loudest = max(float(power.max()) for power in _mel_powers(a, sample_rate))
    floor = max(loudest * 10 ** (FLOOR_DB / 10), SMALLEST)
    total = count = 0.0
    for of_a, of_b in zip(_mel_powers(a, sample_rate), _mel_powers(b, sample_rate), strict=True):
        levels = (10 * np.log10(np.maximum(power, floor)) for power in (of_a, of_b))
        distance = np.abs(next(levels) - next(levels))
        total, count = total + float(distance.sum()), count + distance.size
    return total / count


def _mel_powers(samples: np.ndarray, sample_rate: int) -> Iterator[np.ndarray]:
    """(frames, channels) -> mel power of blocks of windows, (windows, 64), channel by channel."""
    filters = mel_filters(frame=FRAME, rate=sample_rate).T
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
    for channel in samples.T:
        padded = np.pad(channel, FRAME // 2)  # the first window is centred on the first frame
        windows = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
        for start in range(0, len(windows), BLOCK):
            spectrum = np.fft.rfft(windows[start : start + BLOCK] * window, axis=1)
            yield np.abs(spectrum) ** 2 @ filters
