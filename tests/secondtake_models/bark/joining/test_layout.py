"""Pauses within their bounds, and windows in their places."""

import numpy as np
import pytest
from tests.secondtake_models.bark.singing import RATE, silence, tone

from secondtake_models.bark.joining.layout import PAUSES, Bounds, bounds_of, gaps_within, lay_out
from secondtake_models.bark.joining.stretches import Stretch

BOUNDS = [PAUSES["sentence"], PAUSES["breath"]]  # 0.25 to 0.5 to 1.2, 0.12 to 0.25 to 0.6


@pytest.mark.parametrize(
    "wanted, total", [(0.75, 0.75), (1.2, 1.2), (0.5, 0.5), (9.0, 1.8), (-5.0, 0.37)]
)
def test_pauses_sum_to_what_is_wanted_as_far_as_they_may(wanted: float, total: float) -> None:
    gaps = gaps_within(BOUNDS, wanted)
    assert sum(gaps) == pytest.approx(total)
    for gap, bounds in zip(gaps, BOUNDS, strict=True):
        assert bounds.shortest - 1e-9 <= gap <= bounds.longest + 1e-9


def test_pauses_in_seconds_are_kept() -> None:
    assert gaps_within([bounds_of([0.8])], 5.0) == [0.8]
    assert gaps_within([], 5.0) == []


def test_pauses_that_become_one_are_as_long_as_the_longest() -> None:
    assert bounds_of(["word", "sentence", "line"]) == PAUSES["sentence"]


def test_sounds_lie_where_the_joints_say() -> None:
    room, sounds = silence(0.3), [tone(1.0, level=-20), tone(2.0, level=-26), tone(1.5, level=-32)]
    first, second, third = (Stretch(room, sound, room) for sound in sounds)
    bounds = [Bounds(0.2, 0.4, 0.8)]
    samples, (joint,) = lay_out([[first, second], [third]], bounds, 7.0, inner=0.5, rate=RATE)
    # 4.5 s of sound, 0.2 and 0.3 s around it, 0.5 s inside: 1.5 s are left, 0.8 s are allowed.
    assert len(samples) / RATE == pytest.approx(6.3, abs=1e-3)
    assert joint.after[0] - joint.before[1] == round(0.8 * RATE)
    before, after = samples[slice(*joint.before)], samples[slice(*joint.after)]
    assert np.array_equal(before[:RATE], sounds[0])
    assert np.array_equal(before[-2 * RATE :], sounds[1])
    assert np.array_equal(after, sounds[2])
