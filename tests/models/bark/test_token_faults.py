"""Faults of rows of tokens in which it is known what went wrong."""

import json

import numpy as np
import pytest

from secondtake.models.bark.constants import (
    MAX_SEMANTIC_TOKENS,
    SEMANTIC_RATE_HZ,
    SEMANTIC_VOCAB_SIZE,
)
from secondtake.models.bark.token_faults import (
    KEPT_SILENCE,
    ConstantRun,
    check_tokens,
    find_constant_runs,
    find_loop,
    is_stuck,
    max_sum_segment,
    token_facts,
)

LIVELY_RNG = np.random.default_rng(3)
SUNG_RNG = np.random.default_rng(5)
SILENCE = 87


def lively(count: int) -> np.ndarray:
    return LIVELY_RNG.integers(0, SEMANTIC_VOCAB_SIZE, count)


def test_one_token_is_found_where_it_stands():
    row = np.concatenate([lively(200), np.full(150, 87), lively(100)])
    assert find_constant_runs(row) == [ConstantRun(200, 350)]


def test_a_tone_of_three_tokens_is_still_and_one_of_four_is_not():
    assert find_constant_runs(np.tile([5, 6, 7], 100)) != []
    assert find_constant_runs(np.tile([5, 6, 7, 8], 100)) == []


def test_two_silences_with_words_between_are_two():
    row = np.concatenate([np.full(120, 87), lively(60), np.full(130, 87)])
    assert find_constant_runs(row) == [ConstantRun(0, 120), ConstantRun(180, 310)]


def test_what_is_short_or_lively_is_not_still():
    for row in (np.full(99, 87), lively(700), []):
        assert find_constant_runs(row) == []


def test_a_loop_is_found_with_its_start_and_period():
    row = np.concatenate([lively(120), np.tile(lively(40), 5)])
    loop = find_loop(row)
    assert (loop.start, loop.end, loop.period) == (120, 320, 40)
    assert loop.times == pytest.approx(5)


def test_a_loop_need_not_be_exact():
    row = np.concatenate([lively(120), np.tile(lively(40), 6), lively(80)])
    changed = LIVELY_RNG.choice(np.arange(120, 360), 12, replace=False)
    row[changed] = lively(12)
    loop = find_loop(row)
    assert loop.period == 40 and abs(loop.start - 120) < 20 and abs(loop.end - 360) < 20


def test_where_a_third_differs_it_is_no_loop():
    row = np.tile(lively(40), 10)
    row[::3] = lively(len(row[::3]))
    assert find_loop(row) is None


def test_twice_is_no_loop_and_neither_is_a_held_tone():
    assert find_loop(np.tile(lively(100), 2)) is None
    assert find_loop(np.full(400, 87)) is None
    assert find_loop(np.tile([87] * 20 + [134], 20)) is None  # silence that flickers
    assert find_loop(lively(MAX_SEMANTIC_TOKENS)) is None and find_loop([]) is None


def test_one_disagreement_takes_back_what_it_costs():
    agree = np.array([1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1], bool)
    assert max_sum_segment(agree, 2) == (0, 8)
    assert max_sum_segment(agree, 4) == (4, 8)
    assert max_sum_segment(np.zeros(5, bool), 2) == (0, 0)


def sung(seconds: float) -> np.ndarray:
    """Tokens that change as a voice's do: each stays for one to four."""
    count = round(seconds * SEMANTIC_RATE_HZ)
    return np.repeat(
        SUNG_RNG.integers(0, SEMANTIC_VOCAB_SIZE, count), SUNG_RNG.integers(1, 5, count)
    )[:count]


def test_a_window_that_fits_its_text_is_kept_whole_and_nothing_is_said():
    tokens = sung(8)
    faults = check_tokens(tokens, 8.0)
    assert (faults.keep, faults.retake, faults.flags) == (len(tokens), False, ())
    assert faults.facts["sounding_seconds"] == 8.0


@pytest.mark.parametrize("expected", [5.0, 6.0, 10.0, 13.0])
def test_a_quick_or_a_slow_singer_is_believed(expected):
    faults = check_tokens(sung(8), expected)
    assert not faults.retake and faults.flags == ()


def test_endless_silence_is_cut_off():
    tokens = np.concatenate([sung(6), np.full(300, SILENCE)])
    faults = check_tokens(tokens, 6.0)
    assert faults.keep == len(sung(6)) + KEPT_SILENCE and not faults.retake
    assert faults.flags[0] == "ended in 6.0 s of silence or one tone, from 6.0 s on"


def test_silence_in_the_middle_is_told_and_not_cut():
    tokens = np.concatenate([sung(4), np.full(120, SILENCE), sung(4)])
    faults = check_tokens(tokens, 8.0)
    assert faults.keep == len(tokens) and not faults.retake
    assert "2.4 s of silence or one tone from 4.0 s on" in faults.flags


