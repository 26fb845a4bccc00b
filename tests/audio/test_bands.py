import numpy as np
import pytest

from secondtake.audio import bands


def test_a_spectrum_adds_up_to_the_mean_square(sounds):
    power = bands.power_spectra(sounds.sine(1000, 2, 0.5, 44_100), 44_100)
    assert power.sum(axis=1).mean() == pytest.approx(0.5**2 / 2, rel=0.01)
    hertz = bands.bin_hertz(44_100)
    assert hertz[power.mean(axis=0).argmax()] == pytest.approx(1000, abs=22)


@pytest.mark.parametrize("rate", [8000, 24_000, 44_100, 48_000])
def test_time_and_bins_are_the_same_at_every_rate(sounds, rate):
    power = bands.power_spectra(sounds.pink(3, rate), rate)
    assert len(power) == pytest.approx(3 / bands.HOP_SECONDS, abs=2)
    assert bands.bin_hertz(rate)[1] == pytest.approx(21.7, abs=0.3)
    assert bands.bin_hertz(rate)[-1] == pytest.approx(rate / 2)


def test_bands_are_in_decibels_not_far_below_the_loudest(sounds):
    levels = bands.band_decibels(sounds.sine(1000, 2, 0.5, 24_000), 24_000)
    assert levels.shape[1] == bands.BANDS
    assert levels.max() == pytest.approx(10 * np.log10(0.5**2 / 2), abs=1)
    assert levels.min() == levels.max() - bands.DEPTH


def test_a_sound_shorter_than_a_spectrum_has_none():
    assert bands.power_spectra(np.zeros(10), 24_000).shape[0] == 0
    assert bands.band_decibels(np.zeros(10), 24_000).shape[0] == 0
