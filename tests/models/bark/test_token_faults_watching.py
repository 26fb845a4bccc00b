"""Verdicts on windows of tokens in which it is known what went wrong."""

import json

import numpy as np
import pytest

from secondtake.models.bark.token_faults import KEPT_SILENCE, MOST_TOKENS, Watch, judge, token_facts

RNG = np.random.default_rng(5)
SILENCE = 87


def sung(seconds: float) -> np.ndarray:
    """Tokens that change as a voice's do: each stays for one to four."""
    count = round(seconds * 49.9)
    return np.repeat(RNG.integers(0, 10_000, count), RNG.integers(1, 5, count))[:count]


def test_a_window_that_fits_its_text_is_kept_whole_and_nothing_is_said():
    tokens = sung(8)
    verdict = judge(tokens, 8.0)
    assert (verdict.keep, verdict.retake, verdict.flags) == (len(tokens), False, ())
    assert verdict.facts["sounding_seconds"] == 8.0


@pytest.mark.parametrize("expected", [5.0, 6.0, 10.0, 13.0])
def test_a_quick_or_a_slow_singer_is_believed(expected):
    verdict = judge(sung(8), expected)
    assert not verdict.retake and verdict.flags == ()


def test_endless_silence_is_cut_off():
    tokens = np.concatenate([sung(6), np.full(300, SILENCE)])
    verdict = judge(tokens, 6.0)
    assert verdict.keep == len(sung(6)) + KEPT_SILENCE and not verdict.retake
    assert verdict.flags[0] == "ended in 6.0 s of silence or one tone, from 6.0 s on"


def test_silence_in_the_middle_is_told_and_not_cut():
    tokens = np.concatenate([sung(4), np.full(120, SILENCE), sung(4)])
    verdict = judge(tokens, 8.0)
    assert verdict.keep == len(tokens) and not verdict.retake
    assert "2.4 s of silence or one tone from 4.0 s on" in verdict.flags


def test_a_loop_at_the_end_is_kept_once():
    once = sung(0.8)
    tokens = np.concatenate([sung(5), np.tile(once, 8)])
    verdict = judge(tokens, 6.0)
    assert verdict.keep == pytest.approx(len(sung(5)) + len(once), abs=2) and not verdict.retake
    assert verdict.flags[0].startswith("ended in a loop: 0.8 s repeated 8")
    assert verdict.facts["loop"]["period_seconds"] == pytest.approx(0.8, abs=0.02)


def test_a_loop_in_the_middle_is_sung_again():
    tokens = np.concatenate([sung(3), np.tile(sung(0.8), 5), sung(3)])
    verdict = judge(tokens, 8.0)
    assert verdict.retake and verdict.keep == len(tokens)


def test_nothing_is_cut_before_the_quickest_singer_is_through():
    tokens = np.concatenate([sung(2), np.full(500, SILENCE)])
    verdict = judge(tokens, 10.0)
    assert verdict.keep == 200  # 4 s; and then there is too little sound
    assert verdict.retake and "2.0 s of sound where the text takes about 10.0 s" in verdict.flags[1]


def test_skipped_words_are_sung_again():
    assert judge(sung(3), 8.0).retake and "must be missing" in judge(sung(3), 8.0).flags[0]
    assert not judge(sung(4), 8.0).retake and "hurried" in judge(sung(4), 8.0).flags[0]


def test_a_tail_is_cut_at_the_first_breath_after_the_slowest_singer():
    tokens = np.concatenate([sung(9), np.full(25, SILENCE), sung(4)])
    verdict = judge(tokens, 5.0)
    assert verdict.keep == len(sung(9)) + KEPT_SILENCE and not verdict.retake
    assert "cut at a breath, at 9.2 s" in verdict.flags[0]
    whole = judge(tokens, 5.0, whole=True)
    assert whole.keep == len(tokens) and "was added or sung twice" in whole.flags[0]
    early = np.concatenate([sung(7), np.full(25, SILENCE), sung(6)])  # may still be the text
    assert judge(early, 5.0).keep == len(early)


def test_a_tail_without_a_breath_is_sung_again_only_if_far_too_long():
    assert judge(sung(11), 5.0).flags and not judge(sung(11), 5.0).retake
    assert judge(sung(14), 5.0).retake


def test_no_end_is_sung_again_unless_the_text_is_too_long_for_any_attempt():
    tokens = sung(15.5)[:MOST_TOKENS]
    assert judge(tokens, 12.0).retake and "no end" in judge(tokens, 12.0).flags[0]
    assert not judge(tokens, 18.0).retake and judge(tokens, 18.0).flags
    silent = np.concatenate([sung(8), np.full(MOST_TOKENS, SILENCE)])[:MOST_TOKENS]
    assert not judge(silent, 8.0).retake  # its words are there


def test_nothing_at_all_is_sung_again():
    assert judge([], 0.0).retake and judge([], 4.0).keep == 0


def test_without_an_expectation_only_what_is_stuck_counts():
    assert judge(sung(2), 0.0).flags == () and judge(sung(15), 0.0).flags == ()


def test_rare_facts_flag_and_do_not_act():
    tokens = np.concatenate([sung(4), np.full(80, SILENCE), sung(4)])
    verdict = judge(tokens, 9.0)
    assert verdict.flags == ("one token 80 times in a row",) and not verdict.retake


def test_facts_of_known_rows():
    facts = token_facts([1, 2, 3, 4, 5, 6, 7, 8] * 2)
    assert facts == {
        "tokens": 16,
        "unique_share": 0.5,
        "longest_run": 1,
        "repeated_grams": 0.111,  # 9 runs of 8, one of them twice
    }
    assert token_facts([4, 4, 4, 1])["longest_run"] == 3
    json.dumps(judge(np.tile(sung(1), 6), 5.0).facts)


def test_the_watch_waits_for_a_long_silence_and_stops_an_endless_one():
    words = sung(5)
    assert not Watch().stop(np.concatenate([words, np.full(230, SILENCE)]))
    assert Watch().stop(np.concatenate([words, np.full(255, SILENCE)]))
    assert not Watch().stop(np.concatenate([words, np.full(255, SILENCE), sung(1)]))
    assert not Watch().stop([]) and not Watch().stop(sung(15))


def test_the_watch_stops_a_loop_the_fourth_time():
    words, once = sung(5), sung(0.8)
    assert not Watch().stop(np.concatenate([words, np.tile(once, 3)]))
    assert Watch().stop(np.concatenate([words, np.tile(once, 5)]))


def test_what_the_watch_stopped_the_verdict_cuts():
    tokens = np.concatenate([sung(6), np.full(400, SILENCE)])
    stopped = next(n for n in range(25, len(tokens), 25) if Watch().stop(tokens[:n]))
    assert judge(tokens[:stopped], 6.0).keep == judge(tokens, 6.0).keep
