import numpy as np
import pytest

from secondtake_analysis.metrics import harmony

MINOR = (57, 60, 64)


def test_the_same_chord_an_octave_up_is_the_same_harmony(features, sounds):
    low, high = (features(sounds.chord(tuple(n + 12 * o for n in MINOR), 6)) for o in (0, 1))
    assert np.median(harmony.pairs(low, high)) > 0.95


@pytest.mark.parametrize("semitones", [-5, -1, 3, 6])
def test_a_transposed_chord_is_found_by_its_transposition(features, sounds, semitones):
    reference = features(sounds.chord(MINOR, 6))
    moved = features(sounds.chord(tuple(note + semitones for note in MINOR), 6))
    # to bring it back one moves it the other way; 6 up and 6 down are the same pitch classes
    assert harmony.transposition(reference, moved) == (6 if semitones == 6 else -semitones)
    assert np.median(harmony.transposed_pairs(reference, moved)) > 0.9
    assert np.median(harmony.pairs(reference, moved)) < 0.6
