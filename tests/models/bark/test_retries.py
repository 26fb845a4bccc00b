"""The attempt that is kept, and its seed."""

import json
from pathlib import Path
from typing import Any

from secondtake.audio import faults
from secondtake.audio.loudness import SILENCE_DBFS
from secondtake.models.bark import audio_faults as sound
from secondtake.models.bark import token_faults as tokens
from secondtake.models.bark.audio_faults import AudioFaults
from secondtake.models.bark.retries import (
    Attempt,
    attempt_seed,
    best_attempt,
    should_retry,
)
from secondtake.models.bark.token_faults import TokenFaults

DOCUMENT = (Path(__file__).parents[3] / "docs" / "bark-mistakes.md").read_text(encoding="utf-8")
WELL = AudioFaults(5.0, False)


def attempt(
    number: int = 0,
    retake: bool = False,
    flags: int = 0,
    sounding: float = 5.0,
    audio: AudioFaults | None = WELL,
) -> Attempt:
    facts: dict[str, Any] = {"expected_seconds": 5.0, "sounding_seconds": sounding}
    token_faults = TokenFaults(250, retake, tuple("flag" for _ in range(flags)), facts)
    return Attempt(0, number, attempt_seed(1, 0, number), token_faults, audio)


def test_the_first_attempt_at_the_first_window_has_the_jobs_seed():
    assert attempt_seed(1234, 0, 0) == 1234


def test_all_other_seeds_differ_and_are_the_same_every_time():
    seeds = {attempt_seed(1234, window, number) for window in range(40) for number in range(6)}
    assert len(seeds) == 240 and all(0 <= seed < 2**31 for seed in seeds)
    assert attempt_seed(1234, 0, 1) == 1652312721
    assert attempt_seed(1235, 0, 1) != attempt_seed(1234, 0, 1)


def test_what_asks_for_no_retake_is_better_than_many_flags():
    assert best_attempt([attempt(retake=True), attempt(1, flags=5)]).number == 1
    assert best_attempt([attempt(flags=5), attempt(1, retake=True)]).number == 0


def test_a_bad_sound_counts_as_much_as_bad_tokens():
    bad = AudioFaults(5.0, True, ("hisses",))
    assert best_attempt([attempt(retake=True, audio=bad), attempt(1, audio=bad)]).number == 1
    assert attempt(audio=bad).retake and attempt(audio=bad).flags == ("hisses",)


def test_fewer_flags_then_the_likelier_length_then_the_first():
    assert best_attempt([attempt(flags=2), attempt(1, flags=1)]).number == 1
    assert best_attempt([attempt(sounding=10.0), attempt(1, sounding=4.0)]).number == 1
    assert best_attempt([attempt(sounding=0.0), attempt(1, sounding=1.0)]).number == 1
    assert best_attempt([attempt(), attempt(1)]).number == 0


def test_an_attempt_that_was_heard_is_better_than_one_that_was_given_up():
    given_up = attempt(retake=True, audio=None)
    assert best_attempt([given_up, attempt(1, retake=True, flags=3)]).number == 1
    assert best_attempt([attempt(1, retake=True, flags=3), given_up]).number == 1


def test_an_attempt_without_a_token_is_the_worst():
    empty = Attempt(0, 1, 5, TokenFaults(0, True, (), {}))
    assert best_attempt([attempt(retake=True, flags=3, audio=None), empty]).number == 0


def test_singing_again_is_bounded_and_ends_with_the_first_good_attempt():
    spoilt = [attempt(number, retake=True) for number in range(4)]
    assert should_retry([], 0) and not should_retry(spoilt[:1], 0)
    assert should_retry(spoilt[:2], 2) and not should_retry(spoilt[:3], 2)
    assert not should_retry([spoilt[0], attempt(1)], 5)


def test_the_best_of_several_is_kept():
    attempts = [attempt(0, retake=True), attempt(1, retake=True, flags=2), attempt(2, flags=1)]
    assert best_attempt(attempts).number == 2 and best_attempt(attempts[:2]).number == 0


def test_the_record_says_everything_in_json():
    bad = AudioFaults(4.0, True, ("hisses",), {"crossings": 5000})
    record = json.loads(json.dumps(attempt(1, flags=1, audio=bad).record()))
    assert record == {
        "window": 0,
        "attempt": 1,
        "seed": attempt_seed(1, 0, 1),
        "retake": True,
        "flags": ["flag", "hisses"],
        "tokens": {"expected_seconds": 5.0, "sounding_seconds": 5.0},
        "sound": {"crossings": 5000},
    }
    assert attempt(audio=None).record()["sound"] is None


def test_the_document_says_the_thresholds_that_hold():
    rows = [
        f"less sound than {tokens.QUICKEST:g} times the usual time",
        f"less than {tokens.HURRIED:g} times",
        f"longer than {tokens.TOO_LONG:g} times the usual time and {tokens.GRACE_SECONDS:g} s",
        f"first breath after {tokens.SLOWEST:g} times and {tokens.GRACE_SECONDS:g} s",
        f"sung again beyond {tokens.FAR_TOO_LONG:g} times",
        f"all {tokens.MAX_SEMANTIC_TOKENS} tokens used",
        f"at most {tokens.MAX_VALUES} different tokens among {tokens.RUN_TOKENS} (2 s)",
        f"under {tokens.LEAST_DIFFERENT:.0%} different".replace("%", " %"),
        f"one token more than {tokens.LONGEST_RUN} times in a row",
        f"{sound.NOISY_HERTZ:.0f} zero crossings a second and {sound.NOISY_FLATNESS} spec",
        f"for {sound.STATIC} s | said; sung again from {sound.LONG_STATIC} s on",
        f"median over {sound.HISSING:.0f} zero crossings",
        f"more than {faults.CLIPPED_SHARE:.2%} of the".replace("%", " %"),
        f"of a silent end {sound.RINGING} s are kept",
        f"move alike (r > {faults.PHRASE_ALIKE:g}) for at least {faults.LOOP_TIMES:g} times",
        f"under {SILENCE_DBFS:.0f} dBFS".replace("-", "−"),
        f"no fade in its last 2 ms ({faults.EDGE_DROP:.0f} dB)",
    ]
    assert [row for row in rows if row not in DOCUMENT] == []
