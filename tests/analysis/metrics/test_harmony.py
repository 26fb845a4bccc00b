import numpy as np
import pytest

from secondtake.analysis.metrics.harmony import Key, harmony, key, key_score, score, transposed

MINOR = (57, 60, 64)


def test_the_same_chord_an_octave_up_is_the_same_harmony(features, sounds, calibration):
    low, high = (
        calibration.standardized(features(sounds.chord(tuple(n + 12 * o for n in MINOR), 6)))
        for o in (0, 1)
    )
    assert np.median(harmony.pairs(low, high)) > 0.95


@pytest.mark.parametrize("semitones", [-5, -1, 3, 6])
def test_a_transposed_chord_is_found_by_its_transposition(features, sounds, calibration, semitones):
    reference, moved = (
        calibration.standardized(features(sounds.chord(tuple(note + up for note in MINOR), 6)))
        for up in (0, semitones)
    )
    # to bring it back one moves it the other way; 6 up and 6 down are the same pitch classes
    back = 6 if semitones == 6 else -semitones
    reading = transposed.compute(reference, moved)
    assert reading.note == f"take moved by {back:+d} semitones"
    assert reading.value > 0.9
    assert np.median(harmony.pairs(reference, moved)) < 0.6


@pytest.mark.parametrize("tonic", range(0, 12, 2))
def test_a_cadence_is_in_its_key(features, sounds, tonic):
    measured_key = key(features(sounds.cadence(60 + tonic, 8)))
    assert measured_key and (measured_key.tonic, measured_key.mode) == (tonic, "major")
    assert measured_key.margin > 0


def test_silence_has_no_key(features, sounds):
    silence = features(np.zeros(100_000, np.float32))
    assert key(silence) is None
    assert key_score.compute(features(sounds.cadence(60, 8)), silence).value is None


@pytest.mark.parametrize(
    ("reference", "estimate", "points"),
    [
        ((9, "minor"), (9, "minor"), 1.0), ((0, "major"), (7, "major"), 0.5),
        ((0, "major"), (5, "major"), 0.0), ((0, "major"), (9, "minor"), 0.3),
        ((9, "minor"), (0, "major"), 0.3), ((9, "minor"), (9, "major"), 0.2),
        ((0, "major"), (1, "minor"), 0.0),
    ],
)  # fmt: skip
def test_mirex_weights(reference, estimate, points):
    ours, theirs = (Key(tonic, mode, "", 0.1, 0.9) for tonic, mode in (reference, estimate))
    assert score(ours, theirs)[0] == points


def test_a_close_race_names_the_rival():
    assert Key(9, "minor", "C major", 0.01, 0.9).words == "A minor or C major (margin 0.01)"
    assert Key(9, "minor", "C major", 0.20, 0.9).words == "A minor (margin 0.20)"
