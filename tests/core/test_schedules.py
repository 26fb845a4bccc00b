"""Noise levels are looked at before anything is built."""

import math
import random
import struct
from itertools import pairwise

import pytest

from secondtake.core.errors import UnsupportedError
from secondtake.core.schedules import (
    SAMPLERS,
    SIGMA_SAMPLERS,
    TREE_SAMPLERS,
    Schedule,
    levels_fault,
)


def test_falling_levels_that_end_at_nothing_are_fine() -> None:
    assert levels_fault([500.0, 40.0, 3.0, 0.3, 0.0], "dpmpp-3m-sde") == ""
    assert levels_fault([1.0, 0.5, 0.0], "euler") == ""
    assert levels_fault([], "euler") == ""


@pytest.mark.parametrize(
    "levels", [[3.0, 3.0, 0.0], [1.0, 2.0, 0.0], [3.0, 2.0, 1.0], [0.0, 0.0], [3.0, 0.0, 0.0]]
)
def test_levels_that_do_not_fall_to_nothing_are_told(levels: list[float]) -> None:
    assert levels_fault(levels, "dpmpp-3m-sde") == "noise levels that do not fall to 0"


@pytest.mark.parametrize("level", [math.nan, math.inf])
def test_levels_that_are_no_numbers_are_told(level: float) -> None:
    assert levels_fault([level, 1.0, 0.0], "k-lms") == "noise levels that are no numbers"


def test_a_tree_is_never_asked_for_an_interval_that_it_cannot_see() -> None:
    near = [1.0, 0.3000004, 0.3, 0.0]
    for sampler in TREE_SAMPLERS:
        assert "no noise between the levels 0.3000004 and 0.3" in levels_fault(near, sampler)
    assert levels_fault(near, "dpmpp-2m") == ""  # which asks no tree


@pytest.mark.parametrize(
    ("schedule", "key", "message"),
    [
        (Schedule("dpmpp-2m-sde", 1), "steps", "dpmpp-2m-sde needs two steps"),
        (Schedule("dpmpp-3m-sde", 1), "steps", "dpmpp-3m-sde needs two steps"),
        (Schedule("k-lms", 4, 5.0, 1.0), "sigma_min", "do not fall to 0 (k-lms, steps 4, sigma_m"),
        (Schedule("k-heun", 2, 3.0, 3.0), "sigma_min", "do not fall to 0"),
        (Schedule("dpmpp-2m", 1000, 9.999, 10.0), "sigma_min", "sigma_min 9.999, sigma_max 10)"),
        (Schedule("dpmpp-3m-sde", 3, 0.3, 0.3000015), "sigma_min", "no noise between the levels"),
    ],
)
def test_an_empty_schedule_is_refused_with_its_options(
    schedule: Schedule, key: str, message: str
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        schedule.check()
    assert caught.value.key == key and message in caught.value.message and caught.value.hint


@pytest.mark.parametrize("sampler", sorted({name for names in SAMPLERS.values() for name in names}))
@pytest.mark.parametrize("steps", [2, 8, 100, 1000])
def test_the_usual_levels_are_fine_for_every_sampler(sampler: str, steps: int) -> None:
    Schedule(sampler, steps).check()


def single(value: float) -> float:
    """The nearest float32."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def in_float32(schedule: Schedule, off: random.Random) -> list[float]:
    """The levels as a float32 library computes them, whichever way it rounds."""
    low, high = math.log(schedule.sigma_min), math.log(schedule.sigma_max)
    levels = []
    for step in range(schedule.steps):
        ramp = single(1 - step / max(1, schedule.steps - 1))
        power = single(single(ramp * single(high - low)) + single(low))
        levels.append(single(math.exp(power) * (1 + off.choice((-1, 0, 1)) * 2**-23)))
    return [*levels, 0.0]


def test_what_is_accepted_stays_apart_however_float32_rounds_it() -> None:
    chance, accepted, refused = random.Random(5), 0, 0
    for number in range(3000):
        low = 10 ** chance.uniform(-3, 1)
        high = max(low, 1.0) * 10 ** chance.uniform(0, 2.7)
        if number % 3 == 0:
            high = low * (1 + 10 ** chance.uniform(-7, -1))
        steps = chance.choice((1, 2, 3, 10, 100, 1000))
        schedule = Schedule(chance.choice(SIGMA_SAMPLERS), steps, low, high)
        try:
            schedule.check()
        except UnsupportedError:
            refused += 1
            continue
        accepted += 1
        levels = in_float32(schedule, chance)
        assert all(upper > lower for upper, lower in pairwise(levels))
        if schedule.sampler in TREE_SAMPLERS:
            rounded = [round(level, 6) for level in levels[:-1]]  # as a tree rounds them
            assert len(set(rounded)) == len(rounded)
    assert accepted > 1500 and refused > 300
