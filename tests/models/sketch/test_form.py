"""The end of a segment, the roles of its bars, and the chords of a key."""

import random

import pytest

from secondtake.models.sketch.form import (
    RING_SECONDS,
    beneath_voice,
    chord_on,
    last_beat,
    nearest,
    plan_form,
    progressions,
    step_from,
    voiced,
)
from secondtake.models.sketch.score import Key, SketchInput


@pytest.mark.parametrize(("seconds", "bpm"), [(10, 120), (14, 120), (15, 122), (180, 77), (9, 50)])
def test_the_last_chord_has_time_to_ring_and_stands_on_a_strong_beat(
    seconds: float, bpm: float
) -> None:
    end = last_beat(SketchInput("verse", seconds, bpm))
    ring = seconds - end * 60 / bpm
    assert end % 2 == 0
    assert RING_SECONDS <= ring < RING_SECONDS + 4 * 60 / bpm + 1


def test_the_bars_fill_the_time_up_to_a_cadence() -> None:
    form = plan_form(SketchInput("instrumental", 10, 120, "D minor"), random.Random(1))
    assert [bar.start for bar in form.bars] == [0, 4, 8, 12]
    assert form.end == 16
    assert form.bars[-1].chords[1].dominant
    assert form.tonic.root == 2


def test_a_long_segment_has_openings_fills_and_a_bar_without_drums() -> None:
    form = plan_form(SketchInput("instrumental", 60, 120), random.Random(1))
    assert {bar.drums for bar in form.bars} == {"none", "hats", "groove", "full", "fill"}
    assert {"pickup", "call", "answer", "solo"} <= {bar.lead for bar in form.bars}


def test_a_second_of_music_is_one_chord() -> None:
    form = plan_form(SketchInput("verse", 1, 120), random.Random(1))
    assert (form.bars, form.end) == ((), 0)


def test_the_lead_is_silent_where_words_are_sung() -> None:
    form = plan_form(SketchInput("verse", 14, 120), random.Random(1))
    assert all(bar.lead != "rest" for bar in form.bars)
    calmer = beneath_voice(form, [(4.0, 7.0), (11.5, 13.0)])
    assert [bar.lead == "rest" for bar in calmer.bars] == [False, True, False, False, False, False]


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
