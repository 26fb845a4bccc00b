"""Figures that only the file at its own rate and in all its channels has, window by window."""

import numpy as np

from secondtake.analysis.audio_io import mono
from secondtake.analysis.dsp.preprocess import WINDOW_SECONDS
from secondtake.audio import loudness
from secondtake.audio.true_peak import peak_between

FRAME = 2048  # samples
MONO = -60.0  # dB side over mid: not to be told from one channel
LOUDEST_SIDE = 20.0  # dB; a channel turned upside down has no middle
HIGH_BAND = 8000.0  # Hz; above, there are sibilants, cymbals and hiss
BANDWIDTH_LEVEL = -60.0  # dB under the loudest frequency; nothing above the band's end reaches it
TONAL = (200.0, 8000.0)  # Hz between which flatness is measured
SMALLEST = 1e-20  # power


def fullband_features(
    samples: np.ndarray, sample_rate: int, starts: np.ndarray
) -> dict[str, np.ndarray]:
    """Figures of the windows that begin at `starts` (s), each (windows,).

    loudness (LUFS), peak (dBTP), width (dB, side over mid), edge (Hz), air (dB, above 8 kHz over
    all), flatness (dB, 0 is noise and far below is tones).
    """
    firsts = np.rint(starts * sample_rate).astype(int)
    length = min(round(WINDOW_SECONDS * sample_rate), len(samples))
    rows = [_window(samples, sample_rate, first, first + length) for first in firsts]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _window(samples: np.ndarray, sample_rate: int, first: int, last: int) -> dict[str, float]:
    stretch = samples[first:last]
    power = loudness.weighted(stretch, sample_rate)
    return {  # the loudness is short-term, without gates; never -inf: silence is far below -100
        "loudness": float(loudness.lufs(power.mean())) if len(power) else float("nan"),
        "peak": peak_between(samples, first, last),
        "width": side_mid_ratio_db(stretch),
        **spectral_figures(mono(stretch), sample_rate),
    }


def side_mid_ratio_db(stretch: np.ndarray) -> float:
    """Power of the side over that of the middle in dB, of (frames, channels); mono is -60."""
    if stretch.shape[1] < 2:
        return MONO
    left, right = stretch[:, 0].astype(np.float64), stretch[:, 1].astype(np.float64)
    side, middle = float(np.mean((left - right) ** 2)), float(np.mean((left + right) ** 2))
    ratio = 10 * np.log10(max(side, SMALLEST) / max(middle, SMALLEST))
    return float(np.clip(ratio, MONO, LOUDEST_SIDE))


def spectral_figures(samples: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Band edge (Hz), air (dB) and flatness (dB) of (frames,); NaN where there is no sound."""
    from scipy.fft import rfft

    count = len(samples) // FRAME
    if not count:
        return dict.fromkeys(("edge", "air", "flatness"), float("nan"))
    window = np.hanning(FRAME).astype(np.float32)
    power = np.abs(rfft(samples[: count * FRAME].reshape(count, FRAME) * window, axis=1)) ** 2
    mean = power.mean(axis=0)
    if mean.max() <= SMALLEST:
        return dict.fromkeys(("edge", "air", "flatness"), float("nan"))
    hertz = np.arange(len(mean)) * sample_rate / FRAME
    in_band = np.flatnonzero(mean >= mean.max() * 10 ** (BANDWIDTH_LEVEL / 10))
    above = max(mean[hertz >= HIGH_BAND].sum(), mean.sum() * 1e-8)  # a 16 kHz file has hardly any
    tonal = power[:, (hertz >= TONAL[0]) & (hertz <= TONAL[1])] + SMALLEST
    flat = np.exp(np.log(tonal).mean(axis=1)) / tonal.mean(axis=1)
    return {
        "edge": float(hertz[in_band[-1]]),
        "air": float(10 * np.log10(above / mean.sum())),
        "flatness": float(10 * np.log10(np.median(flat))),
    }
