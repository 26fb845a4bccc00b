"""Silence taken away and put between, sound left alone."""

import numpy as np
import pytest
from tests.models.bark.singing import RATE, noise, silence, tone, window

from secondtake.audio.activity import find_activity
from secondtake.models.bark.silence import (
    Clip,
    crossfade_gap,
    ends_abruptly,
    fade,
    split_at_silence,
)


def stretches(piece: np.ndarray, longest_silence: float | None) -> list[Clip]:
    activity = find_activity(piece, RATE)
    assert activity is not None
    return split_at_silence(piece, activity, RATE, longest_silence)


def test_long_silences_part_a_window_and_short_ones_do_not() -> None:
    piece = np.concatenate([window(1), silence(3), window(1), window(1)])
    assert len(stretches(piece, 1.5)) == 2
    assert len(stretches(piece, None)) == 1
    first, second = stretches(piece, 1.5)
    assert np.count_nonzero(first.sound) + np.count_nonzero(second.sound) == pytest.approx(
        np.count_nonzero(piece), abs=RATE // 100
    )


def test_the_room_around_is_kept_up_to_a_limit() -> None:
    (clip,) = stretches(np.concatenate([silence(2), tone(1), silence(2)]), 1.5)
    assert len(clip.before) / RATE == pytest.approx(0.3)
    assert len(clip.after) / RATE == pytest.approx(0.9)


def test_a_window_without_room_is_faded_in_its_last_5_ms_only() -> None:
    piece = tone(1)
    (clip,) = stretches(piece, 1.5)
    edge = round(0.005 * RATE)
    assert np.array_equal(clip.sound[edge:-edge], piece[edge:-edge])
    assert abs(clip.sound[0]) < 0.01 and abs(clip.sound[-1]) < 0.01


@pytest.mark.parametrize("gap", [0.0, 0.03, 0.2, 0.5, 2.0])
@pytest.mark.parametrize("room", [0.0, 0.01, 0.3, 0.9])
def test_a_bridge_is_as_long_as_asked_and_no_louder_than_its_rooms(gap: float, room: float) -> None:
    after, before = noise(room + 1e-4, seed=1), noise(room + 1e-4, seed=2)
    silent, frames = crossfade_gap(after, before, round(gap * RATE), RATE)
    assert len(silent) == round(gap * RATE) and frames <= 0.05 * RATE
    assert np.abs(silent).max(initial=0) <= np.abs(after).max() + np.abs(before).max()


def test_rooms_that_have_nothing_in_common_keep_their_power_through_the_fade() -> None:
    powers, gap = [], round(0.05 * RATE)
    for seed in range(40):
        silent, _ = crossfade_gap(noise(0.05, seed=seed), noise(0.05, seed=seed + 100), gap, RATE)
        powers.append(np.square(silent, dtype=float).reshape(5, -1).mean(axis=1))
    levels = 10 * np.log10(np.mean(powers, axis=0))
    assert levels == pytest.approx(-20, abs=0.5)  # a linear fade would dip to -23 in the middle


def test_the_fade_is_where_it_is_quietest() -> None:
    room = noise(0.5, level=-40)
    room[round(0.3 * RATE) : round(0.38 * RATE)] = 0  # of the gap, in both rooms
    silent, frames = crossfade_gap(room, room, len(room), RATE)
    assert frames == round(0.05 * RATE)
    assert np.array_equal(silent[: round(0.3 * RATE)], room[: round(0.3 * RATE)])
    assert np.array_equal(silent[round(0.38 * RATE) :], room[round(0.38 * RATE) :])


def test_fades_leave_the_rest() -> None:
    flat = np.ones(100, np.float32)
    assert np.all(fade(flat, 10, out=True)[:90] == 1) and fade(flat, 10, out=True)[-1] < 0.1
    assert np.all(fade(flat, 10, out=False)[10:] == 1) and fade(flat, 10, out=False)[0] < 0.1
    rising, falling = fade(flat, 100, out=False), fade(flat, 100, out=True)
    assert np.square(rising) + np.square(falling) == pytest.approx(1)


def test_a_window_that_was_broken_off_is_told_from_one_that_ended() -> None:
    for piece, expected in ((tone(1), True), (window(1, tail=0), False), (window(1), False)):
        activity = find_activity(piece, RATE)
        assert activity is not None and ends_abruptly(piece, activity, RATE) is expected
