"""Forty-eight sounds made of arithmetic, as unlike one another as arithmetic allows.

They stand in for a corpus of music where the timbre metric needs to know how far sounds differ in
general: three ways to excite (bowed chord, plucked notes, drums) x four brightnesses x four shares
of noise. Known failing: they spread wider and more evenly than music does, so that two pieces of
music look closer than they are. Statistics from a real corpus will replace them.
"""

from collections.abc import Iterator

import numpy as np

from secondtake_analysis.noise import pink
from secondtake_analysis.prepare import COMMON_RATE

SECONDS = 6  # two windows each
SLOPES = (-3.0, -6.0, -9.0, -14.0)  # dB per octave over the partials
NOISE_SHARES = (0.0, 0.03, 0.15, 0.5)
ROOTS = (110.0, 146.8, 220.0, 329.6)  # Hz, one per noise share, so that no pitch dominates
TRIAD = (0, 3, 7)  # semitones


def sounds() -> Iterator[np.ndarray]:
    """All forty-eight, each (frames,) float32 at 22 050 Hz, always the same."""
    for source in (bowed, plucked, drums):
        for slope in SLOPES:
            for place, share in enumerate(NOISE_SHARES):
                clean = source(ROOTS[place], slope)
                noise = pink(SECONDS, COMMON_RATE, seed=place)
                yield _mixed(clean, noise, share)


def bowed(root: float, slope: float) -> np.ndarray:
    """A minor chord that swells and fades four times a second."""
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * 4 * _time(0.25))
    return np.resize(_chord(root, slope, 0.25) * swell, SECONDS * COMMON_RATE)


def plucked(root: float, slope: float) -> np.ndarray:
    """The chord struck four times a second; its bright partials die first."""
    note = _chord(root, slope, 0.25, damping=1.5) * np.exp(-_time(0.25) / 0.12)
    return np.resize(note, SECONDS * COMMON_RATE)


def drums(root: float, slope: float) -> np.ndarray:
    """A falling tone on the beat and a burst of tilted noise off it, at 120 BPM."""
    time = _time(SECONDS) % 0.5
    cycles = root / 2 * time + 2 * (1 - np.exp(-time / 0.03))
    kick = np.sin(2 * np.pi * cycles) * np.exp(-time / 0.1)
    spectrum = np.fft.rfft(np.random.default_rng(5).standard_normal(len(time)))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(len(time), 1 / COMMON_RATE), 50.0) / 2000.0)
    burst = np.fft.irfft(spectrum * 10 ** ((slope + 6) * octaves / 20), len(time))
    burst = burst / np.abs(burst).max()
    return kick + burst * np.exp(-np.abs(time - 0.25) / 0.02)


def _chord(root: float, slope: float, seconds: float, damping: float = 0.0) -> np.ndarray:
    """A minor triad of harmonic tones whose partials fall by `slope` dB per octave."""
    time = _time(seconds)
    total = np.zeros_like(time)
    for semitones in TRIAD:
        pitch = root * 2 ** (semitones / 12)
        for partial in range(1, int(COMMON_RATE / 2 / pitch)):
            level = 10 ** (slope * np.log2(partial) / 20) * np.exp(-damping * partial * time)
            total += level * np.sin(2 * np.pi * pitch * partial * time + partial**2)
    return total


def _mixed(clean: np.ndarray, noise: np.ndarray, share: float) -> np.ndarray:
    """Clean and noise at equal RMS, weighted by `share`, peak 0.5."""
    both = (1 - share) * clean / _rms(clean) + share * noise / _rms(noise)
    return (both / np.abs(both).max() * 0.5).astype(np.float32)


def _time(seconds: float) -> np.ndarray:
    return np.arange(round(seconds * COMMON_RATE)) / COMMON_RATE


def _rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2)))
