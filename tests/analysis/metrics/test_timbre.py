import numpy as np
import pytest

from secondtake.analysis.features.corpus import load_default
from secondtake.analysis.metrics import timbre
from secondtake.analysis.metrics.timbre import _discrepancy


def test_the_same_colour_at_other_notes_beats_another_colour(features, sounds):
    standardized = load_default().standardized
    reference = standardized(features(sounds.chord((57, 60, 64), 6)))
    others = sounds.chord((59, 62, 66), 6) * np.float32(0.2), sounds.pink(6, 22_050)
    transposed, noise = (
        np.median(timbre.timbre.pairs(reference, standardized(features(one)))) for one in others
    )
    assert transposed > 0.7 > 0.3 > noise


def test_level_does_not_count(features, sounds, calibration):
    loud, soft = (
        calibration.standardized(features(sounds.chord((57, 60, 64), 3) * np.float32(gain)))
        for gain in (1.0, 0.05)
    )
    assert timbre.timbre.pairs(loud, soft) == pytest.approx(1.0, abs=1e-3)


def test_the_network_hears_a_chord_and_noise_as_different(heard, sounds):
    standardized = load_default().standardized
    chord, again, noise = (
        standardized(heard(one)) for one in (
            sounds.chord((57, 60, 64), 6), sounds.chord((57, 60, 64), 6) * np.float32(0.3),
            sounds.pink(6, 22_050),
        )
    )  # fmt: skip
    pairs = timbre.embedding.pairs
    assert np.median(pairs(chord, again)) > 0.99
    assert np.median(pairs(chord, noise)) < 0.5


def test_a_discrepancy_of_one_distribution_is_nothing_and_of_two_is_certain():
    random = np.random.default_rng(6)
    one, same = random.standard_normal((2, 20, 30))
    reading = _discrepancy(one, same)
    assert abs(reading.value) < 0.02
    assert float(reading.full_note.split()[1]) > 0.05
    other = _discrepancy(one, same + 1.5)
    assert other.value > 0.3
    assert other.full_note.startswith("p 0.002")


def test_unbiased_the_discrepancy_of_equals_is_as_often_below_nothing():
    random = np.random.default_rng(7)
    values = [_discrepancy(*random.standard_normal((2, 8, 5))).value for _ in range(60)]
    assert 0.25 < np.mean(np.array(values) > 0) < 0.75
    assert np.mean(values) == pytest.approx(0, abs=0.01)


def test_the_p_is_drawn_for_a_reader_alone(monkeypatch):
    """It takes longer than the value, which an interval asks for 200 times."""
    monkeypatch.setattr(timbre, "_p_of_one_song", lambda kernel, first: pytest.fail("drawn"))
    rows = np.random.default_rng(6).standard_normal((2, 20, 30))
    assert isinstance(_discrepancy(*rows).value, float)
