import numpy as np
import pytest

from secondtake_analysis.noise import pink


def test_every_octave_has_the_same_power():
    noise = pink(10, 44_100)
    power = np.abs(np.fft.rfft(noise)) ** 2
    frequencies = np.fft.rfftfreq(len(noise), 1 / 44_100)
    octaves = [
        10 * np.log10(power[(frequencies >= low) & (frequencies < 2 * low)].sum())
        for low in (100, 200, 400, 800, 1600, 3200, 6400)
    ]
    assert np.ptp(octaves) < 1.0
    assert np.abs(noise).max() == pytest.approx(0.5)


def test_the_same_everywhere():
    assert np.array_equal(pink(1, 8000), pink(1, 8000))
