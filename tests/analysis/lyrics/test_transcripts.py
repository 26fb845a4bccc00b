"""Transcripts: the reference, the hypothesis, and their difference in a sentence."""

import pytest

from secondtake.analysis.lyrics.text import shuffles
from secondtake.analysis.lyrics.transcripts import (
    Transcript,
    differences,
    make_transcript,
    quotation,
    recognised_json,
    recognised_lines,
)
from secondtake.core.judgments import TranscribedSpan

VERSE = tuple(
    "under the copper moon we danced until the river forgot its name and nobody asked us why"
    .split()
)  # fmt: skip
CHINESE = tuple("窗外下着雨我在等你回家灯还亮着")


def heard(lyrics: str, text: str, language: str = "es") -> Transcript:
    return make_transcript(lyrics, ["es", "en"], [TranscribedSpan(0.0, 1.0, language, text)])


def test_numbers_are_written_as_the_other_side_has_them() -> None:
    transcript = heard("Three times, 3 veces", "Tres times, tres veces")
    assert transcript.reference == ("three", "times", "tres", "veces")
    assert transcript.alignment.hits == 3


def test_what_went_wrong_is_said_in_the_order_of_the_song() -> None:
    transcript = heard(
        "[MAN] ♪ Vamos, amor y código, para siempre ♪", "Amor y codito, para siempre, you!"
    )
    sentence = "not heard: vamos; heard instead: codigo → codito; added: you"
    assert differences(transcript) == sentence


def test_nothing_went_wrong() -> None:
    assert differences(heard("Amor y código.", "amor y codigo")) == ""


def test_nothing_was_understood() -> None:
    assert differences(heard("Amor", "")) == "no word was understood"
    assert differences(heard(" ".join(VERSE), "Thank you for the watching")) == (
        "no word was understood"
    )


@pytest.mark.parametrize(
    ("lyrics", "text", "understood"),
    [
        (VERSE, VERSE[:4], True),
        (VERSE, VERSE[8:11], True),  # three words in a row
        (VERSE, ("the", "the"), False),  # a shuffle has as much
        (VERSE, ("thank", "you", "for", "watching"), False),
        (VERSE, tuple(word + "e" for word in VERSE), True),  # by its letters
        (CHINESE, CHINESE[:6], True),
        (CHINESE, tuple("谢谢你的观看"), False),
        (("amor",), ("amor",), True),
        (("amor",), ("mar",), False),
        (("te", "amo"), ("ti", "amo"), True),
        (("la",) * 12, ("la",), True),
        (("la",) * 12, ("lo",), False),
        (("la", "lo") * 6, ("la", "lo") * 6, True),
        (VERSE, (), False),
    ],
)
def test_understood_is_more_than_shuffled_lyrics_give(
    lyrics: str, text: str, understood: bool
) -> None:
    transcript = Transcript(tuple(lyrics), tuple(text), " ".join(text))
    assert transcript.is_understood is understood
    assert transcript.note.startswith("no word was understood; ") is not understood


def test_shuffled_lyrics_are_not_understood() -> None:
    orders = [tuple(order) for order in shuffles(VERSE)]
    understood = [order for order in orders if Transcript(VERSE, order, "").is_understood]
    assert len(understood) <= 2  # a shuffle of 17 words keeps three in a row now and then


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", ""),
        ("Sing,  Latin Trump.", "Sing, Latin Trump."),
        (" ".join(map(str, range(20))), " ".join(map(str, range(20)))),
        (" ".join(map(str, range(21))), " ".join(map(str, range(20))) + " …"),
        ("雨" * 200, "雨" * 120 + " …"),
        ("雨 " + "风" * 200, "雨 …"),
    ],
)
def test_a_quotation_is_short(text: str, quoted: str) -> None:
    assert quotation(text) == quoted


def test_what_was_recognised_in_sentences() -> None:
    transcript = Transcript(("amor",), ("latin", "amor"), "Latin, amor", "", ("latin",))
    values = recognised_json(transcript)
    assert values == {"words": "added: latin", "heard": "Latin, amor", "sung_prompt": ["latin"]}
    assert list(recognised_lines(values)) == [
        "Heard: Latin, amor.",
        "Words added: latin.",
        "The take sings its own prompt: 'latin'.",
    ]
    silent = recognised_json(Transcript(("amor",), (), ""))
    assert list(recognised_lines(silent)) == ["Heard: no word.", "No word was understood."]
    assert list(recognised_lines(recognised_json("nobody listened"))) == []
    assert list(recognised_lines({})) == []


def test_a_long_list_is_counted() -> None:
    words = " ".join(f"w{letter}" for letter in "abcdefghijklmnop")
    assert differences(heard(f"amor y mar {words}", "amor y mar")).endswith("wl and 4 more")


def test_words_that_nobody_was_to_sing_are_refused() -> None:
    with pytest.raises(ValueError, match="no words"):
        heard("[laughs]", "amor")
