"""How high the wave rises, also between the samples: true peak in dBTP (BS.1770-4, annex 2).

Samples are (frames,) or (frames, channels) float32 at their own rate, full scale ±1.
"""

from functools import cache

import numpy as np

from secondtake.audio.loudness import decibels

OVERSAMPLING = 4
REACH = 10  # samples on either side that decide an interpolated value
BETA = 5.0  # of the Kaiser window over the interpolator, as scipy's resample_poly has it
SIZE = 1024  # samples of a spectrum; all but the reach at either end are interpolated
SPECTRA = 32  # at once
STRETCH = 480_000  # samples that are worked on at once, so that ten minutes fit as well


def true_peak(samples: np.ndarray) -> float:
    """Highest true peak of all channels in dBTP."""
    return max(
        (peak_between(samples, at, at + STRETCH) for at in range(0, len(samples), STRETCH)),
        default=float(decibels(0.0)),
    )


def peak_between(samples: np.ndarray, first: int, last: int) -> float:
    """The true peak of frames first to last in dBTP, with what lies around them.

    What is too soft to hold the highest value is not interpolated.
    """
    channels = samples[:, None] if samples.ndim == 1 else samples
    stretch = channels[max(0, first - REACH) : last + REACH]
    if not stretch.size:
        return float(decibels(0.0))
    before = REACH - min(first, REACH)
    after = REACH - min(max(len(channels) - last, 0), REACH)
    highest = float(np.abs(channels[first:last]).max())
    for channel in stretch.T:
        padded = np.pad(channel, (before, after)).astype(np.float32)
        highest = max(highest, _between(padded, highest))
    return float(decibels(highest))


def _between(padded: np.ndarray, highest: float) -> float:
    """The highest magnitude between the samples, REACH away from either end; 0 if below highest."""
    length = min(SIZE, len(padded))
    starts = np.arange(0, len(padded) - 2 * REACH, SIZE - 2 * REACH)
    starts = np.minimum(starts, len(padded) - length)  # the last one overlaps
    framed = np.lib.stride_tricks.sliding_window_view(padded, length)[starts]
    response, gain = _interpolator()
    loud = framed[np.abs(framed).max(axis=1) * gain > highest]
    found = 0.0
    for at in range(0, len(loud), SPECTRA):
        spectra = np.fft.rfft(loud[at : at + SPECTRA], SIZE, axis=1)
        for phase in response:
            between = np.fft.irfft(spectra * phase, SIZE, axis=1)[:, 2 * REACH : length]
            found = max(found, float(between.max()), -float(between.min()))
    return found


@cache
def _interpolator() -> tuple[np.ndarray, float]:
    """Spectra of the filters for the three values after a sample, (3, SIZE // 2 + 1) complex64.

    And how many times louder than the samples around it an interpolated value can be.
    """
    places = np.arange(-REACH * OVERSAMPLING, REACH * OVERSAMPLING + 1) / OVERSAMPLING
    taps = np.sinc(places) * np.kaiser(len(places), BETA)
    taps *= OVERSAMPLING / taps.sum()
    phases = np.array([taps[at::OVERSAMPLING] for at in range(1, OVERSAMPLING)])  # (3, 2 REACH)
    return np.fft.rfft(phases, SIZE).astype(np.complex64), float(np.abs(phases).sum(axis=1).max())
