"""The pitch of sounds whose pitch is known."""

import numpy as np
import pytest
from tests.models.bark.singing import RATE, noise, silence, tone

from secondtake.audio.pitch import frame_pitches, median_pitch


@pytest.mark.parametrize("hertz", [70.0, 98.0, 146.8, 220.0, 440.0, 659.3, 880.0])
def test_tones(hertz: float) -> None:
    assert median_pitch(tone(1.0, hertz), RATE) == pytest.approx(hertz, rel=0.003)
    noisy = tone(1.0, hertz) + noise(1.0, level=-40)
    assert median_pitch(noisy, RATE) == pytest.approx(hertz, rel=0.005)


def test_a_voice_without_its_fundamental() -> None:
    time = np.arange(RATE) / RATE
    wave = sum(np.sin(2 * np.pi * 150 * n * time) for n in (2, 3, 4, 5)) / 8
    assert median_pitch(wave, RATE) == pytest.approx(150, rel=0.005)


def test_pauses_do_not_count() -> None:
    samples = np.concatenate([tone(0.5, 200), silence(3.0), tone(0.5, 200)])
    assert median_pitch(samples, RATE) == pytest.approx(200, rel=0.005)
    assert 40 <= np.count_nonzero(frame_pitches(samples, RATE)) <= 60


@pytest.mark.parametrize("samples", [noise(1.0), silence(1.0), silence(0.01), tone(0.1)])
def test_noise_silence_and_too_little_have_no_pitch(samples: np.ndarray) -> None:
    assert median_pitch(samples, RATE) is None
