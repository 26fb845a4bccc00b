"""Lyrics as words: what counts as the same, which words went wrong, and how much.

Conventions: a rate is errors per expected word (WER) or character (CER, spaces between words
included), so more was heard than was to be sung can make it exceed 1. Nothing here listens.
"""

import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

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


def shuffled_error_rate(expected: Sequence[str], heard: Sequence[str]) -> float:
    """The floor: the mean character error rate against the expected words in random orders.

    This is what right words in the wrong places are worth. The orders are the same every time.
    """
    dice = random.Random(len(expected))  # noqa: S311 - no secret; it must be the same every time
    rates = []
    for _ in range(SHUFFLES):
        order = list(expected)
        dice.shuffle(order)
        rates.append(character_error_rate(order, heard))
    return sum(rates) / len(rates)


def edit_distance(first: str, second: str) -> int:
    """Levenshtein distance in characters, a whole column at a time in the bits of an integer.

    Myers, "A fast bit-vector algorithm for approximate string matching" (1999), in the form of
    Hyyrö (2003) for the distance of whole strings.
    """
    if not first or not second:
        return len(first) + len(second)
    positions: dict[str, int] = {}
    for place, character in enumerate(first):
        positions[character] = positions.get(character, 0) | 1 << place
    everything, last = (1 << len(first)) - 1, 1 << (len(first) - 1)
    rises, falls, distance = everything, 0, len(first)  # down the column: +1, -1
    for character in second:
        match = positions.get(character, 0)
        diagonal = (((match & rises) + rises) ^ rises) | match | falls
        across_up = falls | ~(diagonal | rises) & everything
        across_down = rises & diagonal
        distance += bool(across_up & last) - bool(across_down & last)
        across_up = across_up << 1 | 1
        across_down <<= 1
        rises = (across_down | ~(diagonal | across_up)) & everything
        falls = across_up & diagonal & everything
    return distance


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
