"""Windows to one song, measured from outside.

Pauses within their bounds, and windows in their places.
"""

import json

import numpy as np
import pytest
from tests.models.bark.singing import RATE, noise, silence, tone, window

from secondtake.audio.activity import find_activity
from secondtake.models.bark.concatenate import (
    PAUSES,
    Concatenated,
    PauseBounds,
    concatenate,
    fit_pauses,
    pause_bounds,
    place,
)
from secondtake.models.bark.silence import Clip


def seconds(joined: Concatenated) -> float:
    return len(joined.samples) / RATE


def heard(samples: np.ndarray) -> list[tuple[float, float]]:
    """The places of a song's sounds, in seconds."""
    spans = find_activity(samples, RATE)
    assert spans is not None
    starts = [spans.start, *(end for _, end in spans.silences)]
    ends = [*(start for start, _ in spans.silences), spans.end]
    return [(start / RATE, end / RATE) for start, end in zip(starts, ends, strict=True)]


def test_one_piece_is_left_as_it_is() -> None:
    piece = np.concatenate([silence(1), window(2), silence(4)])
    joined = concatenate([piece], [], song_seconds=7.6)
    assert np.array_equal(joined.samples, piece) and joined.samples.dtype == np.float32
    assert joined.seams == () and joined.notes == ()


@pytest.mark.parametrize(
    "asked, expected", [(7.6, 7.6), (8.2, 8.2), (7.05, 7.05), (30.0, 8.4), (3.0, 6.97)]
)
def test_the_length_asked_is_met_as_far_as_pauses_reach(asked: float, expected: float) -> None:
    # 6 s of sound, 0.2 and 0.4 s around it, two pauses of 0.25 to 1.2 and 0.12 to 0.6 s.
    # The seam is where the sounds end: soft ends of 20 ms are a little less than sound.
    joined = concatenate([window(2)] * 3, ["sentence", "breath"], asked)
    assert seconds(joined) == pytest.approx(expected, abs=0.1)
    if expected == asked:
        assert seconds(joined) == pytest.approx(asked, abs=0.001)


def test_what_is_too_long_or_too_short_is_said_and_not_cut() -> None:
    pieces = [window(2, 220), window(2, 330)]
    long, short = concatenate(pieces, ["line"], 3.0), concatenate(pieces, ["line"], 20.0)
    assert "3 s asked: nothing that sounds was cut" in long.notes[0]
    assert "20 s asked: the lyrics were sung in less" in short.notes[0]
    energy = sum(float(np.square(piece, dtype=float).sum()) for piece in pieces)
    for joined in (long, short):
        assert np.square(joined.samples, dtype=float).sum() == pytest.approx(energy, rel=1e-3)


def test_silence_around_windows_is_bounded() -> None:
    pieces = [window(2, lead=3, tail=3), window(2, lead=3, tail=3)]
    joined = concatenate(pieces, ["line"], 4.0)
    (first, last), (again, end) = heard(joined.samples)
    assert again - last == pytest.approx(0.2, abs=0.05) == pytest.approx(joined.seams[0].silence)
    assert first == pytest.approx(0.2, abs=0.05)
    assert seconds(joined) - end == pytest.approx(0.5, abs=0.05)


def test_a_pause_in_seconds_is_kept() -> None:
    assert concatenate([window(2)] * 2, [0.75], 99).seams[0].silence == pytest.approx(
        0.75, abs=0.001
    )


def test_long_silence_inside_a_window_is_shortened_and_said() -> None:
    piece = np.concatenate([window(1), silence(5), window(1)])
    joined = concatenate([piece, window(1)], ["word"], 5.0, longest_silence=1.0)
    (_, end), (start, _), _ = heard(joined.samples)
    assert start - end == pytest.approx(1.0, abs=0.05)
    assert "window 1: 5.6 s of silence, shortened to 1 s" in joined.notes
    song = concatenate([piece, window(1)], ["word"], 5.0, longest_silence=None)
    assert seconds(song) > 8 and not any("shortened" in note for note in song.notes)


def test_levels_are_brought_together_within_3_db() -> None:
    pieces = [
        window(2, level=-20),
        window(2, level=-22),
        window(2, level=-30),
        window(2, level=-10),
    ]
    joined = concatenate(pieces, ["line"] * 3, 10)
    assert joined.gains_db == pytest.approx((0, 2, 3, -3), abs=0.05)
    assert joined.seams[0].level_jump_db == pytest.approx(0, abs=0.1)
    assert joined.seams[1].drift.level_db == pytest.approx(-7, abs=0.1)


def test_no_gain_leads_to_clipping() -> None:
    quiet = window(2, level=-20)
    quiet[RATE] = 0.9
    joined = concatenate([window(2, level=-17), quiet], ["line"], 5)
    assert np.abs(joined.samples).max() <= 0.99
    assert 0 < joined.gains_db[1] == pytest.approx(0.82, abs=0.015)


