"""Features of a recording, on which every comparison is based: a few numbers per 3 s window.

`Features` are extracted once per file and cached by its content; the metrics see nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from secondtake.analysis.audio_io import Audio
from secondtake.analysis.dsp import fullband, spectral
from secondtake.analysis.dsp.preprocess import HOPS_PER_SECOND, WINDOW_SECONDS, prepare
from secondtake.analysis.dsp.tempogram import PULSE_BPM, TEMPOGRAM_BPM, pulse_spectrum, tempogram
from secondtake.analysis.features.normalization import Standardizer
from secondtake.analysis.networks.neural_features import NeuralFeatures
from secondtake.audio import loudness
from secondtake.audio.true_peak import true_peak

LEAST_WINDOW = 1.0  # s; a recording shorter than a window is one window down to this
PULSE_CONTEXT = 4.5  # s before and after a window from which its pulse is read: 12 s in all


def _row(*shape: int) -> dict[str, tuple[int, ...]]:
    """Metadata of a field that has a row a window: the shape of a row."""
    return {"row": shape}


@dataclass(frozen=True, eq=False)
class Features:
    """A recording as the metrics see it. `windows` may be 0: then nothing can be compared."""

    seconds: float  # of sound, edges trimmed
    lufs: float  # of the file as it is; NaN where undefined, as for the next two
    lra: float  # LU
    true_peak: float  # dBTP
    starts: np.ndarray = field(metadata=_row())  # s
    # Of the prepared sound: mono, -23 LUFS, 22 050 Hz.
    timbre: np.ndarray = field(metadata=_row(spectral.SIZE))  # envelope, texture, attacks
    spectrum: np.ndarray = field(metadata=_row(64))  # mean mel power in dB, level removed
    chroma: np.ndarray = field(metadata=_row(12))  # mean pitch-class strength from C
    attack: np.ndarray = field(metadata=_row())  # skewness of changes; below 0 if played backwards
    # Autocorrelation of the onsets; how much repeats at a tempo, in 12 s around.
    tempogram: np.ndarray = field(metadata=_row(len(TEMPOGRAM_BPM)))
    pulse: np.ndarray = field(metadata=_row(len(PULSE_BPM)))
    embedding: np.ndarray = field(metadata=_row(753))  # MusiCNN's
    speech: np.ndarray = field(metadata=_row())  # 0 to 1: share in which somebody says words
    voiced: np.ndarray = field(metadata=_row())  # 0 to 1: share in which there is one pitch
    pitch: np.ndarray = field(metadata=_row())  # median, semitones (69 is 440 Hz); NaN if unvoiced
    spread: np.ndarray = field(metadata=_row())  # of the pitch, 10th to 90th percentile, semitones
    # Of the file as it is.
    loudness: np.ndarray = field(metadata=_row())  # LUFS
    peak: np.ndarray = field(metadata=_row())  # dBTP
    width: np.ndarray = field(metadata=_row())  # dB, side over mid; -60 is mono
    edge: np.ndarray = field(metadata=_row())  # Hz, where the band ends
    air: np.ndarray = field(metadata=_row())  # dB, above 8 kHz over all
    flatness: np.ndarray = field(metadata=_row())  # dB, 0 is noise

    # How music differs in general, by feature; given by a calibration, never kept with a recording.
    standards: Mapping[str, Standardizer] = field(default_factory=dict, metadata={"kept": False})

    @property
    def windows(self) -> int:
        return len(self.starts)

    def standardized(self, name: str) -> np.ndarray:
        """A feature's rows in units of how far music differs. KeyError without a calibration."""
        rows: np.ndarray = self.standards[name].apply(getattr(self, name))
        return rows

    def take_windows(self, rows: np.ndarray) -> "Features":
        """The same recording with these windows alone."""
        return replace(self, **{name: getattr(self, name)[rows] for name in ROWS})

    def halves(self) -> "tuple[Features, Features]":
        """The first half of the windows and the second, each as a recording of its own."""
        length = self.seconds / max(self.windows, 1)
        first, second = (
            replace(self.take_windows(rows), seconds=len(rows) * length)
            for rows in np.array_split(np.arange(self.windows), 2)
        )
        return first, second


FIELDS = tuple(item.name for item in fields(Features) if item.metadata.get("kept", True))
ROWS: dict[str, tuple[int, ...]] = {
    item.name: item.metadata["row"] for item in fields(Features) if "row" in item.metadata
}


def extract_features(audio: Audio, networks: NeuralFeatures) -> Features:
    """The features of a decoded file; without windows if it holds no comparable sound."""
    steps = loudness.weighted(audio.samples, audio.sample_rate)
    figures = loudness.gated(steps), loudness.gated_range(steps), true_peak(audio.samples)
    lufs, lra, peak = (float("nan") if figure is None else figure for figure in figures)
    prepared = prepare(audio)
    if prepared is None or prepared.seconds < LEAST_WINDOW:
        nothing: dict[str, Any] = {name: np.empty((0, *shape)) for name, shape in ROWS.items()}
        return Features(prepared.seconds if prepared else 0.0, lufs, lra, peak, **nothing)
    starts = np.arange(0, max(prepared.seconds - WINDOW_SECONDS, 0) + 1e-6, WINDOW_SECONDS)
    values = {
        "starts": starts,
        **_spectral(prepared.samples, starts),
        **networks.extract(prepared.samples, starts),
        **fullband.fullband_features(audio.samples, audio.sample_rate, starts + prepared.lead),
    }
    rows: dict[str, Any] = {name: values[name].astype(np.float32) for name in ROWS}
    return Features(prepared.seconds, lufs, lra, peak, **rows)


def _spectral(samples: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
    """Rows that are read from the shared short-time spectrum."""
    whole = spectral.analyse_spectrum(samples)
    mel = whole.mel
    onsets = spectral.onset_strength(mel)
    parts = _slices(starts, len(onsets))
    around = _slices(starts, len(onsets), PULSE_CONTEXT)
    return {
        "timbre": np.array(
            [spectral.timbre_vector(mel[:, hops], whole.contrast[:, hops]) for hops in parts]
        ),
        "spectrum": np.array([_balance(whole.power[:, hops]) for hops in parts]),
        "chroma": np.array([whole.chroma[:, hops].mean(axis=1) for hops in parts]),
        "attack": np.array([spectral.change_skewness(mel[:, hops]) for hops in parts]),
        "tempogram": np.array([tempogram(onsets[hops]) for hops in parts]),
        "pulse": np.array([pulse_spectrum(onsets[hops]) for hops in around]),
    }


def _slices(starts: np.ndarray, hops: int, around: float = 0.0) -> list[slice]:
    """The hops of every window, and of `around` seconds before and after it.

    Near an end, the stretch is moved inwards; the only window of a short recording is all of it.
    """
    length = round((WINDOW_SECONDS + 2 * around) * HOPS_PER_SECOND)
    firsts = np.rint((starts - around) * HOPS_PER_SECOND).astype(int)
    firsts = np.clip(firsts, 0, max(0, hops - length))
    return [slice(first, min(first + length, hops)) for first in firsts]


def _balance(power: np.ndarray) -> np.ndarray:
    """Long-term average spectrum in dB over 64 mel bands, its mean level removed, (64,)."""
    mean = power.mean(axis=1)
    level = 10 * np.log10(np.maximum(mean, mean.max() * 1e-8))
    return np.asarray(level - level.mean())
