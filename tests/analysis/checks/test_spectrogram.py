import numpy as np
import pytest

from secondtake.analysis.checks.spectrogram import Spectrogram
from secondtake.audio.bands import HOP_SECONDS


def test_a_spectrum_adds_up_to_the_mean_square(sounds, spectrogram):
    sound = spectrogram(sounds.sine(1000, 2, 0.5, 44_100))
    assert sound.power.sum(axis=1).mean() == pytest.approx(0.5**2 / 2, rel=0.01)
    assert sound.hertz[sound.power.mean(axis=0).argmax()] == pytest.approx(1000, abs=22)


@pytest.mark.parametrize("rate", [8000, 24_000, 44_100, 48_000])
def test_time_and_bins_are_the_same_at_every_rate(sounds, spectrogram, rate):
    sound = spectrogram(sounds.pink(3, rate), rate)
    assert len(sound.power) == pytest.approx(3 / HOP_SECONDS, abs=2)
    assert sound.hertz[1] == pytest.approx(21.7, abs=0.3)
    assert sound.hertz[-1] == pytest.approx(rate / 2)
    assert np.isfinite(sound.bands).all()


def test_long_files_are_worked_on_in_stretches_that_do_not_show(sounds, spectrogram):
    samples = sounds.pink(30, 8000)
    whole, half = spectrogram(samples, 8000), spectrogram(samples[: 15 * 8000], 8000)
    np.testing.assert_array_equal(whole.power[: len(half.power)], half.power)


def test_what_is_shorter_than_a_spectrum_has_none():
    sound = Spectrogram(np.zeros((10, 2), np.float32), 44_100)
    assert sound.power.shape[0] == sound.bands.shape[0] == 0
