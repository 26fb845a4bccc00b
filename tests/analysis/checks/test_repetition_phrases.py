from dataclasses import replace

import numpy as np
import pytest

from secondtake.analysis.checks.expectations import Expectations
from secondtake.analysis.checks.repetition import has_refrain, phrase

RATE = 24_000
BARK = Expectations("bark", RATE, 1, 12_000.0, False, True, True, "one line", 9.0, "", 0, ())
FLAGS = ("the same 1.2 s 3.4 times over, from 1.0 s on", "1.20 s repeated 4.0 times from 2 s on")


@pytest.fixture
def twice(babble, spectrogram):
    said, other = babble(2.5, RATE), babble(3, RATE, seed=3)
    return spectrogram(np.concatenate([said, other, said]), RATE)


@pytest.fixture
def once(babble, spectrogram):
    return spectrogram(babble(8, RATE), RATE)


def test_a_phrase_sung_again_warns_with_its_places(twice):
    check = phrase(twice, BARK)
    assert check.verdict == "warn"
    assert check.figure == pytest.approx(2.5, abs=0.4)
    assert "come again 5.5 s later" in check.note


def test_a_refrain_in_the_lyrics_makes_it_a_hint(twice):
    check = phrase(twice, replace(BARK, lyrics="la la la la, oh"))
    assert check.verdict == "pass"
    assert "the lyrics repeat words too" in check.note


def test_what_is_sung_once_passes(once):
    assert phrase(once, BARK).verdict == "pass"
    assert phrase(once, replace(BARK, flags=("static for 0.6 s from 1 s on",))).verdict == "pass"


@pytest.mark.parametrize("flag", FLAGS)
def test_a_loop_that_the_page_noticed_warns(once, flag):
    check = phrase(once, replace(BARK, flags=(flag,)))
    assert (check.verdict, check.note) == ("warn", flag)


@pytest.mark.parametrize(
    ("lyrics", "refrain"),
    [
        ("", False),
        ("one two three four", False),
        ("Neon rain,\nneon rain", False),
        ("sing me home\nand again: SING me home", True),
    ],
)
def test_three_words_that_come_twice_are_a_refrain(lyrics, refrain):
    assert has_refrain(lyrics) == refrain
