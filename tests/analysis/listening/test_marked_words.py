"""Words for a reader: which were right, which wrong, which missed."""

import pytest

from secondtake.analysis.listening.marked_words import MarkedWord, marked_words
from secondtake.analysis.lyrics.transcripts import make_transcript
from secondtake.core.judgments import TranscribedSpan

VERSE = "Under the copper moon we danced until the river forgot its name"


def marked(lyrics: str, text: str, language: str = "es") -> tuple[MarkedWord, ...]:
    spans = [TranscribedSpan(0.0, 1.0, language, text)]
    return marked_words(make_transcript(lyrics, [language], spans), lyrics)


def states(words: tuple[MarkedWord, ...]) -> str:
    return " ".join({"right": "", "wrong": "+", "missed": "-"}[state] + w for w, state in words)


def test_right_wrong_and_missed_words_stand_in_the_order_of_the_song() -> None:
    words = marked(
        "[MAN] ♪ Vamos, ¡amor y código!, para siempre ♪", "Amor y codito, para siempre, you!"
    )
    assert states(words) == "-Vamos amor y -código +codito para siempre +you"


def test_all_right() -> None:
    assert states(marked("Don't go, 'cause — señor", "dont go cause senor señor")) == (
        "Don't go cause +senor señor"
    )


def test_where_nothing_was_understood_a_hit_by_chance_is_none() -> None:
    words = marked(VERSE, "Thank you for the watching", "en")
    assert states(words) == (
        " ".join(f"-{word}" for word in VERSE.split()) + " +Thank +you +for +the +watching"
    )


def test_no_voice_is_all_missed() -> None:
    assert states(marked("Amor y código", "")) == "-Amor -y -código"


@pytest.mark.parametrize(
    ("lyrics", "text", "expected"),
    [
        ("Three times, 3 veces", "Tres times, tres veces", "-three +Tres times tres veces"),
        ("Well-known", "well known", "well known"),
        ("窗外下雨", "窗外下雪", "窗 外 下 -雨 +雪"),
        ("(oh) amor — mío", "oh amor mio", "oh amor mío"),
    ],
)
def test_spellings(lyrics: str, text: str, expected: str) -> None:
    """Numbers written out, hyphens, words without spaces, punctuation by itself."""
    assert states(marked(lyrics, text)) == expected
