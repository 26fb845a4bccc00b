"""Chords of a key."""

import random

from secondtake_models.sketch.brief import Key
from secondtake_models.sketch.harmony import (
    chord_on,
    nearest,
    progressions,
    step_from,
    voiced,
)

A_MINOR = Key(9, True)


def test_tonic_and_dominant_of_a_minor() -> None:
    assert chord_on(A_MINOR, 0).tones == (9, 0, 4)
    assert chord_on(A_MINOR, 4).tones == (4, 8, 11, 2)  # E7, its G# not in the natural scale


def test_every_progression_starts_at_home_and_turns_over_a_dominant() -> None:
    for key in (A_MINOR, Key(6, False)):
        for short in (True, False):
            for progression in progressions(key, short, random.Random(0)):
                assert progression[0][0].root == key.tonic
                assert any(chord.dominant for bar in progression for chord in bar)


def test_pitches() -> None:
    assert voiced(chord_on(A_MINOR, 0), 52) == [52, 57, 60]
    assert nearest(61, (0, 4, 9)) == 60
    assert step_from(69, 2, chord_on(A_MINOR, 0).scale) == 72
    assert step_from(69, -1, chord_on(A_MINOR, 0).scale) == 67
