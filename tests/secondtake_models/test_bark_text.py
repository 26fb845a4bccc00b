"""Splitting lyrics into windows: no word lost or cut, every window whole in itself."""

import re

import pytest

from secondtake_models.bark.lyrics import WORDS_PER_WINDOW, count_words, split_lyrics

SPANISH = (
    "¿Quién susurra conmigo? ¡Nadie más que tú! Las luces de la ciudad se apagan una a una. "
    "Queda un acordeón que respira en la esquina… y la noche no quiere terminar."
)
ENGLISH = (
    "We laugh at the chaos, we play with the luck. Dreams synthetic but hearts imperfect! "
    'Did you hear the "whisper." It costs 3.5 tears a night. Sing it again, one more time.'
)


def words(text: str) -> list[str]:
    return re.sub(r"♪|\[[^\]]*\]", " ", text).split()


def test_what_fits_is_left_as_written() -> None:
    prompt = "[MAN] ♪ We whisper, susurra conmigo, Whisper del futuro, amor y código. ♪"
    assert split_lyrics(prompt) == [prompt]


def test_nothing_gives_no_window() -> None:
    assert split_lyrics("  \n ") == []


@pytest.mark.parametrize("text", [SPANISH, ENGLISH, SPANISH + "\n" + ENGLISH])
@pytest.mark.parametrize("limit", [4, 9, WORDS_PER_WINDOW])
def test_no_word_is_lost_cut_or_moved(text: str, limit: int) -> None:
    windows = split_lyrics(text, limit)
    assert words(" ".join(windows)) == words(text)
    assert all(0 < count_words(window) <= limit for window in windows)


def test_windows_end_with_sentences_where_they_can() -> None:
    windows = split_lyrics(SPANISH, 17)
    assert windows == [
        "¿Quién susurra conmigo? ¡Nadie más que tú! Las luces de la ciudad se apagan una a una.",
        "Queda un acordeón que respira en la esquina… y la noche no quiere terminar.",
    ]


def test_a_number_or_a_closing_quote_ends_no_sentence_early() -> None:
    windows = split_lyrics(ENGLISH, 9)
    assert "It costs 3.5 tears a night." in windows
    assert any(window.endswith('whisper."') for window in windows)


def test_a_long_sentence_is_split_between_phrases_then_words() -> None:
    windows = split_lyrics("one two three four, five six seven eight nine ten eleven twelve", 4)
    assert windows == ["one two three four,", "five six seven eight", "nine ten eleven twelve"]


def test_windows_are_about_equally_full() -> None:
    windows = split_lyrics(" ".join(f"Word{n} here again." for n in range(10)), 27)
    assert [count_words(window) for window in windows] == [15, 15]


def test_notes_are_balanced_and_the_singer_is_carried() -> None:
    text = f"[WOMAN] ♪ {SPANISH} ♪"
    windows = split_lyrics(text, 10)
    assert len(windows) > 2
    assert all(window.startswith("[WOMAN] ♪ ") for window in windows)
    assert all(window.endswith(" ♪") and window.count("♪") == 2 for window in windows)


def test_a_note_that_is_never_closed_is_closed_in_every_window() -> None:
    windows = split_lyrics(f"♪ {ENGLISH}", 10)
    assert all(window.count("♪") == 2 for window in windows)


def test_speech_between_songs_stays_speech() -> None:
    text = "♪ La la la la la. ♪ Now listen to me well. ♪ Oh oh oh oh oh. ♪"
    assert split_lyrics(text, 10) == [
        "♪ La la la la la. ♪ Now listen to me well.",
        "♪ Oh oh oh oh oh. ♪",
    ]


def test_another_singer_starts_another_window() -> None:
    windows = split_lyrics("[MAN] I call. [WOMAN] I answer you. [man] We end here, both of us.", 8)
    assert windows == [
        "[MAN] I call.",
        "[WOMAN] I answer you.",
        "[man] We end here, both of us.",
    ]


def test_other_tags_are_kept_and_are_no_words() -> None:
    assert count_words("[laughs] ha ha ♪ — !") == 2
    assert "[laughs]" in " ".join(split_lyrics(f"[laughs] {ENGLISH}", 9))


def test_languages_written_without_spaces() -> None:
    windows = split_lyrics("夜が明ける。君の声が聞こえる。もう一度歌って。", 10)
    assert windows == ["夜が明ける。", "君の声が聞こえる。", "もう一度歌って。"]
