"""Phrases and their languages."""

import pytest

from secondtake.models.sketch.vocals import phrases_of

CHORUS = "We whisper, susurra conmigo, Whisper del futuro, amor y código."
BOTH = ("en", "es")


def test_a_code_switched_chorus() -> None:
    runs = [
        [(run.text, run.language) for run in phrase.runs] for phrase in phrases_of(CHORUS, BOTH)
    ]
    assert runs == [
        [("We whisper", "en")],
        [("susurra conmigo", "es")],
        [("Whisper", "en"), ("del futuro", "es")],
        [("amor y código", "es")],
    ]


@pytest.mark.parametrize(
    ("phrase", "language"),
    [
        ("bailamos en la oscuridad", "es"),
        ("neon lights are calling", "en"),
        ("no me digas que no", "es"),
        ("oh baby", "en"),
        ("corazón de metal", "es"),
        ("heart of gold", "en"),
        ("dreams synthetic but hearts imperfect", "en"),
        ("te quiero", "es"),
    ],
)
def test_a_phrase_has_the_language_of_its_words(phrase: str, language: str) -> None:
    for tags in (BOTH, BOTH[::-1]):
        assert phrases_of(phrase, tags)[0].runs[0].language == language


def test_other_languages_come_from_the_tags() -> None:
    assert phrases_of("bonjour le monde", ("fr",))[0].runs[0].language == "fr"


def test_no_word_is_lost_and_directions_are_not_sung() -> None:
    phrases = phrases_of("[Chorus]\n¡Hola! (softly) don't stop - 2050,\n\nla la", BOTH)
    assert [phrase.text for phrase in phrases] == ["Hola", "don't stop", "2050", "la la"]
    assert [phrase.ends_sentence for phrase in phrases] == [True, False, True, True]
    assert phrases_of("[Instrumental] …", BOTH) == []
