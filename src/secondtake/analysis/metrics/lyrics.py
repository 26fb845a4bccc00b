"""Lyrics: how much of the words a recogniser understands that never sees them.

Measured on words, not on features: what was heard of a take and of its baseline comes from the
files that `invoke understand` writes (docs/lyrics.md). The floor is the same lyrics with their
words shuffled, the ceiling what the recogniser makes of the baseline itself: none, if it hears no
voice there or understands no word.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

import numpy as np

from secondtake.analysis.lyrics.text import edit_distances, edit_steps, letters, shuffles
from secondtake.analysis.lyrics.transcripts import FEW_WORDS, Transcript, TranscriptPair
from secondtake.analysis.metrics.metric import OPEN, Measurement, Metric
from secondtake.analysis.metrics.scoring import RESAMPLES, SEED, Scale, score_value

# Words drawn together: where a recogniser loses one, it tends to lose its neighbours. On 30 words
# with errors that come by threes, 95 % intervals hold the true rate 82 times of 100 with single
# words and 87 with four; on 12 words, longer blocks than two make it worse.
BLOCK = 4
BLOCKS = 8  # at least, where there are few words
AT_FLOOR = "as other music"  # the verdict on a take of which no word was understood
LEAST_SPAN = 0.1  # a recogniser hears equal words a little differently in every take

Parts = Callable[[Sequence[str]], list[list[str]]]  # words -> what each is made of


@dataclass(frozen=True, eq=False)
class Rate:
    """An error rate: a metric of words, each cut into the parts in which errors are counted."""

    metric: Metric
    parts: Parts

    def value(self, transcript: Transcript) -> float:
        return float(self.against([transcript.reference], transcript)[0])

    def against(self, orders: Sequence[Sequence[str]], transcript: Transcript) -> np.ndarray:
        """The rates if each of these had been the reference words, (orders,)."""
        references = [_joined(self.parts(words)) for words in orders]
        errors = edit_distances(references, _joined(self.parts(transcript.hypothesis)))
        return np.array(errors) / [len(parts) for parts in references]

    def shuffled(self, transcript: Transcript) -> np.ndarray:
        """The rates against the reference words in random orders, (orders,)."""
        return self.against(shuffles(transcript.reference), transcript)


def _rate(unit: str) -> Callable[[Parts], Rate]:
    """A rate from a function that cuts words into parts; its docstring is the metric's."""

    def rate(parts: Parts) -> Rate:
        name = parts.__name__.replace("_", " ")
        doc = parts.__doc__ or ""
        return Rate(Metric(name, "lyrics", unit, "lower", 0, LEAST_SPAN, doc), parts)

    return rate


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
    return [list(word) for word in letters(words)]


@_rate("errors per word")
def word_error_rate(words: Sequence[str]) -> list[list[str]]:
    """How many words of the lyrics can be understood.

    Definition: fewest words to insert, delete or replace that turn the expected lyrics into what
    Whisper base heard, per expected word, both normalised. Interval as for the characters.
    Range: 0 is perfect; above 1, more was heard than was to be sung. Shuffled lyrics score 1.
    Source: Levenshtein (1966) on words, as is usual in speech recognition; floor as for characters.
    Fails: a wrong ending counts as a wrong word. In scripts without spaces every character is one.
    """
    return [[word] for word in words]


RATES = (character_error_rate, word_error_rate)
METRICS = tuple(rate.metric for rate in RATES)


def validate(words: TranscriptPair) -> str:
    """The reason why the take's words cannot be compared, and what to type; "" if they can."""
    return words.estimate if isinstance(words.estimate, str) else ""


def evaluate(words: TranscriptPair) -> dict[str, Measurement]:
    """Both error rates of a take, by name, with what the baseline scores as the ceiling."""
    return {rate.metric.name: _measured(rate, words) for rate in RATES}


@lru_cache(maxsize=64)  # the sketch of a segment stands beside every take of it
def _measured(rate: Rate, words: TranscriptPair) -> Measurement:
    metric, transcript = rate.metric, words.estimate
    if isinstance(transcript, str):
        return Measurement(metric.name, metric.question, None, metric.unit, note=transcript)
    drawn, few = resampled(rate, transcript)
    scale = _scale(rate, words.reference, transcript)
    notes = (transcript.note, few, scale.note)
    measurement = score_value(metric, rate.value(transcript), drawn, None, scale, notes)
    if not transcript.is_understood and measurement.verdict not in OPEN:
        measurement = replace(measurement, verdict=AT_FLOOR)
    if words.control is None:
        return measurement
    # What chance makes of words depends on how many were heard, so the sketch has its own floor.
    control = _measured(rate, TranscriptPair(words.reference, words.control))
    return replace(measurement, mark=control.value, mark_scaled=control.scaled)


def _scale(rate: Rate, baseline: Transcript | str, transcript: Transcript) -> Scale:
    """Shuffled lyrics for the floor, the baseline for the ceiling."""
    others = rate.shuffled(transcript)
    ceiling, note = None, ""
    if isinstance(baseline, str):
        note = baseline
    elif baseline.recogniser != transcript.recogniser:
        note = "no ceiling: another recogniser heard the baseline; type: invoke understand"
    elif not baseline.hypothesis:
        note = "no ceiling: the recogniser hears no voice in the baseline"
    elif not baseline.is_understood:
        note = "no ceiling: the recogniser understands no word of the baseline"
    elif rate.value(baseline) >= rate.shuffled(baseline).mean():
        note = "no ceiling: shuffled lyrics fit what was heard of the baseline as well"
    else:
        ceiling = rate.value(baseline)
    return Scale(rate.metric.closeness(others), float(others.mean()), ceiling, note)


def resampled(rate: Rate, transcript: Transcript) -> tuple[np.ndarray, str]:
    """Rates when other stretches of the lyrics might have been sung; none if there are few words.

    Blocks of neighbouring words, from the end round to the beginning (Politis and Romano 1992).
    """
    count = len(transcript.reference)
    if count < FEW_WORDS:
        return np.empty(0), f"no interval: fewer than {FEW_WORDS} words"
    errors, sizes = errors_by_word(rate, transcript)
    random = np.random.default_rng(SEED)
    block = min(BLOCK, round(count / BLOCKS))
    starts = random.integers(count, size=(RESAMPLES, -(-count // block), 1))
    drawn = ((starts + np.arange(block)) % count).reshape(RESAMPLES, -1)[:, :count]
    return errors[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), ""


def errors_by_word(rate: Rate, transcript: Transcript) -> tuple[np.ndarray, np.ndarray]:
    """Errors at every reference word, and its parts, (words,) each; sum over sum is the rate."""
    parts = rate.parts(transcript.reference)
    edits = edits_at(_joined(parts), _joined(rate.parts(transcript.hypothesis)))
    sizes = np.array([len(part) for part in parts])
    return np.add.reduceat(edits, np.cumsum(sizes) - sizes), sizes


def edits_at(reference: Sequence[str], hypothesis: Sequence[str]) -> np.ndarray:
    """The number of the fewest edits that falls on each reference part, (parts,).

    What was inserted counts for the part before it, at the beginning for the first.
    """
    edits = np.zeros(len(reference), dtype=int)
    for kind, row, _ in edit_steps(reference, hypothesis):
        edits[max(row - 1, 0) if kind == "insertion" else row] += kind != "hit"
    return edits


def _joined(parts: list[list[str]]) -> list[str]:
    return list(chain.from_iterable(parts))
