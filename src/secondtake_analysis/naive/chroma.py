"""The chroma of the first study's figures: librosa 0.11's chroma_stft, its tuning included."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from secondtake_analysis.naive.spectrum import BINS, FRAME, TINY

LOWEST, HIGHEST = 150.0, 4000.0  # Hz between which peaks tell the tuning
QUIETEST = np.float32(0.1)  # of the hop's loudest bin
CLASSES = 12
A0 = 440.0 / 16  # Hz, where octaves are counted from
TUNINGS = np.linspace(-0.5, 0.5, 101)  # semitones
CENTRE_OCTAVE, OCTAVES = 5.0, 2.0  # of the bell that weighs the octaves: centre and width
FIRST_CLASS = 3  # classes from A up to C


@dataclass(frozen=True)
class Peaks:
    """Peaks of the power spectrum, each (peaks,) float32."""

    hertz: np.ndarray
    height: np.ndarray


def peaks(power: np.ndarray, sample_rate: int) -> Peaks:
    """The local maxima of every hop between 150 and 4000 Hz, interpolated by a parabola."""
    low, high = _between(sample_rate)
    centre, left, right = (power[:, low + step : high + step] for step in (0, -1, 1))
    loud = centre > QUIETEST * power.max(axis=1, keepdims=True)
    found = np.flatnonzero(loud & (centre > left) & (centre >= right))  # 4x as fast as nonzero
    hops, bins = np.divmod(found, high - low)
    middle, before, after = (part[hops, bins] for part in (centre, left, right))
    curve, slope = after + before - 2 * middle, (after - before) / 2
    near = np.abs(slope) < np.abs(curve)  # else the top lies beyond the neighbours
    shift = np.where(near, -slope / np.where(near, curve, 1), np.float32(0))
    hertz = (bins + low + shift) * float(sample_rate) / FRAME
    return Peaks(hertz.astype(np.float32), middle + np.float32(0.5) * slope * shift)


def chroma(spectra: Iterable[np.ndarray], found: list[Peaks], sample_rate: int) -> np.ndarray:
    """Power spectra (hops, 1025) and their peaks -> mean strength of the pitch classes, (12,).

    Every hop's strongest class is 1.
    """
    filters = class_filters(sample_rate, tuning(found)).T
    total, hops = np.zeros(CLASSES), 0
    for power in spectra:
        strength = power @ filters
        loudest = strength.max(axis=1, keepdims=True)
        total += (strength / np.where(loudest < TINY, 1, loudest)).sum(axis=0, dtype=np.float64)
        hops += len(power)
    return total / hops


def tuning(found: list[Peaks]) -> float:
    """How far the notes lie from those of 440 Hz, in semitones: the fullest class of 0.01.

    Only the higher half of the peaks is asked; without any it is 0.
    """
    hertz = np.concatenate([one.hertz for one in found])
    height = np.concatenate([one.height for one in found])
    if not len(hertz):
        return 0.0
    hertz = hertz[height >= np.median(height)]
    residual = np.mod(CLASSES * np.log2(hertz / np.float32(A0)), np.float32(1))
    residual[residual >= 0.5] -= 1
    counts, _ = np.histogram(residual, TUNINGS)
    return float(TUNINGS[np.argmax(counts)])


def class_filters(sample_rate: int, tuned: float) -> np.ndarray:
    """How much of every bin counts for every class from C, (12, 1025).

    A bell around the class, as wide as a bin but no narrower than a semitone; the octaves are
    weighed by a bell around the fifth.
    """
    hertz = np.arange(1, FRAME) * (sample_rate / FRAME)
    places = CLASSES * np.log2(hertz / (A0 * 2 ** (tuned / CLASSES)))
    places = np.concatenate([[places[0] - 1.5 * CLASSES], places])  # the bin of 0 Hz
    widths = np.append(np.maximum(np.diff(places), 1), 1)[:BINS]
    places = places[:BINS]
    half = CLASSES // 2
    apart = np.mod(places - np.arange(CLASSES)[:, None] + half, CLASSES) - half
    filters = np.exp(-0.5 * (2 * apart / widths) ** 2)
    filters /= np.linalg.norm(filters, axis=0)
    filters *= np.exp(-0.5 * ((places / CLASSES - CENTRE_OCTAVE) / OCTAVES) ** 2)
    return np.roll(filters, -FIRST_CLASS, axis=0).astype(np.float32)


def _between(sample_rate: int) -> tuple[int, int]:
    """The first bin that is asked, and the one after the last."""
    hertz = np.arange(BINS) * (sample_rate / FRAME)
    asked = np.flatnonzero((hertz >= LOWEST) & (hertz < min(HIGHEST, sample_rate / 2)))
    if not len(asked):
        return 1, 1
    return max(1, int(asked[0])), min(BINS - 1, int(asked[-1]) + 1)
