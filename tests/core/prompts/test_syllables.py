"""Counting syllables in words whose syllables are known."""

import pytest

from secondtake.core.prompts.syllables import count_words, sounds_spanish, syllables


@pytest.mark.parametrize(
    "word, count",
    [
        ("love", 1), ("the", 1), ("little", 2), ("played", 1), ("wanted", 2), ("makes", 1),
        ("dances", 2), ("beautiful", 3), ("whisper", 2), ("imperfect", 3), ("you", 1), ("we're", 1),
    ],
)  # fmt: skip
def test_english(word: str, count: int) -> None:
    assert syllables(word, spanish=False) == count


@pytest.mark.parametrize(
    "word, count",
    [
        ("noche", 2), ("corazón", 3), ("ciudad", 2), ("día", 2), ("poeta", 3), ("caos", 2),
        ("guitarra", 3), ("que", 1), ("y", 1), ("leyes", 2), ("código", 3), ("acordeón", 4),
    ],
)  # fmt: skip
def test_spanish(word: str, count: int) -> None:
    assert syllables(word, spanish=True) == count


def test_other_scripts_and_numbers() -> None:
    assert syllables("ちょっと", spanish=False) == 3  # small letters share the beat before them
    assert syllables("夜", spanish=False, japanese=True) == 2
    assert syllables("夜", spanish=False) == 1
    assert syllables("사랑", spanish=False) == 2
    assert syllables("любовь", spanish=False) == 2
    assert syllables("3.5", spanish=False) == 4
    assert syllables("—", spanish=True) == 0
    assert syllables("hmm", spanish=False) == 1


def test_tags_and_notes_are_no_words() -> None:
    assert count_words("[laughs] ha ha ♪ — !") == 2
    assert count_words("夜が明ける。") == 5


def test_the_language_of_a_phrase() -> None:
    assert sounds_spanish("susurra conmigo".split(), otherwise=False)
    assert sounds_spanish("las luces de la ciudad".split(), otherwise=False)
    assert not sounds_spanish("we play with the luck".split(), otherwise=True)
    assert sounds_spanish(["♪"], otherwise=True) and not sounds_spanish(["♪"], otherwise=False)
