"""Prompts against the seconds that a segment has: what no singing gets done is refused."""

import re

import pytest

from secondtake.core.errors import ModelError, UnsupportedError
from secondtake.core.prompts.phrasing import parse_phrases
from secondtake.core.prompts.singing_time import (
    FASTEST_RATE,
    check_duration,
    check_is_sung,
    max_words,
    singing_seconds,
)

LINE = "We laugh at the chaos, we play with the luck. "  # 10 words, 10 syllables, 2 pauses


def test_the_estimate_follows_syllables_and_pauses() -> None:
    assert singing_seconds(f"♪ {LINE} ♪") == pytest.approx(10 / 2.8 + 0.25 + 0.5)
    assert singing_seconds(LINE) == pytest.approx(10 / 4.5 + 0.25 + 0.5)
    assert singing_seconds("[laughs] hey") == pytest.approx(1.0 + 0.25 + 1 / 4.5 + 0.5)
    assert singing_seconds("") == 0


def test_words_that_fit_grow_with_the_seconds() -> None:
    sung = f"♪ {LINE * 10} ♪"
    assert max_words(singing_seconds(sung), sung) == 100
    assert max_words(14, sung) == 32
    assert max_words(28, sung) == 64
    assert max_words(14, "♪") == 0


def test_what_can_be_sung_quickly_is_not_refused() -> None:
    check_duration(f"♪ {LINE * 8} ♪", 14)  # 80 syllables, 5.7 a second: rap
    check_duration("♪", 1)


def test_what_cannot_is_refused_with_what_fits() -> None:
    with pytest.raises(ModelError) as caught:
        check_duration(f"♪ {LINE * 10} ♪", 14)
    assert caught.value.code == "unsupported"
    assert caught.value.message == "100 words asked in 14 s; about 32 fit"
    assert caught.value.hint == "shorten the lyrics, or give the segment seconds = 44"


def test_the_remedies_help() -> None:
    with pytest.raises(ModelError) as caught:
        check_duration(f"♪ {LINE * 10} ♪", 14)
    check_duration(f"♪ {LINE * 10} ♪", float(re.findall(r"\d+", caught.value.hint)[0]))
    check_duration(f"♪ {LINE * 3} ♪", 14)


def test_lyrics_beyond_the_longest_segment_are_to_be_divided() -> None:
    with pytest.raises(ModelError) as caught:
        check_duration(LINE * 600, 60)
    assert "several segments" in caught.value.hint


@pytest.mark.parametrize("prompt", ["♪", "♪ ♪", "[MAN]", "[WOMAN] ♪ ♪", "…", " "])
def test_a_prompt_in_which_nothing_is_sung_is_refused(prompt: str) -> None:
    with pytest.raises(UnsupportedError, match=r"nothing in .* is sung") as caught:
        check_is_sung(prompt)
    assert caught.value.key == "prompt" and caught.value.hint


@pytest.mark.parametrize("prompt", ["La", "♪ 你 ♪", "[laughs]", "[MAN] oh", "7"])
def test_a_word_or_a_sound_is_enough(prompt: str) -> None:
    check_is_sung(prompt)


@pytest.mark.parametrize(
    "text",
    ["aeiou y", "día poeta", "1984 7 2024", "夜が明けるまで", "今夜月亮很美", "사랑해요", "ночь",
     "שלום", "xyz"],
)  # fmt: skip
@pytest.mark.parametrize("repeats", [1, 7, 50])
def test_the_quick_look_lets_nothing_through_that_the_syllables_forbid(
    text: str, repeats: int
) -> None:
    prompt = " ".join([text] * repeats)
    needed = sum(unit.syllables for unit in parse_phrases(prompt)) / FASTEST_RATE
    check_duration(prompt, needed)
    with pytest.raises(UnsupportedError):
        check_duration(prompt, needed * 0.999)
