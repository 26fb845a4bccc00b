"""Transcripts: the reference, the hypothesis, and their difference in a sentence."""

import pytest

from secondtake.analysis.lyrics.asr import TranscribedSpan
from secondtake.analysis.lyrics.transcripts import differences, make_transcript


def heard(lyrics, text, language="es"):
    return make_transcript(lyrics, ["es", "en"], [TranscribedSpan(0.0, 1.0, language, text)])


def test_numbers_are_written_as_the_other_side_has_them():
    transcript = heard("Three times, 3 veces", "Tres times, tres veces")
    assert transcript.reference == ("three", "times", "tres", "veces")
    assert transcript.alignment.hits == 3


def test_what_went_wrong_is_said_in_the_order_of_the_song():
    transcript = heard(
        "[MAN] ♪ Vamos, amor y código, para siempre ♪", "Amor y codito, para siempre, you!"
    )
    sentence = "not heard: vamos; heard instead: codigo → codito; added: you"
    assert differences(transcript) == sentence


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
