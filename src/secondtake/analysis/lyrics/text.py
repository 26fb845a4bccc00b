"""Lyrics as words: what counts as the same, which words went wrong, and how much.

Conventions: a rate is errors per expected word (WER) or character (CER, spaces between words
included), so more was heard than was to be sung can make it exceed 1. Nothing here listens.

Numbers written out, because a recogniser writes "3" where a singer sings "tres".

English and Spanish, 0 to 99: what lyrics count with. Other numbers stay digits.
"""

import random
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

TAG = re.compile(r"\[[^\]]*\]")  # [MAN], [laughs], [Chorus]: said to the model, not sung
APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼ`´"))  # "don't" and "dont" sound the same
LIGATURES = {ord("œ"): "oe", ord("æ"): "ae"}
TILDE = "\N{COMBINING TILDE}"  # on an n it makes another letter: año is not ano
SHUFFLES = 20  # of the expected words; the floor is their mean


@dataclass(frozen=True)
class Alignment:
    """The fewest word edits that turn what was expected into what was heard, in song order."""

    hits: int
    insertions: tuple[str, ...]  # heard, not expected
    deletions: tuple[str, ...]  # expected, not heard
    substitutions: tuple[tuple[str, str], ...]  # expected, heard

    @property
    def edits(self) -> int:
        return len(self.insertions) + len(self.deletions) + len(self.substitutions)

    @property
    def expected(self) -> int:
        """How many words were expected."""
        return self.hits + len(self.deletions) + len(self.substitutions)


def normalise(text: str) -> list[str]:
    """The words of a text, reduced to what can be heard.

    Lower case; tags in square brackets, ♪ and punctuation gone; apostrophes closed up. Accents of
    Latin letters are taken off (a recogniser writes "si" for a sung "sí"), but ñ stays a letter of
    its own. Other scripts keep their marks. A hyphen separates words.
    """
    spoken = unicodedata.normalize("NFKC", TAG.sub(" ", text)).casefold()
    bare = _without_accents(spoken.translate(APOSTROPHES).translate(LIGATURES))
    return "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in bare).split()


def align(expected: list[str], heard: list[str]) -> Alignment:
    """Pair the words off with the fewest edits."""
    costs = _costs(expected, heard)
    hits, insertions, deletions, substitutions = 0, [], [], []
    row, column = len(expected), len(heard)
    while row or column:
        here, same = costs[row][column], expected[row - 1 : row] == heard[column - 1 : column]
        if row and column and here == costs[row - 1][column - 1] + (not same):
            row, column = row - 1, column - 1
            if same:
                hits += 1
            else:
                substitutions.append((expected[row], heard[column]))
        elif row and here == costs[row - 1][column] + 1:
            row -= 1
            deletions.append(expected[row])
        else:
            column -= 1
            insertions.append(heard[column])
    return Alignment(
        hits, tuple(insertions[::-1]), tuple(deletions[::-1]), tuple(substitutions[::-1])
    )


def word_error_rate(alignment: Alignment) -> float:
    """Wrong, missing and added words per expected word. ValueError if none was expected."""
    if not alignment.expected:
        raise ValueError("no words were expected, so that none can be wrong")
    return alignment.edits / alignment.expected


def character_error_rate(expected: Sequence[str], heard: Sequence[str]) -> float:
    """The same per character, which forgives a wrong ending. ValueError if none was expected."""
    if not expected:
        raise ValueError("no words were expected, so that none can be wrong")
    reference = " ".join(expected)
    return edit_distance(reference, " ".join(heard)) / len(reference)


def shuffles(expected: Sequence[str]) -> list[list[str]]:
    """The expected words in random orders: right words in the wrong places. Always the same."""
    return [[expected[place] for place in order] for order in _orders(len(expected))]


@lru_cache(maxsize=64)  # every take of a segment has as many words
def _orders(count: int) -> list[list[int]]:
    dice = random.Random(count)  # noqa: S311 - no secret; it must be the same every time
    orders = [list(range(count)) for _ in range(SHUFFLES)]
    for order in orders:
        dice.shuffle(order)
    return orders


def shuffled_error_rates(expected: Sequence[str], heard: Sequence[str]) -> dict[str, float]:
    """The floor: the mean error rates (cer, wer) against the expected words in random orders."""
    orders = shuffles(expected)
    lines = [" ".join(order) for order in orders]
    letters, words = edit_distances(lines, " ".join(heard)), edit_distances(orders, heard)
    return {
        "cer": sum(letters) / sum(map(len, lines)),
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


def _costs(expected: Sequence[str], heard: Sequence[str]) -> list[list[int]]:
    """Edits between every beginning of the one and of the other."""
    costs = [list(range(len(heard) + 1))]
    for row, word in enumerate(expected, 1):
        above, current = costs[-1], [row]
        for column, other in enumerate(heard, 1):
            replaced = above[column - 1] + (word != other)
            current.append(min(replaced, above[column] + 1, current[-1] + 1))
        costs.append(current)
    return costs


def _without_accents(text: str) -> str:
    kept: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFD", text):
        if not unicodedata.combining(character):
            base = character
        elif "LATIN" in unicodedata.name(base, "") and (base, character) != ("n", TILDE):
            continue
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))


ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SPANISH = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres "
    "veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"
).split()
SPANISH_TENS = "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()


def spelled(digits: str, language: str) -> list[str]:
    """The words of "42" in `en` or `es`, normalised; empty where they are not known."""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 2):
        return []
    number = int(digits)
    if language == "en":
        if number < len(ENGLISH):
            return [ENGLISH[number]]
        tens, unit = divmod(number, 10)
        return [ENGLISH_TENS[tens - 2], *([ENGLISH[unit]] if unit else [])]
    if language == "es":
        if number < len(SPANISH):
            return [SPANISH[number]]
        tens, unit = divmod(number, 10)
        return [SPANISH_TENS[tens - 2], *(["y", SPANISH[unit]] if unit else [])]
    return []


def written_out(words: Sequence[str], other: Iterable[str], languages: Sequence[str]) -> list[str]:
    """`words` with their numbers written out, in the language in which `other` has them.

    Only the notation changes: "3" becomes "tres" where the other side says "tres", and the first
    of the languages decides where it says neither.
    """
    known = set(other)
    written = []
    for word in words:
        choices = [spelling for code in languages if (spelling := spelled(word, code))]
        fitting = [spelling for spelling in choices if known.issuperset(spelling)]
        written += next(iter([*fitting, *choices]), [word])
    return written
