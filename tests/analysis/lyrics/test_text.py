"""Numbers as words, normalised words, and counts of errors that were made on purpose."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondtake.analysis.lyrics.text import (
    Alignment,
    align,
    character_error_rate,
    edit_distance,
    edit_distances,
    join_words,
    lyrics_words,
    normalise,
    shuffled_error_rates,
    shuffles,
    spell_number,
    spell_numbers,
    word_error_rate,
)


@pytest.mark.parametrize(
    ("digits", "language", "words"),
    [
        ("0", "es", "cero"), ("3", "en", "three"), ("16", "es", "dieciseis"),
        ("19", "en", "nineteen"), ("20", "en", "twenty"), ("29", "es", "veintinueve"),
        ("30", "es", "treinta"), ("42", "es", "cuarenta y dos"), ("99", "en", "ninety nine"),
        ("100", "en", "one hundred"), ("80", "fr", "quatre vingts"), ("42", "de", "zweiundvierzig"),
        ("16", "pt-BR", "dezesseis"), ("1984", "es", "mil novecientos ochenta y cuatro"),
        ("3", "tlh", ""), ("1984", "am", ""), ("9" * 7, "en", ""),
        ("three", "en", ""), ("٣", "en", ""), ("²", "en", ""),
    ],
)  # fmt: skip
def test_numbers_are_spelled(digits: str, language: str, words: str) -> None:
    assert " ".join(spell_number(digits, language)) == words


def test_every_number_has_words_of_its_own() -> None:
    for language in ("en", "es"):
        assert len({tuple(spell_number(str(n), language)) for n in range(100)}) == 100


def test_the_other_side_decides_the_language_and_the_first_one_where_it_cannot() -> None:
    assert spell_numbers(["3", "veces"], ["tres", "veces"], ["en", "es"]) == ["tres", "veces"]
    assert spell_numbers(["3", "veces"], ["dos", "veces"], ["en", "es"]) == ["three", "veces"]
    assert spell_numbers(["3", "veces"], ["3", "veces"], []) == ["3", "veces"]
    assert spell_numbers(["31"], ["treinta", "y", "uno"], ["es"]) == ["treinta", "y", "uno"]
    assert spell_numbers(["1984"], ["x"], ["tlh"]) == ["1984"]


CHORUS = normalise("We whisper, susurra conmigo, Whisper del futuro, amor y código.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("We WHISPER, susurra\nconmigo!", "we whisper susurra conmigo"),
        ("[MAN] ♪ Amor y código. ♪ [laughs]", "amor y codigo"),
        ("¿Sí? ¡Está aquí…!", "si esta aqui"),
        ("el año no es ano; ñandú, AN\N{COMBINING TILDE}O", "el año no es ano ñandu año"),
        ("Don't, don’t, dontʼ we'll", "dont dont dont well"),
        ("L'eau, le cœur, ça", "leau le coeur ca"),
        ("mid-night—train/home", "mid night train home"),
        ("Straße", "strasse"),
        ("ﬁre ｆｕｌｌ", "fire full"),
        ("3 veces, 42%", "3 veces 42"),
        ("(oh yeah)", "oh yeah"),
        ("が й हिन्दी", "が й हिन्दी"),
        ("窗外，下着雨。love你", "窗 外 下 着 雨 love 你"),
        ("ยินดี 3 ครั้ง", "ยิ น ดี 3 ค รั้ ง"),
        ("♪ … [music] —", ""),
        ("", ""),
    ],
)
def test_what_can_be_heard_is_left(text: str, words: str) -> None:
    assert " ".join(normalise(text)) == words


@pytest.mark.parametrize("text", ["窗外下着雨 oh oh 下雨", "we whisper", "ยินดี", ""])
def test_words_are_written_with_the_spaces_of_their_script(text: str) -> None:
    assert join_words(normalise(text)) == text


def test_chinese_is_compared_by_characters_and_without_the_spaces_of_a_recogniser() -> None:
    lyrics, heard = normalise("窗外下着雨我在等你"), normalise("窗外 下着雪，我在等你")
    assert character_error_rate(lyrics, heard) == word_error_rate(align(lyrics, heard)) == 1 / 9
    assert shuffled_error_rates(lyrics, heard)["wer"] > 0.6


@pytest.mark.parametrize(
    ("line", "words"),
    [("Chorus:", ""), ("[Verse 2]", ""), ("## Intro", ""), ("Chorus", ""), ("Bridge", "bridge"),
     ("Bridge over water", "bridge over water")],
)  # fmt: skip
def test_a_line_that_names_a_section_is_not_sung(line: str, words: str) -> None:
    assert " ".join(lyrics_words(f"{line}\nAmor")) == f"{words} amor".strip()


def test_what_is_normalised_stays_as_it_is() -> None:
    assert normalise(" ".join(CHORUS)) == CHORUS


def test_errors_made_on_purpose_are_found_and_listed_in_order() -> None:
    hypothesis = "oh we whisper susurro conmigo del futuro amor y amor y codigo".split()
    alignment = align(CHORUS, hypothesis)
    assert alignment.deletions == ("whisper",)
    assert alignment.substitutions == (("susurra", "susurro"),)
    assert sorted(alignment.insertions) == ["amor", "oh", "y"] and alignment.insertions[0] == "oh"
    assert (alignment.hits, alignment.edits, alignment.reference_length) == (8, 5, 10)
    assert word_error_rate(alignment) == 0.5


@pytest.mark.parametrize(
    ("heard", "wer", "cer"),
    [(CHORUS, 0.0, 0.0), ([], 1.0, 1.0), ([*CHORUS, *CHORUS], 1.0, 60 / 59)],
)
def test_all_nothing_and_everything_twice(heard: list[str], wer: float, cer: float) -> None:
    assert len(" ".join(CHORUS)) == 59
    assert word_error_rate(align(CHORUS, heard)) == wer
    assert character_error_rate(CHORUS, heard) == pytest.approx(cer)


def test_a_wrong_ending_costs_a_word_but_only_a_letter() -> None:
    assert word_error_rate(align(["codigo"], ["codiga"])) == 1.0
    assert character_error_rate(["codigo"], ["codiga"]) == pytest.approx(1 / 6)


def test_words_run_together_cost_the_space() -> None:
    assert edit_distance("del futuro", "delfuturo") == 1


@pytest.mark.parametrize("rate", [character_error_rate, lambda a, b: word_error_rate(align(a, b))])
def test_a_rate_of_no_expected_words_is_refused(
    rate: Callable[[list[str], list[str]], float],
) -> None:
    with pytest.raises(ValueError, match="no words were expected"):
        rate([], ["you"])


def test_right_words_in_wrong_places_are_the_floor() -> None:
    floor = shuffled_error_rates(CHORUS, CHORUS)
    assert 0.5 < floor["cer"] < 0.95 and 0.7 < floor["wer"] <= 1.1
    assert floor == shuffled_error_rates(CHORUS, CHORUS)  # the same orders every time
    assert shuffled_error_rates(CHORUS, []) == {"cer": 1.0, "wer": 1.0}
    assert shuffled_error_rates(["amor"], ["amor"]) == {"cer": 0.0, "wer": 0.0}  # one order only


def test_a_shuffle_loses_no_word() -> None:
    orders = shuffles(CHORUS)
    assert len({tuple(order) for order in orders}) > 15
    assert all(sorted(order) == sorted(CHORUS) for order in orders)


def plain_distance(first: str, second: str) -> int:
    """Levenshtein's distance as every textbook has it."""
    above = list(range(len(second) + 1))
    for row, character in enumerate(first, 1):
        current = [row]
        for column, other in enumerate(second, 1):
            replaced = above[column - 1] + (character != other)
            current.append(min(replaced, above[column] + 1, current[-1] + 1))
        above = current
    return above[-1]


TEXTS = st.text("ab ñ", max_size=90)


@given(TEXTS, TEXTS)
def test_the_quick_distance_is_the_plain_one(first: str, second: str) -> None:
    assert edit_distance(first, second) == plain_distance(first, second)


@given(st.lists(TEXTS, max_size=5), TEXTS)
def test_several_distances_at_once_do_not_disturb_each_other(
    firsts: list[str], second: str
) -> None:
    assert edit_distances(firsts, second) == [plain_distance(first, second) for first in firsts]


WORDS = st.lists(st.sampled_from(["la", "lo", "mar", "sol"]), max_size=12)


@given(WORDS, WORDS)
def test_an_alignment_accounts_for_every_word(expected: list[str], heard: list[str]) -> None:
    alignment = align(expected, heard)
    assert isinstance(alignment, Alignment)
    assert alignment.reference_length == len(expected)
    assert alignment.hits + len(alignment.insertions) + len(alignment.substitutions) == len(heard)
    letters = {word: chr(ord("a") + place) for place, word in enumerate(["la", "lo", "mar", "sol"])}
    as_text = ["".join(letters[word] for word in words) for words in (expected, heard)]
    assert alignment.edits == plain_distance(*as_text)
    assert all(one != other for one, other in alignment.substitutions)
