"""Silence, held tones and loops in rows of tokens whose answer is known."""

import numpy as np
import pytest

from secondtake.models.bark.token_faults import Stretch, agreeing, loop, still

RNG = np.random.default_rng(3)


def lively(count: int) -> np.ndarray:
    return RNG.integers(0, 10_000, count)


def test_one_token_is_found_where_it_stands():
    row = np.concatenate([lively(200), np.full(150, 87), lively(100)])
    assert still(row) == [Stretch(200, 350)]


def test_a_tone_of_three_tokens_is_still_and_one_of_four_is_not():
    assert still(np.tile([5, 6, 7], 100)) != []
    assert still(np.tile([5, 6, 7, 8], 100)) == []


def test_two_silences_with_words_between_are_two():
    row = np.concatenate([np.full(120, 87), lively(60), np.full(130, 87)])
    assert still(row) == [Stretch(0, 120), Stretch(180, 310)]


def test_what_is_short_or_lively_is_not_still():
    assert still(np.full(99, 87)) == [] and still(lively(700)) == [] and still([]) == []


def test_a_loop_is_found_with_its_start_and_period():
    row = np.concatenate([lively(120), np.tile(lively(40), 5)])
    found = loop(row)
    assert (found.start, found.end, found.period) == (120, 320, 40)
    assert found.times == pytest.approx(5)


def test_a_loop_need_not_be_exact():
    row = np.concatenate([lively(120), np.tile(lively(40), 6), lively(80)])
    changed = RNG.choice(np.arange(120, 360), 12, replace=False)
    row[changed] = lively(12)
    found = loop(row)
    assert found.period == 40 and abs(found.start - 120) < 20 and abs(found.end - 360) < 20


def test_where_a_third_differs_it_is_no_loop():
    row = np.tile(lively(40), 10)
    row[::3] = lively(len(row[::3]))
    assert loop(row) is None


def test_twice_is_no_loop_and_neither_is_a_held_tone():
    assert loop(np.tile(lively(100), 2)) is None
    assert loop(np.full(400, 87)) is None
    assert loop(np.tile([87] * 20 + [134], 20)) is None  # silence that flickers
    assert loop(lively(768)) is None and loop([]) is None


def test_one_disagreement_takes_back_what_it_costs():
    agree = np.array([1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1], bool)
    assert agreeing(agree, 2) == (0, 8)
    assert agreeing(agree, 4) == (4, 8)
    assert agreeing(np.zeros(5, bool), 2) == (0, 0)
