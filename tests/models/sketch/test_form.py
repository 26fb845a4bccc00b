"""Where bars and chords stand, what a kind of section plays, and the chords of a key."""

import random

import pytest

from secondtake.core.keys import Key
from secondtake.models.sketch.form import (
    RING_SECONDS,
    Form,
    chord_on,
    last_beat,
    nearest,
    plan_form,
    progressions,
    step_from,
    voiced,
)
from secondtake.models.sketch.score import SketchInput


def form_of(kind: str, seconds: float, bpm: float = 120, key: str = "A minor", **more: str) -> Form:
    return plan_form(SketchInput(kind, seconds, bpm, key, **more), random.Random(1))


@pytest.mark.parametrize("meter", ["2/4", "3/4", "4/4", "6/8"])
@pytest.mark.parametrize(("seconds", "bpm"), [(10, 120), (15, 122), (180, 77), (9, 50)])
def test_an_ending_s_last_chord_has_time_to_ring(seconds: float, bpm: float, meter: str) -> None:
    end = last_beat(SketchInput("outro", seconds, bpm, meter=meter))
    ring = seconds - end * 60 / bpm
    assert end % 1 == 0
    assert RING_SECONDS <= ring < RING_SECONDS + 2 * 60 / bpm + 2.5


def test_a_segment_cut_out_of_a_song_has_no_cadence_and_no_ring() -> None:
    form = form_of("verse", 10, 122)
    assert (form.ends, form.end, form.total) == (False, 610 / 30, 610 / 30)
    assert [bar.start for bar in form.bars] == [0, 4, 8, 12, 16, 20]
    assert form.bars[-1].beats == pytest.approx(1 / 3)
    assert [bar.scoring.fill for bar in form.bars] == [False] * 4 + [True, False]
    assert form.bars[4].chords[1].dominant and form.bars[5].chords[0].root == 9
    assert form_of("verse", 8).bars[-1].scoring.fill  # four whole bars


def test_a_remainder_too_short_to_hear_belongs_to_the_bar_before() -> None:
    form = form_of("verse", 8.04)
    assert len(form.bars) == 4 and form.bars[-1].beats == pytest.approx(4.08)


def test_an_ending_goes_home_by_way_of_the_dominant() -> None:
    form = form_of("outro", 10, key="D minor")
    assert (form.ends, form.end, form.total) == (True, 16, 20)
    assert form.bars[-1].chords[1].dominant
    assert form.tonic.root == 2 == form.chord_at(16).root


def test_intros_build_up_and_endings_thin_out() -> None:
    intro = [bar.scoring.drums for bar in form_of("intro", 16).bars]
    outro = [bar.scoring.drums for bar in form_of("outro", 18).bars]
    assert intro == sorted(intro) and len(set(intro)) == 3
    assert outro == sorted(outro, reverse=True) and len(set(outro)) == 3


def test_the_chord_of_a_beat_is_its_half_bar_s() -> None:
    for meter, half in (("2/4", 1), ("3/4", 2), ("4/4", 2), ("6/8", 1)):
        form = form_of("verse", 12, meter=meter)
        for bar in form.bars[:-1]:
            assert form.chord_at(bar.start) == bar.chords[0]
            assert form.chord_at(bar.start + half) == bar.chords[1]


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
