"""One short-time spectrum of a prepared recording, and what is read from it.

Everything is (bins, hops) float32 at 22 050 Hz: 2048-sample Hann frames every 256 samples
(93 ms every 11.6 ms; the hop is short because the rhythm is read from it too).
"""

from functools import cache

import numpy as np

from secondtake_analysis.prepare import COMMON_RATE

FRAME = 2048
HOP = 256
HOPS_PER_SECOND = COMMON_RATE / HOP  # 86.1
MEL_BANDS = 64
MFCC_COUNT = 20  # c0 to c19; c0 is level and is dropped where timbre is meant
FLOOR_DB = -80.0  # below the loudest band everything is called silence
LOWEST_NOTE, HIGHEST_NOTE = 100.0, 5000.0  # Hz; below, two semitones share a bin
CONCERT_A = 440.0  # Hz


def magnitudes(samples: np.ndarray) -> np.ndarray:
    """(frames,) at 22 050 Hz -> magnitude spectrum (1025, hops), hops centred."""
    from scipy.fft import rfft
    from scipy.signal.windows import hann

    padded = np.pad(samples, FRAME // 2)
    framed = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    window = hann(FRAME, sym=False).astype(np.float32)
    return np.abs(rfft(framed * window, axis=1)).T.astype(np.float32)


def mel_decibels(spectrum: np.ndarray) -> np.ndarray:
    """Magnitudes -> mel power in dB, (64, hops), not below 80 dB under its maximum."""
    power = mel_filters() @ spectrum**2
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    return np.maximum(decibels, decibels.max() + FLOOR_DB).astype(np.float32)


@cache
def mel_filters() -> np.ndarray:
    """Triangles of equal area on the Slaney mel scale, 0 to 11 025 Hz, (64, 1025)."""
    edges = _mel_to_hz(np.linspace(0, _hz_to_mel(COMMON_RATE / 2), MEL_BANDS + 2))
    bins = np.linspace(0, COMMON_RATE / 2, FRAME // 2 + 1)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - low) / (centre - low)
    falling = (high - bins) / (high - centre)
    filters = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    filters = filters.astype(np.float32)
    filters.flags.writeable = False  # one array for all callers
    return filters


def mfcc(mel: np.ndarray) -> np.ndarray:
    """Mel power in dB -> cepstral coefficients c0 to c19, (20, hops)."""
    from scipy.fft import dct

    return dct(mel, axis=0, type=2, norm="ortho")[:MFCC_COUNT]


def onset_strength(mel: np.ndarray) -> np.ndarray:
    """How much louder the bands became since the last hop: mean rise in dB, (hops,)."""
    rise = np.maximum(0, np.diff(mel, axis=1, prepend=mel[:, :1]))
    return rise.mean(axis=0)


def chroma(spectrum: np.ndarray) -> np.ndarray:
    """Magnitudes -> strength of the 12 pitch classes from C, (12, hops), each hop's sum 1 or 0.

    Only spectral peaks count, at their interpolated frequency and relative to the recording's own
    tuning, so that noise between the notes and a band that plays flat do no harm.
    """
    bins, hops = _peaks(spectrum)
    if not len(bins):
        return np.zeros((12, spectrum.shape[1]), dtype=np.float32)
    shift, height = _interpolate(spectrum, bins, hops)
    semitones = 69 + 12 * np.log2((bins + shift) * COMMON_RATE / FRAME / CONCERT_A)
    tuning = np.angle(np.sum(height * np.exp(2j * np.pi * semitones))) / (2 * np.pi)
    classes = np.rint(semitones - tuning).astype(int) % 12
    result = np.zeros((12, spectrum.shape[1]))
    np.add.at(result, (classes, hops), height)
    total = result.sum(axis=0)
    return (result / np.where(total > 0, total, 1)).astype(np.float32)


def _peaks(spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bin and hop of every local maximum between 100 and 5000 Hz within 60 dB of the loudest."""
    low, high = (round(hz * FRAME / COMMON_RATE) for hz in (LOWEST_NOTE, HIGHEST_NOTE))
    middle = spectrum[low:high]
    higher = (middle > spectrum[low - 1 : high - 1]) & (middle >= spectrum[low + 1 : high + 1])
    bins, hops = np.nonzero(higher & (middle > spectrum.max() * 1e-3))
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


def _hz_to_mel(hz: float) -> float:
    """Slaney's scale: linear to 1000 Hz (15 mel), then 27 mel for each factor of 6.4."""
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)


def _mel_to_hz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))
