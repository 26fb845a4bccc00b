"""The first study's feature table. Naive: kept to reproduce its figures, not to conclude from.

Plain librosa with its defaults: each file at its own sample rate, mixed to mono, no loudness
normalisation; the means over the whole file; cosines of mean vectors. Why that says nothing: pink
noise scores .98 in both cosines against real music, a change of level alone moves them. The first
study reported .9395 (MFCC) and .4471 (chroma) for a 48 kHz original and a 24 kHz take.
"""

from dataclasses import dataclass

import numpy as np

from secondtake_analysis.audio import Audio
from secondtake_analysis.compiling import sole_compiler

MFCC_COUNT = 20  # librosa's default; the study names no other


@dataclass(frozen=True)
class Naive:
    """One file's row: whole-file means at its native sample rate."""

    duration: float  # s
    sample_rate: int  # Hz
    tempo: float  # BPM, librosa.beat.beat_track
    centroid: float  # Hz, mean spectral centroid
    zero_crossings: float  # mean zero-crossing rate, per sample
    rms: float  # mean of the frames' RMS, full scale 1
    mfcc: tuple[float, ...]  # mean MFCC, c0 included
    chroma: tuple[float, ...]  # mean chroma_stft


def describe(audio: Audio) -> Naive:
    """The row of a decoded file, as librosa.load(path, sr=None, mono=True) would see it."""
    with sole_compiler():
        return _describe(audio)


def _describe(audio: Audio) -> Naive:
    import librosa

    samples, sample_rate = audio.mono, audio.sample_rate
    tempo, _ = librosa.beat.beat_track(y=samples, sr=sample_rate)
    centroid = librosa.feature.spectral_centroid(y=samples, sr=sample_rate)
    mfcc = librosa.feature.mfcc(y=samples, sr=sample_rate, n_mfcc=MFCC_COUNT)
    chroma = librosa.feature.chroma_stft(y=samples, sr=sample_rate)
    return Naive(
        duration=len(samples) / sample_rate,
        sample_rate=sample_rate,
        tempo=float(np.atleast_1d(tempo)[0]),
        centroid=float(centroid.mean()),
        zero_crossings=float(librosa.feature.zero_crossing_rate(samples).mean()),
        rms=float(librosa.feature.rms(y=samples).mean()),
        mfcc=tuple(float(value) for value in mfcc.mean(axis=1)),
        chroma=tuple(float(value) for value in chroma.mean(axis=1)),
    )


def mfcc_cosine(reference: Naive, estimate: Naive) -> float:
    """Cosine of the mean MFCC vectors, c0 and with it the level included."""
    return _cosine(reference.mfcc, estimate.mfcc)


def chroma_cosine(reference: Naive, estimate: Naive) -> float:
    """Cosine of the mean chroma vectors; never below 0, because no entry is negative."""
    return _cosine(reference.chroma, estimate.chroma)


def _cosine(reference: tuple[float, ...], estimate: tuple[float, ...]) -> float:
    length = float(np.linalg.norm(reference) * np.linalg.norm(estimate))
    return float(np.dot(reference, estimate)) / length if length > 0 else 0.0
