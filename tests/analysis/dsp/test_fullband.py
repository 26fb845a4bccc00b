import numpy as np
import pytest

from secondtake.analysis.dsp import fullband

RATE = 44_100


def one(samples):
    described = fullband.fullband_features(samples, RATE, np.array([0.0]))
    return {name: values[0] for name, values in described.items()}


def test_width_of_known_mixtures(sounds):
    left, right = (sounds.pink(3, RATE, seed) for seed in (1, 2))
    right = right * np.float32(np.std(left) / np.std(right))
    assert fullband.side_mid_ratio_db(np.stack([left, left], axis=1)) == -60
    assert fullband.side_mid_ratio_db(left[:, None]) == -60
    assert fullband.side_mid_ratio_db(np.stack([left, right], axis=1)) == pytest.approx(0, abs=0.3)
    assert fullband.side_mid_ratio_db(np.stack([left, -left], axis=1)) == 20


@pytest.mark.parametrize("hertz", [3000, 8000, 12_000, 16_000])
def test_the_band_ends_where_it_was_cut(hertz):
    white = np.random.default_rng(4).standard_normal(3 * RATE) * 0.1
    spectrum = np.fft.rfft(white)
    spectrum[np.fft.rfftfreq(len(white), 1 / RATE) > hertz] = 0
    cut = np.fft.irfft(spectrum).astype(np.float32)
    assert one(cut[:, None])["edge"] == pytest.approx(hertz, abs=130)  # six bins


def test_air_is_what_lies_above_eight_kilohertz(sounds):
    low, high = sounds.sine(1000, 3, 0.4, RATE), sounds.sine(12_000, 3, 0.4, RATE)
    assert one((low + high)[:, None])["air"] == pytest.approx(-3.01, abs=0.1)
    assert one((low + high * np.float32(0.1))[:, None])["air"] == pytest.approx(-20, abs=0.3)
    assert one(low[:, None])["air"] < -60


def test_noise_is_flat_and_a_tone_is_not(sounds):
    white = (np.random.default_rng(5).standard_normal(3 * RATE) * 0.1).astype(np.float32)
    assert one(white[:, None])["flatness"] > -4
    assert one(sounds.sine(1000, 3, 0.4, RATE)[:, None])["flatness"] < -30


def test_a_sine_has_the_loudness_that_the_standard_gives_it(sounds):
    """BS.1770-4: 997 Hz at full scale in one channel of two is -3.01 LUFS."""
    sine = sounds.sine(997, 3, 1.0, RATE)
    measured = one(np.stack([sine, np.zeros_like(sine)], axis=1))
    assert measured["loudness"] == pytest.approx(-3.01, abs=0.05)
    assert measured["peak"] == pytest.approx(0, abs=0.05)


def test_a_mono_file_is_as_loud_as_the_same_in_two_channels(sounds):
    sine = sounds.sine(997, 3, 0.3, RATE)
    mono, stereo = one(sine[:, None]), one(np.stack([sine, sine], axis=1))
    assert mono["loudness"] == pytest.approx(stereo["loudness"], abs=1e-6)


def test_silence_has_no_spectrum():
    measured = one(np.zeros((3 * RATE, 2), np.float32))
    assert np.isnan([measured[name] for name in ("edge", "air", "flatness")]).all()
