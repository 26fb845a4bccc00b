"""Moving a pulse train of known period."""

import numpy as np
import pytest

from secondtake.models.sketch.dsp import SAMPLE_RATE, pitch_marks, pitch_period, psola

PERIOD = 300  # frames: 147 Hz
RING = np.exp(-np.arange(200) / 25) * np.sin(2 * np.pi * np.arange(200) / 40)  # 1.1 kHz formant


def pulses(seconds: float) -> np.ndarray:
    train = np.zeros(int(seconds * SAMPLE_RATE))
    train[::PERIOD] = 1
    return (0.5 * np.convolve(train, RING)[: len(train)]).astype(np.float32)


def test_the_period_is_found_and_marked() -> None:
    train = pulses(0.5)
    assert pitch_period(train, ((2000, 15_000),)) == pytest.approx(PERIOD, abs=1)
    steps = np.diff(pitch_marks(train, PERIOD))
    assert set(steps[1:]) == {PERIOD}  # the first one finds the peaks


@pytest.mark.parametrize("hertz", [110.0, 147.0, 196.0])
@pytest.mark.parametrize("stretch", [0.8, 1.0, 1.7])
def test_pitch_and_length_become_what_is_asked(hertz: float, stretch: float) -> None:
    train = pulses(0.6)
    length = int(len(train) * stretch)
    knots = np.array([(0.0, 0.0), (float(length), float(len(train)))])
    result = psola(train, PERIOD, knots, np.full(length, hertz, np.float32))
    assert len(result) == length
    assert np.abs(result[length - 3000 :]).max() > 0.1  # it lasts to the end
    middle = ((4000, length - 4000),)
    assert SAMPLE_RATE / pitch_period(result, middle) == pytest.approx(hertz, rel=0.02)
