"""Tempogram and pulse of a recording: the strength with which its onsets repeat at each tempo.

Read from the onset strength (hops,) of `secondtake.analysis.dsp.spectral`, 86.1 per second.
"""

from functools import cache

import numpy as np

from secondtake.analysis.dsp.preprocess import HOPS_PER_SECOND

SLOWEST, FASTEST = 40.0, 240.0  # BPM
TEMPOGRAM_BPM = np.geomspace(SLOWEST, FASTEST, 96)  # BPM of a tempogram, 37 to the octave
PULSE_BPM = np.geomspace(SLOWEST, FASTEST, 181)  # BPM of a pulse, steps of 1 %
MULTIPLES = np.arange(1, 9)  # beats ahead; the far ones fix the tempo to a tenth of a BPM
KNOWN = 0.75  # of a stretch: lags beyond are averages over so little that they are noise


def tempogram(onsets: np.ndarray) -> np.ndarray:
    """Onset strength (hops,) -> its autocorrelation at the periods of TEMPOGRAM_BPM; 1 at lag 0."""
    correlation = autocorrelation(onsets)
    periods = 60.0 / TEMPOGRAM_BPM * HOPS_PER_SECOND  # hops
    return np.asarray(np.interp(periods, np.arange(len(correlation)), correlation, right=0.0))


def pulse_spectrum(onsets: np.ndarray) -> np.ndarray:
    """Onset strength (hops,) -> strength of its repetition at each of PULSE_BPM, (181,).

    The mean autocorrelation at 1 to 8 beats ahead, as far as there is data; each the best within
    half a step of the grid, since eight beats on a step of 1 % is a twelfth of a beat.
    """
    correlation = autocorrelation(onsets)
    fine, groups = _fine_grid()
    lags = 60.0 / fine[:, None] * HOPS_PER_SECOND * MULTIPLES  # (tempi, multiples)
    values = np.interp(lags, np.arange(len(correlation)), correlation)
    is_known = lags <= KNOWN * (len(correlation) - 1)
    strength = np.where(is_known, values, 0).sum(axis=1) / np.maximum(is_known.sum(axis=1), 1)
    return np.asarray(strength.reshape(groups).max(axis=1))


def autocorrelation(onsets: np.ndarray) -> np.ndarray:
    """(hops,) -> unbiased autocorrelation up to lag hops-1, 1 at lag 0; zeros for no change.

    Unbiased: a long lag is averaged over the few hops it has, else slow tempi would always lose;
    lags beyond 3/4 of the stretch are left at 0.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    centred = onsets - onsets.mean()
    length = len(centred)
    padded = next_fast_len(2 * length, real=True)  # so that the end does not meet the beginning
    raw = irfft(np.abs(rfft(centred, padded)) ** 2, padded)[:length]
    if raw[0] <= 1e-9:
        return np.zeros(length)
    is_known = np.arange(length) <= KNOWN * length
    return np.where(is_known, raw / raw[0] * length / (length - np.arange(length)), 0.0)


@cache
def _fine_grid() -> tuple[np.ndarray, tuple[int, int]]:
    """PULSE_BPM with five tempi to every step, and their shape in groups of five."""
    step = np.log(FASTEST / SLOWEST) / (len(PULSE_BPM) - 1)
    inside = step * np.linspace(-0.4, 0.4, 5)
    return np.exp(np.log(PULSE_BPM)[:, None] + inside).ravel(), (len(PULSE_BPM), 5)
