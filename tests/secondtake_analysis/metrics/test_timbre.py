import numpy as np

from secondtake_analysis.metrics import timbre


def test_the_same_colour_at_other_notes_beats_another_colour(features, sounds):
    reference = features(sounds.chord((57, 60, 64), 6))
    transposed = features(sounds.chord((59, 62, 66), 6) * np.float32(0.2))
    noise = features(sounds.pink(6, 22_050))
    same = np.median(timbre.pairs(reference, transposed))
    other = np.median(timbre.pairs(reference, noise))
    assert same > 0.9
    assert other < 0.3


def test_c0_does_not_count(features, sounds):
    described = features(sounds.chord((57, 60, 64), 3))
    louder = described.mfcc.copy()
    louder[:, 0] += 500
    assert np.array_equal(timbre.standardised(described.mfcc), timbre.standardised(louder))
