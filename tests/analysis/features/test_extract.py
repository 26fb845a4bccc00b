import numpy as np
import pytest

from secondtake.analysis.features.extract import ROWS


@pytest.mark.parametrize(("seconds", "windows"), [(0.7, 0), (1.5, 1), (3.0, 1), (6.1, 2), (10, 3)])
def test_windows_of_three_seconds_and_one_for_what_is_shorter(features, sounds, seconds, windows):
    described = features(sounds.pink(seconds, 22_050))
    assert described.windows == windows
    for name, shape in ROWS.items():
        assert getattr(described, name).shape == (windows, *shape), name


def test_levels_are_those_of_the_file_not_of_the_normalised_sound(features, sounds):
    noise = sounds.pink(12, 22_050)
    loud, soft = features(noise), features(noise * np.float32(0.5))
    assert loud.lufs - soft.lufs == pytest.approx(6.02, abs=0.05)
    assert loud.true_peak - soft.true_peak == pytest.approx(6.02, abs=0.05)
    assert loud.loudness - soft.loudness == pytest.approx(np.full(4, 6.02), abs=0.05)
    assert np.allclose(loud.timbre, soft.timbre, atol=0.1)


def test_the_balance_of_every_window_has_no_level(features, sounds):
    assert np.allclose(features(sounds.pink(6, 22_050)).spectrum.mean(axis=1), 0, atol=1e-5)


def test_silence_has_neither_windows_nor_levels(features):
    described = features(np.zeros(44_100, np.float32))
    assert described.windows == 0
    assert np.isnan(described.lufs)


def test_windows_begin_after_the_silence_at_the_edge(features, sounds):
    rest = np.zeros(22_050, np.float32)
    described = features(np.concatenate([rest, sounds.pink(3, 22_050), rest]))
    plain = features(sounds.pink(3, 22_050))
    assert described.windows == plain.windows == 1
    assert described.loudness == pytest.approx(plain.loudness, abs=0.01)
    assert described.peak == pytest.approx(plain.peak, abs=0.01)


def test_some_windows_of_a_recording_and_its_halves(features, sounds):
    described = features(sounds.pink(15, 22_050))
    assert described.take_windows(np.array([3, 1])).starts.tolist() == [9.0, 3.0]
    first, second = described.halves()
    assert (first.windows, second.windows) == (3, 2)
    assert (first.seconds, second.seconds) == pytest.approx((9, 6))
    assert second.starts.tolist() == [9.0, 12.0]


def test_the_networks_hear_every_window(heard, sounds):
    described = heard(sounds.chord((57,), 6))
    assert described.embedding.shape == (2, 753)
    assert np.isfinite(described.embedding).all()
    assert described.pitch == pytest.approx([57, 57], abs=0.2)  # semitones: A below middle C
    assert (described.speech < 0.5).all()
