"""Sounds whose properties are known because they were made here."""

from functools import cache

import numpy as np
import pytest

from secondtake.analysis.dsp.first_study import pink_noise

RATE = 22_050


class Sounds:
    """Every method returns (frames,) float32."""

    @staticmethod
    def sine(hz: float, seconds: float, peak: float = 0.5, rate: int = RATE) -> np.ndarray:
        time = np.arange(round(seconds * rate)) / rate
        return (peak * np.sin(2 * np.pi * hz * time)).astype(np.float32)

    @staticmethod
    def clicks(bpm: float, seconds: float, rate: int = RATE) -> np.ndarray:
        """A 20 ms burst of the same noise on every beat."""
        burst = np.random.default_rng(1).standard_normal(round(0.02 * rate)) * 0.3
        track = np.zeros(round(seconds * rate) + len(burst), dtype=np.float32)
        for beat in np.arange(0, seconds, 60 / bpm):
            start = round(beat * rate)
            track[start : start + len(burst)] += burst.astype(np.float32)
        return track[: round(seconds * rate)]

    @staticmethod
    @cache
    def chord(notes: tuple[int, ...], seconds: float, rate: int = RATE) -> np.ndarray:
        """MIDI notes together, six partials each."""
        parts = [
            Sounds.sine(440 * 2 ** ((note - 69) / 12) * partial, seconds, 0.05 / partial, rate)
            for note in notes
            for partial in range(1, 7)
        ]
        return np.asarray(np.sum(parts, axis=0, dtype=np.float32))

    @staticmethod
    def cadence(tonic: int, seconds: float) -> np.ndarray:
        """I IV V I in major, each a quarter of the time."""
        chords = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7))
        part = seconds / len(chords)
        return np.concatenate(
            [Sounds.chord(tuple(tonic + step for step in notes), part) for notes in chords]
        )

    @staticmethod
    def babble(seconds: float, rate: int = 44_100, seed: int = 0) -> np.ndarray:
        """Noise in bands that come and go by chance, as syllables do."""
        from scipy.signal import butter, sosfilt

        random = np.random.default_rng(seed)
        total = np.zeros(round(seconds * rate))
        for low in (150, 300, 600, 1200, 2400, 4800):
            band = sosfilt(
                butter(2, (low, 2 * low), "band", fs=rate, output="sos"),
                random.standard_normal(len(total)),
            )
            steps = random.uniform(0, 1, round(seconds / 0.12) + 2) ** 3
            places = np.linspace(0, len(steps) - 1, len(total))
            total += band / np.std(band) * np.interp(places, np.arange(len(steps)), steps)
        return np.asarray(total / np.abs(total).max() * 0.5, dtype=np.float32)

    pink = staticmethod(pink_noise)


@pytest.fixture(scope="session")
def sounds() -> type[Sounds]:
    return Sounds
