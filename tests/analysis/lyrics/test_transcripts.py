"""Words beside words: what was expected, what was understood, and the difference in a sentence."""

import pytest

from secondtake.analysis.lyrics.asr import Stretch
from secondtake.analysis.lyrics.transcripts import differences, understanding


def heard(lyrics, text, language="es"):
    return understanding(lyrics, ["es", "en"], [Stretch(0.0, 1.0, language, text)])


def test_numbers_are_written_as_the_other_side_has_them():
    found = heard("Three times, 3 veces", "Tres times, tres veces")
    assert found.expected == ("three", "times", "tres", "veces")
    assert found.alignment.hits == 3


def test_what_went_wrong_is_said_in_the_order_of_the_song():
    found = heard(
        "[MAN] ♪ Vamos, amor y código, para siempre ♪", "Amor y codito, para siempre, you!"
    )
    told = "not heard: vamos; heard instead: codigo → codito; added: you"
    assert differences(found) == told


def test_nothing_went_wrong():
    assert differences(heard("Amor y código.", "amor y codigo")) == ""


def test_nothing_was_understood():
    assert differences(heard("Amor", "")) == "no word was understood"


def test_a_long_list_is_counted():
    words = " ".join(f"w{letter}" for letter in "abcdefghijklmnop")
    assert differences(heard(f"amor {words}", "amor")).endswith("wl and 4 more")


def test_words_that_nobody_was_to_sing_are_refused():
    with pytest.raises(ValueError, match="no words"):
        heard("[laughs]", "amor")
