"""The colour of noises whose tilt is known."""

import numpy as np
import pytest
from tests.secondtake_models.bark.singing import RATE, noise, silence

from secondtake_models.joining.timbre import spectral_distance, spectral_tilt


@pytest.mark.parametrize("tilt", [0.0, -3.0, -6.0, 2.0])
def test_the_tilt_of_noise(tilt: float) -> None:
    assert spectral_tilt(noise(4.0, tilt), RATE) == pytest.approx(tilt, abs=0.15)


def test_one_colour_is_near_itself_at_any_level() -> None:
    one, other = noise(4.0, -3.0, seed=1), noise(4.0, -3.0, level=-40, seed=2)
    assert spectral_distance(one, one, RATE) == 0
    assert spectral_distance(one, other, RATE) < 0.7


def test_two_tilts_are_as_far_apart_as_arithmetic_says() -> None:
    # 11 bands a third of an octave apart, 2 dB per octave: the deviation of 2/3 times 0 ... 10.
    expected = 2 / 3 * ((11**2 - 1) / 12) ** 0.5
    one, other = noise(6.0, 0.0, seed=1), noise(6.0, -2.0, seed=2)
    assert spectral_distance(one, other, RATE) == pytest.approx(expected, rel=0.05)


def vowel(hertz: float) -> np.ndarray:
    """A second of harmonics under one formant at 1 kHz, whatever the note."""
    time = np.arange(RATE) / RATE
    harmonics = hertz * np.arange(1, int(8000 / hertz))
    return sum(np.sin(2 * np.pi * h * time) / (1 + ((h - 1000) / 400) ** 2) for h in harmonics)


@pytest.mark.parametrize("semitones", [2, 5, 7, 12])
def test_one_voice_on_another_note_stays_one_voice(semitones: int) -> None:
    low, high = vowel(165), vowel(165 * 2 ** (semitones / 12))
    dull = np.convolve(low, np.ones(24) / 24)[: len(low)]  # hardly more than 1 kHz of it
    assert spectral_distance(low, high, RATE) < 1.5 < 5 < spectral_distance(low, dull, RATE)


def test_silence_has_a_tilt_of_nothing_to_speak_of() -> None:
    assert abs(spectral_tilt(silence(0.01), RATE)) < 4
