"""Lyrics against the seconds that a segment has."""

import re

import pytest

from secondtake.errors import ModelError
from secondtake_models.bark.words.fitting import check_fits, seconds_of, words_that_fit

LINE = "We laugh at the chaos, we play with the luck. "  # 10 words, 10 syllables, 2 pauses


def test_the_estimate_follows_syllables_and_pauses() -> None:
    assert seconds_of(f"♪ {LINE} ♪") == pytest.approx(10 / 2.8 + 0.25 + 0.5)
    assert seconds_of(LINE) == pytest.approx(10 / 4.5 + 0.25 + 0.5)
    assert seconds_of("[laughs] hey") == pytest.approx(1.0 + 0.25 + 1 / 4.5 + 0.5)
    assert seconds_of("") == 0


def test_words_that_fit_grow_with_the_seconds() -> None:
    sung = f"♪ {LINE * 10} ♪"
    assert words_that_fit(seconds_of(sung), sung) == 100
    assert words_that_fit(14, sung) == 32
    assert words_that_fit(28, sung) == 64
    assert words_that_fit(14, "♪") == 0


def test_what_can_be_sung_quickly_is_not_refused() -> None:
    check_fits(f"♪ {LINE * 8} ♪", 14)  # 80 syllables, 5.7 a second: rap
    check_fits("♪", 1)


def test_what_cannot_is_refused_with_what_fits() -> None:
    with pytest.raises(ModelError) as told:
        check_fits(f"♪ {LINE * 10} ♪", 14)
    assert told.value.code == "unsupported"
    assert told.value.message == "100 words asked in 14 s; about 32 fit"
    assert told.value.hint == "shorten the lyrics, or give the segment seconds = 44"


def test_the_remedies_help() -> None:
    with pytest.raises(ModelError) as told:
        check_fits(f"♪ {LINE * 10} ♪", 14)
    check_fits(f"♪ {LINE * 10} ♪", float(re.findall(r"\d+", told.value.hint)[0]))
    check_fits(f"♪ {LINE * 3} ♪", 14)


def test_lyrics_beyond_the_longest_segment_are_to_be_divided() -> None:
    with pytest.raises(ModelError) as told:
        check_fits(LINE * 600, 60)
    assert "several segments" in told.value.hint
