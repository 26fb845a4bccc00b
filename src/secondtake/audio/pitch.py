"""The pitch of a voice, by autocorrelation."""

import numpy as np

LOWEST_HZ, HIGHEST_HZ = 65.0, 1000.0  # C2 to about C6: every singing voice
FRAME_SECONDS, HOP_SECONDS = 0.06, 0.02  # a frame holds four periods of the lowest note
VOICED = 0.6  # of a frame's energy repeats a period later; breath and s reach 0.3
NEAR_BEST = 0.9  # a shorter period that explains nearly as much is the note, a longer its octave
BELOW_LOUD = 25.0  # dB: quieter frames are room, not voice
ENOUGH = 5  # voiced frames (0.1 s) to speak of a pitch


def median_pitch(samples: np.ndarray, sample_rate: int) -> float | None:
    """(frames,) -> the median pitch of its voiced frames in Hz, None if hardly any is voiced."""
    pitches = frame_pitches(samples, sample_rate)
    voiced = pitches[pitches > 0]
    return float(np.median(voiced)) if len(voiced) >= ENOUGH else None


def frame_pitches(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """(frames,) -> the pitch of every 20 ms in Hz, 0 where nothing is voiced."""
    size, hop = round(FRAME_SECONDS * sample_rate), round(HOP_SECONDS * sample_rate)
    if len(samples) < size:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop].astype(np.float64)
    frames = frames - frames.mean(axis=1, keepdims=True)
    power = np.mean(frames**2, axis=1)
    similar = _autocorrelation(frames)  # (frames, lags)
    lags = _periods(similar, int(sample_rate / HIGHEST_HZ), int(sample_rate / LOWEST_HZ))
    rows = np.arange(len(lags))
    loud = power > power.max() * 10 ** (-BELOW_LOUD / 10)
    voiced = loud & (power > 0) & (similar[rows, lags] >= VOICED)
    return np.where(voiced, sample_rate / _between_lags(similar, rows, lags), 0.0)


def _autocorrelation(frames: np.ndarray) -> np.ndarray:
    """(frames, size) -> (frames, size): 1 at lag 0, made even for the window's falling off."""
    size = frames.shape[1]
    window = np.hanning(size)
    length = 1 << (2 * size - 1).bit_length()

    def raw(signal: np.ndarray) -> np.ndarray:
        spectrum = np.fft.rfft(signal, length)
        return np.fft.irfft(np.abs(spectrum) ** 2, length)[..., :size]

    similar, falling = raw(frames * window), raw(window)
    zero = np.maximum(similar[:, :1], 1e-12)
    return np.asarray(similar / zero / np.maximum(falling / falling[0], 1e-3))


def _periods(similar: np.ndarray, shortest: int, longest: int) -> np.ndarray:
    """The shortest lag among the peaks that are nearly as high as the highest."""
    middle = similar[:, shortest : longest + 1]
    before, after = similar[:, shortest - 1 : longest], similar[:, shortest + 1 : longest + 2]
    peaks = np.where((middle >= before) & (middle > after), middle, -1.0)
    good = peaks >= NEAR_BEST * np.maximum(peaks.max(axis=1, keepdims=True), 1e-6)
    return np.asarray(np.argmax(good, axis=1) + shortest)


def _between_lags(similar: np.ndarray, rows: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """The top of the parabola through each peak and its neighbours, in frames."""
    low, top, high = (similar[rows, lags + step] for step in (-1, 0, 1))
    bend = low - 2 * top + high
    shift = np.where(bend < 0, 0.5 * (low - high) / np.minimum(bend, -1e-12), 0.0)
    return np.asarray(lags + shift)