def test_no_seam_clicks_even_between_windows_broken_off() -> None:
    pieces = [tone(2, 110 + 7 * n)[: -37 * n or None] for n in range(4)]
    joined = concatenate(pieces, ["sentence", "word", 0.0], 9.0)
    steps = max(float(np.abs(np.diff(piece)).max()) for piece in pieces)
    assert np.abs(np.diff(joined.samples)).max() <= steps * 1.01
    assert not any(seam.click for seam in joined.seams)
    assert [note for note in joined.notes if "middle of a sound" in note] == [
        f"window {n} ends in the middle of a sound" for n in (1, 2, 3, 4)
    ]


def test_a_silent_window_is_left_out_and_said() -> None:
    joined = concatenate([window(2), silence(5), window(2)], ["sentence", "word"], 5.1)
    assert len(joined.seams) == 1 and joined.seams[0].silence >= 0.25
    assert "window 2 is silent; it was left out" in joined.notes
    assert seconds(joined) == pytest.approx(5.1, abs=0.001)


def test_a_song_of_silence_is_no_error_and_no_secret() -> None:
    joined = concatenate([silence(1), silence(2)], ["line"], 3)
    assert seconds(joined) == 3 and joined.seams == ()
    assert joined.notes == (
        "window 1 is silent; it was left out",
        "window 2 is silent; it was left out",
    )


def test_pauses_stand_between_pieces() -> None:
    with pytest.raises(ValueError, match="2 pieces cannot have 2 pauses"):
        concatenate([window(1)] * 2, ["line", "line"], 3)


def test_a_minute_of_windows_with_its_seams() -> None:
    hiss = [-120, -55, -45, -60, -70, -50]
    pieces = [
        window(9.0, 220 * 2 ** (n / 12), -20 + (-1) ** n, lead=0.1 * n, tail=0.2 * n)
        for n in range(6)
    ]
    pieces = [
        piece + noise(len(piece) / RATE, level=level, seed=n)[: len(piece)]
        for n, (piece, level) in enumerate(zip(pieces, hiss, strict=True))
    ]
    joined = concatenate(pieces, ["sentence", "line", "breath", "sentence", "line"], 57.0)
    assert seconds(joined) == pytest.approx(57.0, abs=0.001)
    assert len(joined.seams) == 5 and not any(seam.click for seam in joined.seams)
    for number, seam in enumerate(joined.seams, 1):
        assert 0.12 <= seam.silence <= 1.2
        assert seam.level_jump_db == pytest.approx(0, abs=0.3)
        assert seam.pitch_jump_semitones == pytest.approx(1, abs=0.1)
        assert seam.drift.pitch_semitones == pytest.approx(number, abs=0.1)
    assert json.loads(json.dumps(joined.as_json())) == joined.as_json()


BOUNDS = [PAUSES["sentence"], PAUSES["breath"]]  # 0.25 to 0.5 to 1.2, 0.12 to 0.25 to 0.6


@pytest.mark.parametrize(
    "wanted, total", [(0.75, 0.75), (1.2, 1.2), (0.5, 0.5), (9.0, 1.8), (-5.0, 0.37)]
)
def test_pauses_sum_to_what_is_wanted_as_far_as_they_may(wanted: float, total: float) -> None:
    gaps = fit_pauses(BOUNDS, wanted)
    assert sum(gaps) == pytest.approx(total)
    for gap, bounds in zip(gaps, BOUNDS, strict=True):
        assert bounds.shortest - 1e-9 <= gap <= bounds.longest + 1e-9


def test_pauses_in_seconds_are_kept() -> None:
    assert fit_pauses([pause_bounds([0.8])], 5.0) == [0.8]
    assert fit_pauses([], 5.0) == []


def test_pauses_that_become_one_are_as_long_as_the_longest() -> None:
    assert pause_bounds(["word", "sentence", "line"]) == PAUSES["sentence"]


def test_sounds_lie_where_the_joints_say() -> None:
    room, sounds = silence(0.3), [tone(1.0, level=-20), tone(2.0, level=-26), tone(1.5, level=-32)]
    first, second, third = (Clip(room, sound, room) for sound in sounds)
    bounds = [PauseBounds(0.2, 0.4, 0.8)]
    samples, (joint,) = place([[first, second], [third]], bounds, 7.0, inner=0.5, rate=RATE)
    # 4.5 s of sound, 0.2 and 0.3 s around it, 0.5 s inside: 1.5 s are left, 0.8 s are allowed.
    assert len(samples) / RATE == pytest.approx(6.3, abs=1e-3)
    assert joint.after[0] - joint.before[1] == round(0.8 * RATE)
    before, after = samples[slice(*joint.before)], samples[slice(*joint.after)]
    assert np.array_equal(before[:RATE], sounds[0])
    assert np.array_equal(before[-2 * RATE :], sounds[1])
    assert np.array_equal(after, sounds[2])
