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
    """What they are is core.lyrics' to say; words in round brackets are a second voice's."""
    assert [p.text for p in phrases_of("Stay (oh yeah) ~", BOTH)] == ["Stay", "oh yeah"]
    phrases = phrases_of("[Chorus]\n¡Hola! (softly) don't stop - 2050,\n\nla la", BOTH)
    assert [phrase.text for phrase in phrases] == ["Hola", "don't stop", "2050", "la la"]
    assert [phrase.ends_sentence for phrase in phrases] == [True, False, True, True]
    assert phrases_of("[Instrumental] …", BOTH) == []


@pytest.mark.parametrize(
    ("lyrics", "texts"),
    [
        ("深秋的垂柳，走一走。\n看", ["深秋的垂柳", "走一走", "看"]),
        ("रात आती है। क्षण", ["रात आती है", "क्षण"]),
        ("夜が、「君」の声！", ["夜が", "君", "の声"]),
        ("مرحبا، يا ليل؟", ["مرحبا", "يا ليل"]),
        ("De\u0301jame son\u0303ar", ["Déjame soñar"]),
    ],
)
def test_phrases_end_at_the_marks_of_every_script(lyrics: str, texts: list[str]) -> None:
    assert [phrase.text for phrase in phrases_of(lyrics, ("zh",))] == texts
