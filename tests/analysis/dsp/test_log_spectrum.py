"""The logarithmic spectrogram, on sounds whose spectrum is known."""

import numpy as np
import pytest

from secondtake.analysis.dsp.first_study import pink_noise
from secondtake.analysis.dsp.log_spectrum import (
    LOWEST,
    PER_OCTAVE,
    band_count,
    band_edges,
    band_place,
    decibels,
    log_spectrogram,
)


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100, 96_000])
@pytest.mark.parametrize("hertz", [55.0, 440.0, 3520.0])
def test_a_sine_is_one_band_of_its_power_at_every_rate(sounds, rate, hertz):
    middle = hertz * 2 ** (0.5 / PER_OCTAVE)
    place = int(band_place(middle))
    edges = band_edges(rate)
    centre = float(np.sqrt(edges[place] * edges[place + 1]))
    power = log_spectrogram(sounds.sine(centre, 3, rate=rate, peak=1.0), rate, 100).mean(axis=1)
    assert power.argmax() == place
    assert power[max(0, place - 4) : place + 5].sum() == pytest.approx(0.5, rel=0.1)


def test_it_goes_up_to_half_of_the_rate_and_no_further_than_is_heard():
    for rate, top in ((24_000, 12_000), (44_100, 20_000), (192_000, 20_000)):
        edges = band_edges(rate)
        assert edges[0] == LOWEST and len(edges) == band_count(rate) + 1
        assert top / 2 ** (1 / PER_OCTAVE) < edges[-1] <= top


def test_pink_noise_is_level_and_silence_is_the_least():
    level = decibels(log_spectrogram(pink_noise(10, 44_100), 44_100, 50).mean(axis=1))
    assert np.ptp(level) < 2  # dB: an octave has as much power as the next
    silence = decibels(log_spectrogram(np.zeros(44_100, np.float32), 44_100, 50))
    assert np.allclose(silence, -120)


def test_neighbouring_notes_of_a_bass_are_told_apart(sounds):
    edges = band_edges(44_100)
    notes = [float(np.sqrt(edges[row] * edges[row + 1])) for row in (12, 17)]  # 82 and 110 Hz
    both = sum(sounds.sine(note, 4, rate=44_100, peak=0.4) for note in notes)
    power = decibels(log_spectrogram(both, 44_100, 60).mean(axis=1))
    assert power[14:16].min() < min(power[12], power[17]) - 10


def test_a_click_stays_where_it_is(sounds):
    samples = np.zeros(4 * 44_100, np.float32)
    samples[3 * 44_100] = 1
    power = log_spectrogram(samples, 44_100, 400)
    assert power[-1].argmax() == pytest.approx(300, abs=1)
    loud = np.flatnonzero(power[-1] > power[-1].max() / 100)
    assert loud.min() >= 297 and loud.max() <= 303  # 30 ms around it


@pytest.mark.parametrize("length", [1, 5, 300, 20_000])
def test_short_sounds_have_as_many_columns_as_frames_at_most(length):
    power = log_spectrogram(np.ones(length, np.float32), 8_000, 480)
    assert power.shape == (band_count(8_000), min(480, length)) and np.isfinite(power).all()
