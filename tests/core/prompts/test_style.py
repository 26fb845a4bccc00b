"""Who delivers the words, and whether they are sung: what a style says in many languages."""

import pytest

from secondtake.core.prompts.style import MAN, WOMAN, is_sung, singer_of


@pytest.mark.parametrize(
    "style",
    [
        "smooth male vocals, emotional, layered", "Male-fronted rock", "baritone, sparse piano",
        "voz masculina cálida", "voix d'homme", "warme Männerstimme", "voce maschile",
        "męski wokal",
        "мужской вокал", "男性ボーカル", "남성 보컬", "पुरुष स्वर", "vocal masculino", "erkek vokal",
    ],
)  # fmt: skip
def test_a_man_is_heard_of_in_every_language_of_barks(style):
    assert singer_of(style) == MAN


@pytest.mark.parametrize(
    "style",
    [
        "soft FEMALE vocals", "female-led pop", "voz femenina", "mujer, íntima", "voix féminine",
        "weibliche Stimme", "voce femminile", "voz feminina", "żeński wokal", "женский вокал",
        "女声", "여성 보컬", "महिला स्वर", "kadın vokal", "no male vocals, a woman alone",
    ],
)  # fmt: skip
def test_a_woman_is_heard_of_in_every_language_of_barks(style):
    assert singer_of(style) == WOMAN


@pytest.mark.parametrize(
    "style",
    [
        "", "warm and slow", "duet of a man and a woman", "hombre y mujer", "male-female duet",
        "tenor sax", "soprano saxophone and baritone guitar", "man-made noise", "no male vocals",
        "humanist mandolin romance", "non-female", "chanson, accordion and upright bass",
    ],
)  # fmt: skip
def test_neither_both_an_instrument_and_a_denial_say_nothing(style):
    assert singer_of(style) == ""


@pytest.mark.parametrize(
    ("kind", "style", "sung"),
    [
        ("verse", "", True),
        ("chorus", "Latin trap with tango colours", True),  # trap is no rap
        ("verse", "rapid strings, rapture", True),
        ("verse", "no rap", True),
        ("verse", "Latin rap", False),
        ("rap", "fast", False),
        ("rap", "melodic rap", True),
        ("verse", "spoken word over pads", False),
        ("verse", "recitado, íntimo", False),
        ("bridge", "whispered speech, then sung", True),
        ("verse", "male vocals, conversational, upbeat", True),
        ("verse", "conversational, a dry voice", False),
    ],
)
def test_singing_goes_before_speaking_and_speaking_before_a_conversational_tone(kind, style, sung):
    assert is_sung(kind, style) is sung
