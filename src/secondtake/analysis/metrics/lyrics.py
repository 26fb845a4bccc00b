"""Lyrics: how much of the words a recogniser understands that never sees them.

Measured on words, not on features: what was heard of a take and of its original comes from the
files that `invoke understand` writes (docs/lyrics.md). The floor is the same lyrics with their
words shuffled, the ceiling what the recogniser makes of the original itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

import numpy as np

from secondtake.analysis.lyrics.text import edit_distances, shuffles
from secondtake.analysis.lyrics.transcripts import Understanding, Words
from secondtake.analysis.metrics.metric import Measurement, Metric
from secondtake.analysis.metrics.scoring import RESAMPLES, SEED, Scale, judged

# Words drawn together: where a recogniser loses one, it tends to lose its neighbours. On 30 words
# with errors that come by threes, 95 % intervals hold the true rate 82 times of 100 with single
# words and 87 with four; on 12 words, longer blocks than two make it worse.
BLOCK = 4
BLOCKS = 8  # at least, where there are few words
LEAST_WORDS = 8  # of fewer, no interval can be drawn
LEAST_SPAN = 0.1  # a recogniser hears equal words a little differently in every take

Parts = Callable[[Sequence[str]], list[list[str]]]  # words -> what each is made of


@dataclass(frozen=True, eq=False)
class Rate:
    """An error rate: a metric of words, each cut into the parts in which errors are counted."""

    metric: Metric
    parts: Parts

    def value(self, found: Understanding) -> float:
        return float(self.against([found.expected], found)[0])

    def against(self, orders: Sequence[Sequence[str]], found: Understanding) -> np.ndarray:
        """The rates if each of these had been the expected words, (orders,)."""
        wanted = [_joined(self.parts(words)) for words in orders]
        errors = edit_distances(wanted, _joined(self.parts(found.understood)))
        return np.array(errors) / [len(parts) for parts in wanted]


def _rate(unit: str) -> Callable[[Parts], Rate]:
    """A rate from a function that cuts words into parts; its docstring is the metric's."""

    def made(parts: Parts) -> Rate:
        name = parts.__name__.replace("_", " ")
        doc = parts.__doc__ or ""
        return Rate(Metric(name, "lyrics", unit, "lower", 0, LEAST_SPAN, doc), parts)

    return made


@_rate("errors per character")
def character_error_rate(words: Sequence[str]) -> list[list[str]]:
    """How much of the lyrics can be understood, letter by letter.

    Definition: fewest characters to insert, delete or replace that turn the expected lyrics into
    what Whisper base heard, per expected character (spaces between words included), both
    normalised. Interval: bootstrap over the expected words, up to four neighbours at a time.
    Range: 0 is perfect; above 1, more was heard than was to be sung. Shuffled lyrics score .7.
    Source: Levenshtein (1966); the floor is the mean over 20 fixed orders of the expected words,
    and "other music" those orders.
    Fails: the recogniser was made for speech; it misses sung words that people understand, and
    hears common sentences where something else was sung.
    """
    return [*([*word, " "] for word in words[:-1]), *([*word] for word in words[-1:])]


@_rate("errors per word")
def word_error_rate(words: Sequence[str]) -> list[list[str]]:
    """How many words of the lyrics can be understood.

    Definition: fewest words to insert, delete or replace that turn the expected lyrics into what
    Whisper base heard, per expected word, both normalised. Interval as for the characters.
    Range: 0 is perfect; above 1, more was heard than was to be sung. Shuffled lyrics score 1.
    Source: Levenshtein (1966) on words, as is usual in speech recognition; floor as for characters.
    Fails: a wrong ending counts as a wrong word; in languages written without spaces a line is one
    word.
    """
    return [[word] for word in words]


RATES = (character_error_rate, word_error_rate)
METRICS = tuple(rate.metric for rate in RATES)


def validate(words: Words) -> str:
    """Why the take's words cannot be asked about, and what to type; "" if they can."""
    return words.estimate if isinstance(words.estimate, str) else ""


def evaluate(words: Words) -> dict[str, Measurement]:
    """Both error rates of a take, by name, with what the original scores as the ceiling."""
    return {rate.metric.name: _measured(rate, words) for rate in RATES}


