"""Voice activity in sounds whose ends are known."""

import numpy as np
import pytest
from tests.models.bark.singing import RATE, noise, silence, tone

from secondtake.audio.activity import find_activity, frame_levels

NEAR = 0.03 * RATE  # frames: a frame is 20 ms


def test_the_level_of_a_sine_and_of_nothing() -> None:
    sine = np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE)
    assert frame_levels(sine, RATE) == pytest.approx(-3.01, abs=0.05)
    assert np.all(frame_levels(silence(0.5), RATE) == -120)
    assert len(frame_levels(silence(0), RATE)) == 0


@pytest.mark.parametrize("hiss", [-120.0, -60.0, -45.0])
def test_sound_and_silences_are_found_under_hiss(hiss: float) -> None:
    parts = [silence(0.5), tone(2.0), silence(1.0), tone(1.0), silence(3.0)]
    samples = np.concatenate(parts) + noise(7.5, level=hiss)
    activity = find_activity(samples, RATE)
    assert activity is not None
    assert activity.start == pytest.approx(0.5 * RATE, abs=NEAR)
    assert activity.end == pytest.approx(4.5 * RATE, abs=NEAR)
    ((first, last),) = activity.silences
    assert (first, last) == pytest.approx((2.5 * RATE, 3.5 * RATE), abs=NEAR)
    assert activity.level == pytest.approx(-20, abs=0.3)


def test_the_quiet_end_of_a_word_is_still_the_word() -> None:
    samples = np.concatenate([tone(1.0), noise(0.3, level=-50), silence(1.0)])
    activity = find_activity(samples, RATE)
    assert activity is not None and activity.end == pytest.approx(1.3 * RATE, abs=NEAR)


def test_what_sounds_throughout_is_all_sound() -> None:
    activity = find_activity(tone(1.0), RATE)
    assert activity is not None and (activity.start, activity.end, activity.silences) == (
        0,
        RATE,
        (),
    )


@pytest.mark.parametrize("samples", [silence(0), silence(1), noise(1, level=-70)])
def test_nothing_is_no_voice(samples: np.ndarray) -> None:
    assert find_activity(samples, RATE) is None


def test_a_click_is_no_voice() -> None:
    samples = silence(1)
    samples[5000] = 1
    assert find_activity(samples, RATE) is None
