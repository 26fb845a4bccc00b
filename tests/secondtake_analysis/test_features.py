import numpy as np
import pytest


@pytest.mark.parametrize(("seconds", "windows"), [(0.7, 0), (1.5, 1), (3.0, 1), (6.1, 2), (10, 3)])
def test_windows_of_three_seconds_and_one_for_what_is_shorter(features, sounds, seconds, windows):
    described = features(sounds.pink(seconds, 22_050))
    assert described.windows == windows
    shapes = [described.mfcc.shape, described.spectrum.shape, described.chroma.shape]
    assert shapes == [(windows, 20), (windows, 64), (windows, 12)]
    assert len(described.onset_windows()) == windows


def test_levels_are_those_of_the_file_not_of_the_normalised_sound(features, sounds):
    noise = sounds.pink(12, 22_050)
    loud, soft = features(noise), features(noise * np.float32(0.5))
    assert loud.lufs - soft.lufs == pytest.approx(6.02, abs=0.05)
    assert loud.true_peak - soft.true_peak == pytest.approx(6.02, abs=0.05)
    assert np.allclose(loud.mfcc, soft.mfcc, atol=0.1)


def test_the_balance_of_every_window_has_no_level(features, sounds):
    assert np.allclose(features(sounds.pink(6, 22_050)).spectrum.mean(axis=1), 0, atol=1e-6)


def test_silence_has_neither_windows_nor_levels(features):
    described = features(np.zeros(44_100, np.float32))
    assert described.windows == 0
    assert np.isnan(described.lufs)
