"""Which attempt is kept, and where its seed comes from."""

import json
from pathlib import Path
from typing import Any

from secondtake.models.bark import audio_faults as sound
from secondtake.models.bark import token_faults as tokens
from secondtake.models.bark.audio_faults import Heard
from secondtake.models.bark.retries import Attempt, attempt_seed, best, better, sing_again
from secondtake.models.bark.token_faults import Verdict

DOCUMENT = (Path(__file__).parents[3] / "docs" / "bark-mistakes.md").read_text(encoding="utf-8")
WELL = Heard(5.0, False)


def attempt(
    number: int = 0,
    retake: bool = False,
    flags: int = 0,
    sounding: float = 5.0,
    heard: Heard | None = WELL,
) -> Attempt:
    facts: dict[str, Any] = {"expected_seconds": 5.0, "sounding_seconds": sounding}
    verdict = Verdict(250, retake, tuple("flag" for _ in range(flags)), facts)
    return Attempt(0, number, attempt_seed(1, 0, number), verdict, heard)


def test_the_first_attempt_at_the_first_window_has_the_jobs_seed():
    assert attempt_seed(1234, 0, 0) == 1234


def test_all_other_seeds_differ_and_are_the_same_every_time():
    seeds = {attempt_seed(1234, window, number) for window in range(40) for number in range(6)}
    assert len(seeds) == 240 and all(0 <= seed < 2**31 for seed in seeds)
    assert attempt_seed(1234, 0, 1) == 1652312721
    assert attempt_seed(1235, 0, 1) != attempt_seed(1234, 0, 1)


def test_what_asks_for_no_retake_is_better_than_many_flags():
    assert better(attempt(retake=True), attempt(1, flags=5)).number == 1
    assert better(attempt(flags=5), attempt(1, retake=True)).number == 0


def test_a_bad_sound_counts_as_much_as_bad_tokens():
    bad = Heard(5.0, True, ("hisses",))
    assert better(attempt(retake=True, heard=bad), attempt(1, heard=bad)).number == 1
    assert attempt(heard=bad).retake and attempt(heard=bad).flags == ("hisses",)


def test_fewer_flags_then_the_likelier_length_then_the_first():
    assert better(attempt(flags=2), attempt(1, flags=1)).number == 1
    assert better(attempt(sounding=10.0), attempt(1, sounding=4.0)).number == 1
    assert better(attempt(sounding=0.0), attempt(1, sounding=1.0)).number == 1
    assert better(attempt(), attempt(1)).number == 0


def test_an_attempt_that_was_heard_is_better_than_one_that_was_given_up():
    given_up = attempt(retake=True, heard=None)
    assert better(given_up, attempt(1, retake=True, flags=3)).number == 1
    assert better(attempt(1, retake=True, flags=3), given_up).number == 1


def test_singing_again_is_bounded_and_ends_with_the_first_good_attempt():
    spoilt = [attempt(number, retake=True) for number in range(4)]
    assert sing_again([], 0) and not sing_again(spoilt[:1], 0)
    assert sing_again(spoilt[:2], 2) and not sing_again(spoilt[:3], 2)
    assert not sing_again([spoilt[0], attempt(1)], 5)


def test_the_best_of_several_is_kept():
    tried = [attempt(0, retake=True), attempt(1, retake=True, flags=2), attempt(2, flags=1)]
    assert best(tried).number == 2 and best(tried[:2]).number == 0


def test_the_record_says_everything_in_json():
    bad = Heard(4.0, True, ("hisses",), {"crossings": 5000})
    record = json.loads(json.dumps(attempt(1, flags=1, heard=bad).record()))
    assert record == {
        "window": 0,
        "attempt": 1,
        "seed": attempt_seed(1, 0, 1),
        "retake": True,
        "flags": ["flag", "hisses"],
        "tokens": {"expected_seconds": 5.0, "sounding_seconds": 5.0},
        "sound": {"crossings": 5000},
    }
    assert attempt(heard=None).record()["sound"] is None


def test_the_document_says_the_thresholds_that_hold():
    rows = [
        f"less sound than {tokens.QUICKEST:g} times the usual time",
        f"less than {tokens.HURRIED:g} times",
        f"longer than {tokens.TOO_LONG:g} times the usual time and {tokens.GRACE_SECONDS:g} s",
        f"first breath after {tokens.SLOWEST:g} times and {tokens.GRACE_SECONDS:g} s",
        f"sung again beyond {tokens.FAR_TOO_LONG:g} times",
        f"all {tokens.MOST_TOKENS} tokens used",
        f"at most {tokens.FEW} different tokens among {tokens.AMONG} (2 s)",
        f"under {tokens.LEAST_DIFFERENT:.0%} different".replace("%", " %"),
        f"one token more than {tokens.LONGEST_RUN} times in a row",
        f"{sound.NOISY_HERTZ:.0f} zero crossings a second and {sound.NOISY_FLATNESS} spec",
        f"for {sound.STATIC} s | said; sung again from {sound.LONG_STATIC} s on",
        f"median over {sound.HISSING:.0f} zero crossings",
        f"more than {sound.CLIPPED:.1%} of the".replace("%", " %"),
        f"of a silent end {sound.RINGING} s are kept",
        f"the same within {sound.ALIKE_DB:g} dB",
    ]
    assert [row for row in rows if row not in DOCUMENT] == []
