"""Splitting lyrics into windows: no word lost or cut, every window whole in itself."""

import re

import pytest

from secondtake.models.bark.lyrics import LONGEST_SECONDS, MAX_TEXT_TOKENS, split_lyrics

LINE = "We laugh at the chaos, we play with the luck. "  # 10 words, 10 syllables, 2 pauses


SPANISH = (
    "¿Quién susurra conmigo? ¡Nadie más que tú! Las luces de la ciudad se apagan una a una. "
    "Queda un acordeón que respira en la esquina… y la noche no quiere terminar."
)
ENGLISH = (
    "We laugh at the chaos, we play with the luck. Dreams synthetic but hearts imperfect! "
    'Did you hear the "whisper." It costs 3.5 tears a night. Sing it again, one more time.'
)
MIXED = f"{SPANISH} {ENGLISH}"


def words(text: str) -> list[str]:
    return re.sub(r"♪|\[[^\]]*\]", " ", text).split()


def texts(prompt: str, longest: float = LONGEST_SECONDS) -> list[str]:
    return [window.text for window in split_lyrics(prompt, longest)]


@pytest.mark.parametrize(
    "prompt",
    [
        "[MAN] ♪ We whisper, susurra conmigo, Whisper del futuro, amor y código. ♪",
        "♪ never closed",
        "[laughs]",
    ],
)
def test_what_fits_is_left_as_written(prompt: str) -> None:
    assert texts(prompt) == [prompt]


def test_nothing_gives_no_window() -> None:
    assert split_lyrics("  \n ") == []


@pytest.mark.parametrize("text", [SPANISH, ENGLISH, MIXED, MIXED.replace(". ", ".\n") * 20])
@pytest.mark.parametrize("longest", [2.0, 4.0, LONGEST_SECONDS])
def test_no_word_is_lost_cut_or_moved(text: str, longest: float) -> None:
    windows = split_lyrics(text, longest)
    assert words(" ".join(window.text for window in windows)) == words(text)
    assert all(window.words and window.seconds <= longest for window in windows)


def test_windows_end_with_sentences_where_they_can() -> None:
    windows = split_lyrics(SPANISH, 9.0)
    assert [window.text for window in windows] == [
        "¿Quién susurra conmigo? ¡Nadie más que tú! Las luces de la ciudad se apagan una a una.",
        "Queda un acordeón que respira en la esquina… y la noche no quiere terminar.",
    ]
    assert [window.ends for window in windows] == ["sentence", "sentence"]
    assert [window.words for window in windows] == [17, 14]


def test_a_number_an_abbreviation_or_a_closing_quote_ends_no_sentence_early() -> None:
    windows = split_lyrics(ENGLISH, 4.0)
    assert "It costs 3.5 tears a night." in [window.text for window in windows]
    assert any(window.text.endswith('whisper."') for window in windows)
    windows = split_lyrics(
        "Baila el Sr. López sin parar. Canta la Dra. Ruiz, etc. y nada más.", 3.1
    )
    assert [window.text for window in windows] == [
        "Baila el Sr. López sin parar.",
        "Canta la Dra. Ruiz, etc. y nada más.",
    ]


def test_lines_end_windows_and_so_do_empty_ones() -> None:
    windows = split_lyrics("Sombra en el mar\nluz en la arena\n\ncanta la noche entera", 2.5)
    assert [(window.text, window.ends) for window in windows] == [
        ("Sombra en el mar", "line"),
        ("luz en la arena", "sentence"),
        ("canta la noche entera", "sentence"),
    ]


@pytest.mark.parametrize(
    "prompt",
    [
        "one two three four five six, seven eight nine ten eleven twelve",
        "one two three four five six — seven eight nine ten eleven twelve",
        "one two three four five six «seven eight nine ten eleven twelve»",
        "one two three four five six… seven eight nine ten eleven twelve",
        "one two three four five six ¿seven eight nine ten eleven twelve?",
    ],
)
def test_a_long_sentence_is_split_where_one_breathes(prompt: str) -> None:
    first, second = split_lyrics(prompt, 3.0)
    assert re.match("one two three four five six", first.text) and first.ends == "breath"
    assert second.text.lstrip("«¿").startswith("seven")


def test_without_a_breath_it_is_split_between_words_but_not_after_a_small_one() -> None:
    first, second = split_lyrics("Summer falls upon the river over all the silent mountains", 2.4)
    assert first.ends == "word"
    assert first.text.split()[-1] not in ("the", "all", "upon") and second.words


def test_windows_are_about_equally_full() -> None:
    windows = split_lyrics(" ".join(f"Word{n} here again." for n in range(10)), 11.0)
    assert [window.words for window in windows] == [15, 15]


def test_notes_are_balanced_and_the_singer_is_carried() -> None:
    windows = texts(f"[WOMAN] ♪ {SPANISH} ♪", 6.0)
    assert len(windows) > 2
    assert all(window.startswith("[WOMAN] ♪ ") for window in windows)
    assert all(window.endswith(" ♪") and window.count("♪") == 2 for window in windows)


def test_a_note_that_is_never_closed_is_closed_in_every_window() -> None:
    assert all(window.count("♪") == 2 for window in texts(f"♪ {ENGLISH}", 6.0))


def test_speech_between_songs_stays_speech_and_takes_less_time() -> None:
    text = "♪ La la la la la. ♪ Now listen to me well. ♪ Oh oh oh oh oh oh oh oh. ♪"
    assert texts(text, 5.0) == [
        "♪ La la la la la. ♪ Now listen to me well.",
        "♪ Oh oh oh oh oh oh oh oh. ♪",
    ]
    (sung,), (spoken,) = split_lyrics("♪ La la la la la. ♪"), split_lyrics("La la la la la.")
    assert sung.seconds > spoken.seconds


def test_another_singer_starts_another_window() -> None:
    assert texts("[MAN] I call. [WOMAN] I answer you. [man] We end here, both of us.", 4.0) == [
        "[MAN] I call.",
        "[WOMAN] I answer you.",
        "[man] We end here, both of us.",
    ]


def test_a_tag_is_whole_and_never_alone() -> None:
    windows = texts(f"[clears throat] {ENGLISH} [laughs]", 3.0)
    assert windows[0].startswith("[clears throat] We")
    assert windows[-1].endswith("time. [laughs]") and len(words(windows[-1])) > 0


def test_languages_written_without_spaces() -> None:
    assert texts("夜が明ける。君の声が聞こえる。もう一度歌って。", 4.0) == [
        "夜が明ける。",
        "君の声が聞こえる。",
        "もう一度歌って。",
    ]


def test_no_window_has_more_tokens_than_bark_reads() -> None:
    text = "Supercalifragilistic words. " * 11  # all of it is spoken in 20 s
    windows = split_lyrics(text, longest=60.0, count_tokens=len)
    assert len(windows) > 1 and all(len(window.text) <= MAX_TEXT_TOKENS for window in windows)
    assert len(split_lyrics(text, longest=60.0, count_tokens=lambda text: len(text) // 2)) == 1


def test_a_word_longer_than_a_window_stays_whole() -> None:
    long = "la" * 40
    assert texts(f"Oh {long} yeah", 4.0) == ["Oh", long, "yeah"]


def test_punctuation_that_stands_alone_is_kept() -> None:
    text = "Oh — yes! « Non » [ maybe ¿"
    assert " ".join(texts(text, 1.0)) == text