@lru_cache(maxsize=64)  # the sketch of a segment stands beside every take of it
def _measured(rate: Rate, words: Words) -> Measurement:
    metric, found = rate.metric, words.estimate
    if isinstance(found, str):
        return Measurement(metric.name, metric.question, None, metric.unit, note=found)
    drawn, few = resampled(rate, found)
    scale = _scale(rate, words.reference, found)
    told = f"{found.alignment.hits} of {len(found.expected)} words understood"
    one = judged(metric, rate.value(found), drawn, None, scale, (told, few, scale.note))
    if words.mark is None:
        return one
    # What chance makes of words depends on how many were heard, so the sketch has its own floor.
    beside = _measured(rate, Words(words.reference, words.mark))
    return replace(one, mark=beside.value, mark_scaled=beside.scaled)


def _scale(rate: Rate, reference: Understanding | str, found: Understanding) -> Scale:
    """Shuffled lyrics for the floor, the original for the ceiling."""
    others = rate.against(shuffles(found.expected), found)
    ceiling, note = None, ""
    if isinstance(reference, str):
        note = reference
    elif reference.recogniser != found.recogniser:
        note = "no ceiling: another recogniser heard the original; type: invoke understand"
    else:
        ceiling = rate.value(reference)
    return Scale(rate.metric.closeness(others), float(others.mean()), ceiling, note)


def resampled(rate: Rate, found: Understanding) -> tuple[np.ndarray, str]:
    """Rates when other stretches of the lyrics might have been sung; none if there are few words.

    Blocks of neighbouring words, from the end round to the beginning (Politis and Romano 1992).
    """
    count = len(found.expected)
    if count < LEAST_WORDS:
        return np.empty(0), f"no interval: fewer than {LEAST_WORDS} words"
    errors, sizes = errors_by_word(rate, found)
    random = np.random.default_rng(SEED)
    block = min(BLOCK, round(count / BLOCKS))
    starts = random.integers(count, size=(RESAMPLES, -(-count // block), 1))
    drawn = ((starts + np.arange(block)) % count).reshape(RESAMPLES, -1)[:, :count]
    return errors[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), ""


def errors_by_word(rate: Rate, found: Understanding) -> tuple[np.ndarray, np.ndarray]:
    """Errors at every expected word, and how many parts it has; (words,) each.

    The sum of the one over the sum of the other is the rate.
    """
    parts = rate.parts(found.expected)
    edits = edits_at(_joined(parts), _joined(rate.parts(found.understood)))
    sizes = np.array([len(part) for part in parts])
    return np.add.reduceat(edits, np.cumsum(sizes) - sizes), sizes


def edits_at(expected: Sequence[str], heard: Sequence[str]) -> np.ndarray:
    """How many of the fewest edits fall on each expected part, (parts,).

    What was inserted counts for the part before it, at the beginning for the first.
    """
    costs = _costs(expected, heard)
    edits = np.zeros(len(expected), dtype=int)
    row, column = len(expected), len(heard)
    while row or column:
        here = costs[row, column]
        same = bool(row and column and expected[row - 1] == heard[column - 1])
        if row and column and here == costs[row - 1, column - 1] + (not same):
            row, column = row - 1, column - 1
            edits[row] += not same
        elif row and here == costs[row - 1, column] + 1:
            row -= 1
            edits[row] += 1
        else:
            column -= 1
            edits[max(row - 1, 0)] += 1
    return edits


def _costs(expected: Sequence[str], heard: Sequence[str]) -> np.ndarray:
    """Edits between every beginning of the one and of the other, (parts + 1, parts + 1)."""
    codes = {part: code for code, part in enumerate(dict.fromkeys([*expected, *heard]))}
    said = np.array([codes[part] for part in heard], dtype=int)
    steps = np.arange(len(heard) + 1)
    costs = np.empty((len(expected) + 1, len(heard) + 1), dtype=np.int32)
    costs[0] = steps
    for row, part in enumerate(expected, 1):
        above = costs[row - 1]
        costs[row, 0] = row
        costs[row, 1:] = np.minimum(above[:-1] + (said != codes[part]), above[1:] + 1)
        costs[row] = np.minimum.accumulate(costs[row] - steps) + steps  # then insertions
    return costs


def _joined(parts: list[list[str]]) -> list[str]:
    return list(chain.from_iterable(parts))
