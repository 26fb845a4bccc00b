import numpy as np
import pytest
from scipy.signal import lfilter

from secondtake.analysis.features.corpus import load_default
from secondtake.analysis.metrics import spectrum


def test_the_same_at_another_level_is_no_distance(features, sounds):
    noise = sounds.pink(6, 22_050)
    pairs = spectrum.balance.pairs(features(noise), features(noise * np.float32(0.1)))
    assert pairs.shape == (2, 2)
    assert np.diag(pairs) == pytest.approx([0, 0], abs=0.05)


def test_one_mix_has_one_character_at_any_level_and_another_mix_another(features, sounds):
    noise = sounds.pink(6, 22_050)
    dark = lfilter([0.1], [1, -0.9], noise).astype(np.float32)
    plain, soft, other = (
        load_default().standardized(features(one)) for one in (noise, noise * np.float32(0.1), dark)
    )
    assert np.median(spectrum.character.pairs(plain, soft)) > 0.9
    assert np.median(spectrum.character.pairs(plain, other)) < 0.5


def test_a_duller_mix_is_farther_the_duller_it_is(features, sounds):
    noise = sounds.pink(6, 22_050)
    dull = [lfilter([1 - a], [1, -a], noise).astype(np.float32) for a in (0.3, 0.6, 0.9)]
    ours, theirs = features(noise), [features(one) for one in dull]
    distances = [np.median(spectrum.balance.pairs(ours, one)) for one in theirs]
    assert distances == sorted(distances)
    assert distances[0] > 0.5
    assert distances[-1] > 4
    air = [np.median(spectrum.air.pairs(ours, one)) for one in theirs]
    assert air == sorted(air, reverse=True)
    assert air[-1] < -5
