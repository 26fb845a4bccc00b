"""The mean autocorrelation of a signal's windowed stretches, each 1 at lag 0, at little cost.

The mean over t of r_t(lag) / r_t(0) is wanted, where r_t(lag) is the sum over i of
h[i] h[i+lag] x[t+i] x[t+i+lag], and h a Hann window. A Hann window is a constant and one cosine,
so h[i] h[i+lag] is a constant and two, whose factors hang on the lag alone. The sum over t of
their weights 1 / r_t(0) at one place s = t + i is then a difference of two running sums, and what
is left are correlations of whole signals: a dozen transforms instead of one for every stretch.
"""

import numpy as np

SILENT = float(np.finfo(np.float32).tiny)  # energy of a stretch that has none
STEADY = 1e6  # times the smallest weight: a running sum of float64 keeps ten digits of the others
BLOCK = 128  # stretches that are transformed at once: 1 MB, which a processor's cache holds


def mean_autocorrelation(signal: np.ndarray, length: int) -> np.ndarray:
    """(places,) -> the mean over all stretches of `length` places, each 1 at lag 0, (length,).

    A stretch without energy counts as 0 at every lag.
    """
    signal = signal.astype(float)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    energy = np.correlate(signal**2, window**2, "valid")
    weights = np.divide(1, energy, out=np.zeros_like(energy), where=energy >= SILENT)
    heard = weights[weights > 0]
    if not len(heard):
        return np.zeros(length)
    steady = weights <= STEADY * heard.min()
    total = _by_running_sums(signal, np.where(steady, weights, 0), length)
    total += _one_by_one(signal, np.where(steady, 0, weights), window)
    return np.asarray(total / len(weights))


def _by_running_sums(signal: np.ndarray, weights: np.ndarray, length: int) -> np.ndarray:
    """The sum of all stretches' autocorrelations, each times its weight, (length,)."""
    from scipy.fft import fft, ifft, next_fast_len

    turn = 2j * np.pi / length
    places, lags, starts = np.arange(len(signal)), np.arange(length), np.arange(len(weights))
    ended = np.clip(places + 1 - length, 0, len(weights))  # stretches that no longer reach a place
    begun = np.minimum(places + 1, len(weights))
    size = next_fast_len(len(signal) + length)
    spectrum = fft(signal, size)
    cosines = (
        0.25 + 0.125 * np.exp(turn * lags).real,
        -0.25 - 0.25 * np.exp(turn * lags),
        0.125 * np.exp(turn * lags),
    )
    total = np.zeros(length)
    for order, factor in enumerate(cosines):
        sums = np.append(0, np.cumsum(weights * np.exp(-order * turn * starts)))
        turned = signal * np.exp(order * turn * places)
        all_begun = fft(np.conj(turned * sums[begun]), size).conj() * spectrum
        all_ended = fft(np.conj(turned), size).conj() * fft(signal * sums[ended], size)
        total += (factor * ifft(all_begun - all_ended)[:length]).real
    return total


def _one_by_one(signal: np.ndarray, weights: np.ndarray, window: np.ndarray) -> np.ndarray:
    """The same from the spectrum of each stretch that has a weight: a sum would drown the rest."""
    from scipy.fft import irfft, next_fast_len, rfft

    length = len(window)
    size = next_fast_len(2 * length - 1, real=True)
    stretches = np.lib.stride_tricks.sliding_window_view(signal, length)
    chosen = np.flatnonzero(weights)
    power = np.zeros(size // 2 + 1)
    for first in range(0, len(chosen), BLOCK):
        block = chosen[first : first + BLOCK]
        spectrum = rfft(stretches[block] * window, size, axis=1)
        power += weights[block] @ (spectrum.real**2 + spectrum.imag**2)
    return np.asarray(irfft(power, size)[:length])
