"""The first study's feature table. Naive: kept to reproduce its figures, not to conclude from.

librosa 0.11 with its defaults, in numpy: each file at its own sample rate, mixed to mono, no
loudness normalisation; the means over the whole file; cosines of mean vectors. Why that says
nothing: pink noise scores .98 in both cosines against real music, a change of level alone moves
them. The first study reported .9395 (MFCC) and .4471 (chroma) for a 48 kHz original and a 24 kHz
take.

librosa itself is not used: importing it takes seconds, and the study's script had it transform the
same file five times over. One short-time spectrum gives the same figures.
"""

from dataclasses import dataclass

import numpy as np

from secondtake_analysis.audio import Audio
from secondtake_analysis.naive.chroma import chroma, peaks
from secondtake_analysis.naive.spectrum import FRAME, HOP, Spectra, centroids, decibels, mel
from secondtake_analysis.naive.tempo import onset_strength, tempo

MFCC_COUNT = 20  # librosa's default; the study names no other
SILENT = 1e-10  # amplitude that has no sign


@dataclass(frozen=True)
class Naive:
    """One file's row: whole-file means at its native sample rate."""

    duration: float  # s
    sample_rate: int  # Hz
    tempo: float  # BPM, as librosa.beat.beat_track says; 0 without onsets
    centroid: float  # Hz, mean spectral centroid
    zero_crossings: float  # mean zero-crossing rate, per sample
    rms: float  # mean of the frames' RMS, full scale 1
    mfcc: tuple[float, ...]  # mean MFCC, c0 included
    chroma: tuple[float, ...]  # mean chroma_stft


def describe(audio: Audio) -> Naive:
    """The row of a decoded file, as librosa.load(path, sr=None, mono=True) would see it."""
    samples, sample_rate = audio.mono, audio.sample_rate
    spectra = Spectra(samples)
    centroid, bands, found = [], [], []
    for power in spectra:
        centroid.append(centroids(power, sample_rate))
        bands.append(mel(power, sample_rate))
        found.append(peaks(power, sample_rate))
    level = decibels(np.concatenate(bands))
    return Naive(
        duration=len(samples) / sample_rate,
        sample_rate=sample_rate,
        tempo=tempo(onset_strength(level), sample_rate),
        centroid=float(np.concatenate(centroid).mean()),
        zero_crossings=zero_crossings(samples),
        rms=rms(samples),
        mfcc=_floats(_mfcc(level)),
        chroma=_floats(chroma(spectra, found, sample_rate)),
    )


def zero_crossings(samples: np.ndarray) -> float:
    """(frames,) -> the mean over windows of the crossings a sample, the edges held."""
    negative = np.pad(samples < -SILENT, FRAME // 2, mode="edge")
    crossed = np.zeros(len(negative) // HOP * HOP, dtype=bool)
    np.not_equal(negative[1 : len(crossed)], negative[: len(crossed) - 1], out=crossed[1:])
    parts = crossed.reshape(-1, HOP)
    first = parts[: len(parts) - FRAME // HOP + 1, 0]  # of a window: nothing was before it
    return float((_windows(np.count_nonzero(parts, axis=1)) - first).mean() / FRAME)


def rms(samples: np.ndarray) -> float:
    """(frames,) -> the mean of the windows' RMS, silence around the file."""
    padded = np.pad(samples, FRAME // 2)
    parts = padded[: len(padded) // HOP * HOP].reshape(-1, HOP)
    energy = np.einsum("ij,ij->i", parts, parts).astype(np.float64)
    return float(np.sqrt(_windows(energy) / FRAME).mean())


def mfcc_cosine(reference: Naive, estimate: Naive) -> float:
    """Cosine of the mean MFCC vectors, c0 and with it the level included."""
    return _cosine(reference.mfcc, estimate.mfcc)


def chroma_cosine(reference: Naive, estimate: Naive) -> float:
    """Cosine of the mean chroma vectors; never below 0, because no entry is negative."""
    return _cosine(reference.chroma, estimate.chroma)


def _windows(parts: np.ndarray) -> np.ndarray:
    """A figure of every hop, added up over every window of four hops."""
    return np.lib.stride_tricks.sliding_window_view(parts, FRAME // HOP).sum(axis=1)


def _mfcc(level: np.ndarray) -> np.ndarray:
    """Mel power in dB (hops, 128) -> mean MFCC (20,): the transform of a mean is their mean."""
    from scipy.fft import dct

    return np.asarray(dct(level.mean(axis=0, dtype=np.float64), norm="ortho")[:MFCC_COUNT])


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _cosine(reference: tuple[float, ...], estimate: tuple[float, ...]) -> float:
    length = float(np.linalg.norm(reference) * np.linalg.norm(estimate))
    return float(np.dot(reference, estimate)) / length if length > 0 else 0.0
