import numpy as np
import pytest

from secondtake_analysis.metrics import level


def test_half_the_amplitude_is_six_decibels_less(features, sounds):
    noise = sounds.pink(12, 22_050)
    ours, theirs = features(noise), features(noise * np.float32(0.5))
    assert level.loudness(ours, theirs) == pytest.approx(-6.02, abs=0.02)
    assert level.true_peak(ours, theirs) == pytest.approx(-6.02, abs=0.02)
    assert level.loudness_range(ours, theirs) == pytest.approx(0, abs=0.02)


def test_what_one_side_lacks_has_no_difference(features, sounds):
    ours, short = features(sounds.pink(12, 22_050)), features(sounds.pink(6, 22_050))
    assert level.loudness_range(ours, short) is None
    assert level.loudness(ours, features(np.zeros(50_000, np.float32))) is None
