"""Noise levels are looked at before the first step."""

import math

import pytest

from secondtake.core.errors import ModelError
from secondtake.models.stable_audio.diffusion import Schedule, check, check_tree

TREE = Schedule("dpmpp-3m-sde", 4)


def test_falling_levels_that_end_at_nothing_are_fine() -> None:
    check(TREE, [500.0, 40.0, 3.0, 0.3, 0.0])
    check(Schedule("euler", 2), [1.0, 0.5, 0.0])


@pytest.mark.parametrize(
    "levels", [[3.0, 3.0, 0.0], [1.0, 2.0, 0.0], [3.0, 2.0, 1.0], [0.0, 0.0], [3.0, 0.0, 0.0]]
)
def test_levels_that_do_not_fall_to_nothing_are_refused(levels: list[float]) -> None:
    with pytest.raises(ModelError, match=r"do not fall to 0 .*steps 4, sigma_min 0.3"):
        check(TREE, levels)


@pytest.mark.parametrize("level", [math.nan, math.inf])
def test_levels_that_are_no_numbers_are_refused(level: float) -> None:
    with pytest.raises(ModelError, match="no numbers"):
        check(TREE, [level, 1.0, 0.0])


def test_a_tree_is_never_asked_for_an_interval_that_it_cannot_see() -> None:
    near = [1.0, 0.3000004, 0.3, 0.0]
    with pytest.raises(ModelError, match="no noise between the levels"):
        check(TREE, near)
    check(Schedule("dpmpp-2m", 4), near)  # which asks no tree


def test_an_interval_beyond_the_ends_of_a_tree_is_none() -> None:
    with pytest.raises(ModelError, match=r"0.300000012 and 0 "):
        check_tree([(0.30000001192092896, 0.0)], 0.3, 500.0, "asked")
    check_tree([(0.30000001192092896, 0.0)], 0.2, 500.0, "asked")


def test_two_steps_are_needed_where_the_one_before_is_read() -> None:
    with pytest.raises(ModelError, match="needs two steps"):
        check(Schedule("dpmpp-2m-sde", 1), [3.0, 0.0])
