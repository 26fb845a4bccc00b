"""What is kept of a recording for every comparison: a few numbers per 3 s window.

`Features` is made once per file and cached by the file's content; the metrics see nothing else.
"""

from dataclasses import dataclass, fields

import numpy as np

from secondtake_analysis import loudness, spectrum
from secondtake_analysis.audio import Audio
from secondtake_analysis.prepare import WINDOW_SECONDS, Prepared, prepare
from secondtake_analysis.spectrum import HOPS_PER_SECOND

LEAST_WINDOW = 1.0  # s; a recording shorter than a window is one window down to this


@dataclass(frozen=True)
class Features:
    """A recording as the metrics see it. `windows` may be 0: then nothing can be compared."""

    seconds: float  # of sound, edges trimmed
    starts: np.ndarray  # (windows,) s
    mfcc: np.ndarray  # (windows, 20) mean of c0 to c19
    spectrum: np.ndarray  # (windows, 64) mean mel power in dB, level removed
    chroma: np.ndarray  # (windows, 12) mean pitch-class strength from C
    onsets: np.ndarray  # (hops,) onset strength of the whole recording, 86.1 per second
    lufs: float  # of the file as it is; NaN where undefined, as for the next two
    lra: float
    true_peak: float  # dBTP

    @property
    def windows(self) -> int:
        return len(self.starts)

    def onset_windows(self) -> list[np.ndarray]:
        """The onset strength of every window, each (hops,)."""
        return [self.onsets[hops] for hops in _slices(self.starts, len(self.onsets))]


FIELDS = tuple(field.name for field in fields(Features))


def describe(audio: Audio) -> Features:
    """The features of a decoded file; without windows if it holds no comparable sound."""
    levels = [
        _or_nan(loudness.integrated(audio.samples, audio.sample_rate)),
        _or_nan(loudness.loudness_range(audio.samples, audio.sample_rate)),
        loudness.true_peak(audio.samples),
    ]
    prepared = prepare(audio)
    if prepared is None or prepared.seconds < LEAST_WINDOW:
        return Features(
            prepared.seconds if prepared else 0.0,
            np.empty(0),
            np.empty((0, spectrum.MFCC_COUNT)),
            np.empty((0, spectrum.MEL_BANDS)),
            np.empty((0, 12)),
            np.empty(0),
            *levels,
        )
    return _describe(prepared, levels)


def _describe(prepared: Prepared, levels: list[float]) -> Features:
    magnitudes = spectrum.magnitudes(prepared.samples)
    mel = spectrum.mel_decibels(magnitudes)
    starts = np.arange(0, max(prepared.seconds - WINDOW_SECONDS, 0) + 1e-6, WINDOW_SECONDS)
    parts = _slices(starts, mel.shape[1])
    return Features(
        prepared.seconds,
        starts,
        _means(spectrum.mfcc(mel), parts),
        np.array([_balance(magnitudes[:, hops]) for hops in parts]),
        _means(spectrum.chroma(magnitudes), parts),
        spectrum.onset_strength(mel),
        *levels,
    )


def _slices(starts: np.ndarray, hops: int) -> list[slice]:
    """The hops of every window; the only window of a short recording is all of it."""
    length = round(WINDOW_SECONDS * HOPS_PER_SECOND)
    firsts = np.rint(starts * HOPS_PER_SECOND).astype(int)
    return [slice(first, min(first + length, hops)) for first in firsts]


def _means(values: np.ndarray, parts: list[slice]) -> np.ndarray:
    return np.array([values[:, hops].mean(axis=1) for hops in parts])


def _balance(magnitudes: np.ndarray) -> np.ndarray:
    """Long-term average spectrum in dB over 64 mel bands, its mean level removed, (64,)."""
    power = spectrum.mel_filters() @ (magnitudes**2).mean(axis=1)
    decibels = 10 * np.log10(np.maximum(power, power.max() * 1e-8))
    return decibels - decibels.mean()


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