def test_a_loop_at_the_end_is_kept_once():
    once = sung(0.8)
    tokens = np.concatenate([sung(5), np.tile(once, 8)])
    faults = check_tokens(tokens, 6.0)
    assert faults.keep == pytest.approx(len(sung(5)) + len(once), abs=2) and not faults.retake
    assert faults.flags[0].startswith("ended in a loop: 0.8 s repeated 8")
    assert faults.facts["loop"]["period_seconds"] == pytest.approx(0.8, abs=0.02)


def test_a_loop_in_the_middle_is_sung_again():
    tokens = np.concatenate([sung(3), np.tile(sung(0.8), 5), sung(3)])
    faults = check_tokens(tokens, 8.0)
    assert faults.retake and faults.keep == len(tokens)


def test_nothing_is_cut_before_the_quickest_singer_is_through():
    tokens = np.concatenate([sung(2), np.full(500, SILENCE)])
    faults = check_tokens(tokens, 10.0)
    assert faults.keep == 200  # 4 s; and then there is too little sound
    assert faults.retake and "2.0 s of sound where the text takes about 10.0 s" in faults.flags[1]


def test_skipped_words_are_sung_again():
    skipped, hurried = check_tokens(sung(3), 8.0), check_tokens(sung(4), 8.0)
    assert skipped.retake and "must be missing" in skipped.flags[0]
    assert not hurried.retake and "hurried" in hurried.flags[0]


def test_a_tail_is_cut_at_the_first_breath_after_the_slowest_singer():
    tokens = np.concatenate([sung(9), np.full(25, SILENCE), sung(4)])
    faults = check_tokens(tokens, 5.0)
    assert faults.keep == len(sung(9)) + KEPT_SILENCE and not faults.retake
    assert "cut at a breath, at 9.2 s" in faults.flags[0]
    whole = check_tokens(tokens, 5.0, whole=True)
    assert whole.keep == len(tokens) and "was added or sung twice" in whole.flags[0]
    early = np.concatenate([sung(7), np.full(25, SILENCE), sung(6)])  # may still be the text
    assert check_tokens(early, 5.0).keep == len(early)


def test_a_tail_without_a_breath_is_sung_again_only_if_far_too_long():
    assert check_tokens(sung(11), 5.0).flags and not check_tokens(sung(11), 5.0).retake
    assert check_tokens(sung(14), 5.0).retake


def test_no_end_is_sung_again_unless_the_text_is_too_long_for_any_attempt():
    tokens = sung(15.5)[:MAX_SEMANTIC_TOKENS]
    assert check_tokens(tokens, 12.0).retake and "no end" in check_tokens(tokens, 12.0).flags[0]
    assert not check_tokens(tokens, 18.0).retake and check_tokens(tokens, 18.0).flags
    silent = np.concatenate([sung(8), np.full(MAX_SEMANTIC_TOKENS, SILENCE)])[:MAX_SEMANTIC_TOKENS]
    assert not check_tokens(silent, 8.0).retake  # its words are there


def test_nothing_at_all_is_sung_again():
    assert check_tokens([], 0.0).retake and check_tokens([], 4.0).keep == 0


def test_without_an_expectation_only_what_is_stuck_counts():
    assert check_tokens(sung(2), 0.0).flags == () and check_tokens(sung(15), 0.0).flags == ()


def test_rare_facts_flag_and_do_not_act():
    tokens = np.concatenate([sung(4), np.full(80, SILENCE), sung(4)])
    faults = check_tokens(tokens, 9.0)
    assert faults.flags == ("one token 80 times in a row",) and not faults.retake


def test_facts_of_known_rows():
    facts = token_facts([1, 2, 3, 4, 5, 6, 7, 8] * 2)
    assert facts == {
        "tokens": 16,
        "unique_share": 0.5,
        "longest_run": 1,
        "repeated_grams": 0.111,  # 9 runs of 8, one of them twice
    }
    assert token_facts([4, 4, 4, 1])["longest_run"] == 3
    json.dumps(check_tokens(np.tile(sung(1), 6), 5.0).facts)


def test_the_watch_waits_for_a_long_silence_and_stops_an_endless_one():
    words = sung(5)
    assert not is_stuck(np.concatenate([words, np.full(230, SILENCE)]))
    assert is_stuck(np.concatenate([words, np.full(255, SILENCE)]))
    assert not is_stuck(np.concatenate([words, np.full(255, SILENCE), sung(1)]))
    assert not is_stuck([]) and not is_stuck(sung(15))


def test_the_watch_stops_a_loop_the_fourth_time():
    words, once = sung(5), sung(0.8)
    assert not is_stuck(np.concatenate([words, np.tile(once, 3)]))
    assert is_stuck(np.concatenate([words, np.tile(once, 5)]))


def test_what_the_watch_stopped_the_verdict_cuts():
    tokens = np.concatenate([sung(6), np.full(400, SILENCE)])
    stopped = next(n for n in range(25, len(tokens), 25) if is_stuck(tokens[:n]))
    assert check_tokens(tokens[:stopped], 6.0).keep == check_tokens(tokens, 6.0).keep
