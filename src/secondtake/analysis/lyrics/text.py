"""Lyrics as words: normalisation, alignment, error rates, and numbers written out.

Conventions: the reference is what was to be sung, the hypothesis what a recogniser wrote. A rate is
errors per reference word (WER) or character (CER, spaces between words included), so a longer
hypothesis can make it exceed 1. Nothing here listens.
"""

import random
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from secondtake.core.letters import JOINERS
from secondtake.core.lyrics import read_lyrics

TAG = re.compile(r"\[[^\]]*\]")  # [MAN], [laughs], [Chorus]: said to the model, not sung
APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼ`´"))  # "don't" and "dont" sound the same
LIGATURES = {ord("œ"): "oe", ord("æ"): "ae"}
TILDE = "\N{COMBINING TILDE}"  # on an n it makes another letter: año is not ano
# Thai, Lao, Burmese, Khmer, kana, Han: written without spaces, so that a character is a word, as in
# the error rates of Whisper's authors.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
EDITS = ("hit", "insertion", "deletion", "substitution")
SHUFFLES = 20  # of the reference words; the floor is their mean
MAX_DIGITS = 6  # num2words takes minutes for longer ones in some languages


@dataclass(frozen=True)
class Alignment:
    """The fewest word edits that turn the reference into the hypothesis, in song order."""

    hits: int
    insertions: tuple[str, ...]  # in the hypothesis alone
    deletions: tuple[str, ...]  # in the reference alone
    substitutions: tuple[tuple[str, str], ...]  # reference, hypothesis

    @property
    def edits(self) -> int:
        return len(self.insertions) + len(self.deletions) + len(self.substitutions)

    @property
    def reference_length(self) -> int:
        """Words of the reference."""
        return self.hits + len(self.deletions) + len(self.substitutions)


def normalise(text: str) -> list[str]:
    """The words of a text, reduced to what can be heard.

    Lower case; tags in square brackets, ♪ and punctuation gone; apostrophes closed up. Accents of
    Latin letters are taken off (a recogniser writes "si" for a sung "sí"), but ñ stays a letter of
    its own. Other scripts keep their marks. A hyphen separates words; in scripts without spaces,
    every character is a word, with its marks.
    """
    spoken = unicodedata.normalize("NFKC", TAG.sub(" ", text)).casefold()
    bare = _without_accents(spoken.translate(APOSTROPHES).translate(LIGATURES))
    parts, was_unspaced = [], False
    for character in bare:
        kind = unicodedata.category(character)[0]
        if character in JOINERS:
            continue
        if kind != "M":
            is_unspaced = kind == "L" and UNSPACED.match(character) is not None
            parts.append(" " if is_unspaced or was_unspaced else "")
            was_unspaced = is_unspaced
        parts.append(character if kind in "LMN" else " ")
    return [word for word in "".join(parts).split() if _has_letter(word)]


def _has_letter(word: str) -> bool:
    return any(unicodedata.category(character)[0] in "LN" for character in word)


def lyrics_words(lyrics: str) -> list[str]:
    """The words of lyrics that are to be sung, as every model reads them (core.lyrics)."""
    return normalise(read_lyrics(lyrics).text)


def letters(words: Sequence[str]) -> list[str]:
    """Every word with the space that follows it, if its script has spaces."""
    spaced = [
        word if is_unspaced(word) and is_unspaced(after) else f"{word} "
        for word, after in pairwise(words)
    ]
    return [*spaced, *words[-1:]]


def join_words(words: Sequence[str]) -> str:
    """Words as they are written: Han, kana and the like without spaces."""
    return "".join(letters(words))


def is_unspaced(word: str) -> bool:
    """True for a word of a script without spaces."""
    return UNSPACED.match(word) is not None


def align(reference: list[str], hypothesis: list[str]) -> Alignment:
    """Pair the words off with the fewest edits."""
    places: dict[str, list[tuple[int, int]]] = {kind: [] for kind in EDITS}
    for kind, row, column in reversed(list(edit_steps(reference, hypothesis))):
        places[kind].append((row, column))
    return Alignment(
        len(places["hit"]),
        tuple(hypothesis[column] for _, column in places["insertion"]),
        tuple(reference[row] for row, _ in places["deletion"]),
        tuple((reference[row], hypothesis[column]) for row, column in places["substitution"]),
    )


def edit_steps(
    reference: Sequence[str], hypothesis: Sequence[str]
) -> Iterator[tuple[str, int, int]]:
    """Hits and fewest edits from the end on: kind, place in the reference, in the hypothesis."""
    costs = _costs(reference, hypothesis)
    row, column = len(reference), len(hypothesis)
    while row or column:
        cost = costs[row, column]
        same = bool(row and column and reference[row - 1] == hypothesis[column - 1])
        if row and column and cost == costs[row - 1, column - 1] + (not same):
            row, column = row - 1, column - 1
            yield "hit" if same else "substitution", row, column
        elif row and cost == costs[row - 1, column] + 1:
            row -= 1
            yield "deletion", row, column
        else:
            column -= 1
            yield "insertion", row, column


def _costs(reference: Sequence[str], hypothesis: Sequence[str]) -> np.ndarray:
    """Edits between every beginning of the one and of the other, (parts + 1, parts + 1)."""
    codes = {part: code for code, part in enumerate(dict.fromkeys([*reference, *hypothesis]))}
    columns = np.array([codes[part] for part in hypothesis], dtype=int)
    steps = np.arange(len(hypothesis) + 1)
    costs = np.empty((len(reference) + 1, len(hypothesis) + 1), dtype=np.int32)
    costs[0] = steps
    for row, part in enumerate(reference, 1):
        above = costs[row - 1]
        costs[row, 0] = row
        costs[row, 1:] = np.minimum(above[:-1] + (columns != codes[part]), above[1:] + 1)
        costs[row] = np.minimum.accumulate(costs[row] - steps) + steps  # then insertions
    return costs


def word_error_rate(alignment: Alignment) -> float:
    """Wrong, missing and added words per reference word. ValueError if there is none."""
    if not alignment.reference_length:
        raise ValueError("no words were expected, so that none can be wrong")
    return alignment.edits / alignment.reference_length


def character_error_rate(reference: Sequence[str], hypothesis: Sequence[str]) -> float:
    """The same per character, which forgives a wrong ending. ValueError without reference words."""
    if not reference:
        raise ValueError("no words were expected, so that none can be wrong")
    text = join_words(reference)
    return edit_distance(text, join_words(hypothesis)) / len(text)


def shuffles(reference: Sequence[str]) -> list[list[str]]:
    """The reference words in random orders: right words in the wrong places. Always the same."""
    return [[reference[place] for place in order] for order in _orders(len(reference))]


@lru_cache(maxsize=64)  # every take of a segment has as many words
def _orders(count: int) -> list[list[int]]:
    dice = random.Random(count)  # noqa: S311 - no secret; it must be the same every time
    orders = [list(range(count)) for _ in range(SHUFFLES)]
    for order in orders:
        dice.shuffle(order)
    return orders


def shuffled_error_rates(reference: Sequence[str], hypothesis: Sequence[str]) -> dict[str, float]:
    """The floor: the mean error rates (cer, wer) against the reference words in random orders."""
    orders = shuffles(reference)
    lines = [join_words(order) for order in orders]
    characters = edit_distances(lines, join_words(hypothesis))
    words = edit_distances(orders, hypothesis)
    return {
        "cer": sum(characters) / sum(map(len, lines)),
        "wer": sum(words) / sum(map(len, orders)),
    }


def edit_distance(first: Sequence[str], second: Sequence[str]) -> int:
    """Levenshtein distance of two strings, or of two lists of words."""
    return edit_distances([first], second)[0]


def edit_distances(firsts: Sequence[Sequence[str]], second: Sequence[str]) -> list[int]:
    """The distance of each of several to `second`, a column at a time in the bits of an integer.

    Myers, "A fast bit-vector algorithm for approximate string matching" (1999), in the form of
    Hyyrö (2003). They lie side by side, with an empty bit between, which takes a sum's carry.
    """
    positions: dict[str, int] = {}
    blocks, lowest, start = [], 0, 0
    for first in firsts:
        for place, part in enumerate(first, start):
            positions[part] = positions.get(part, 0) | 1 << place
        blocks.append(((1 << len(first)) - 1) << start)
        lowest |= 1 << start
        start += len(first) + 1
    everything = sum(blocks)
    rises, falls = everything, 0  # down the column: +1, -1
    for part in second:
        match = positions.get(part, 0)
        diagonal = (((match & rises) + rises) ^ rises) | match | falls
        across_up = falls | ~(diagonal | rises) & everything
        across_down = rises & diagonal & everything
        across_up = across_up << 1 | lowest
        across_down <<= 1
        rises = (across_down | ~(diagonal | across_up)) & everything
        falls = across_up & diagonal & everything
    return [
        len(second) + (rises & block).bit_count() - (falls & block).bit_count() for block in blocks
    ]


def _without_accents(text: str) -> str:
    characters: list[str] = []
    base = " "
    for character in unicodedata.normalize("NFD", text):
        if not unicodedata.combining(character):
            base = character
        elif "LATIN" in unicodedata.name(base, "") and (base, character) != ("n", TILDE):
            continue
        characters.append(character)
    return unicodedata.normalize("NFC", "".join(characters))


def spell_number(digits: str, language: str) -> list[str]:
    """The words of "42" in a language (`en`, `pt-BR`), normalised; empty if there are none.

    A recogniser writes "3" where a singer sings "tres". num2words knows some fifty languages.
    """
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS):
        return []
    from num2words import CONVERTER_CLASSES, num2words

    codes = (language.replace("-", "_"), language.split("-")[0].lower())
    code = next((code for code in codes if code in CONVERTER_CLASSES), None)
    if code is None:
        return []
    try:
        return normalise(num2words(int(digits), lang=code))
    except TypeError:  # Amharic from a thousand on
        return []


def spell_numbers(
    words: Sequence[str], other: Iterable[str], languages: Sequence[str]
) -> list[str]:
    """`words` with their numbers written out, in the language in which `other` has them.

    Only the notation changes: "3" becomes "tres" where the other side says "tres", and the first
    of the languages decides where it says neither. A number without words stays as it is.
    """
    vocabulary = set(other)
    written = []
    for word in words:
        choices = [spelling for code in languages if (spelling := spell_number(word, code))]
        fitting = [spelling for spelling in choices if vocabulary.issuperset(spelling)]
        written += next(iter([*fitting, *choices]), [word])
    return written
