"""Numbers as words, in the language in which the other side has them."""

import pytest

from secondtake_analysis.lyrics.numerals import spelled, written_out


@pytest.mark.parametrize(
    ("digits", "language", "words"),
    [
        ("0", "es", "cero"), ("3", "en", "three"), ("16", "es", "dieciseis"),
        ("19", "en", "nineteen"), ("20", "en", "twenty"), ("29", "es", "veintinueve"),
        ("30", "es", "treinta"), ("42", "es", "cuarenta y dos"), ("99", "en", "ninety nine"),
        ("100", "en", ""), ("3", "fr", ""), ("three", "en", ""), ("٣", "en", ""), ("²", "en", ""),
    ],
)  # fmt: skip
def test_numbers_are_spelled(digits, language, words):
    assert " ".join(spelled(digits, language)) == words


def test_every_number_has_words_of_its_own():
    for language in ("en", "es"):
        assert len({tuple(spelled(str(n), language)) for n in range(100)}) == 100


def test_the_other_side_decides_the_language_and_the_first_one_where_it_cannot():
    assert written_out(["3", "veces"], ["tres", "veces"], ["en", "es"]) == ["tres", "veces"]
    assert written_out(["3", "veces"], ["dos", "veces"], ["en", "es"]) == ["three", "veces"]
    assert written_out(["3", "veces"], ["3", "veces"], []) == ["3", "veces"]
    assert written_out(["31"], ["treinta", "y", "uno"], ["es"]) == ["treinta", "y", "uno"]
    assert written_out(["1984"], ["x"], ["es"]) == ["1984"]
