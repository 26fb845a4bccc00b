"""What was heard of a recording, beside the words that were to be sung in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from secondtake_analysis.lyrics.numerals import written_out
from secondtake_analysis.lyrics.recogniser import Stretch
from secondtake_analysis.lyrics.words import Alignment, align, normalise

MOST_NAMED = 12  # words of a kind in a sentence about what went wrong; the rest is counted


@dataclass(frozen=True)
class Understanding:
    """The words of one recording: those expected, and those understood, in the same notation."""

    expected: tuple[str, ...]  # never empty
    understood: tuple[str, ...]
    heard: str  # as the recogniser wrote it
    recogniser: str = ""  # which one; two compare only if it is the same

    @cached_property
    def alignment(self) -> Alignment:
        return align(list(self.expected), list(self.understood))


@dataclass(frozen=True)
class Words:
    """A take's words and those of its original; where there are none, why, and what to type."""

    reference: Understanding | str
    estimate: Understanding | str
    mark: Understanding | None = None  # of the sketch


def understanding(
    lyrics: str, languages: Sequence[str], stretches: Sequence[Stretch], recogniser: str = ""
) -> Understanding:
    """What was heard against the lyrics, numbers written out. ValueError if there are no words."""
    heard = " ".join(stretch.text for stretch in stretches if stretch.text)
    sung, found = normalise(lyrics), normalise(heard)
    if not sung:
        raise ValueError("no words were to be sung")
    # Numbers in the language of whoever sings first, unless the other side spells them.
    expected = written_out(sung, found, languages)
    understood = written_out(found, expected, [stretch.language for stretch in stretches])
    return Understanding(tuple(expected), tuple(understood), heard, recogniser)


def differences(found: Understanding) -> str:
    """What went wrong with the words, as one sentence without a full stop; "" if nothing did.

    Plain text made of lyrics and of what was heard: escape it where it goes into a page.
    """
    wrong = found.alignment
    if not found.understood:
        return "no word was understood"
    replaced = [f"{expected} → {heard}" for expected, heard in wrong.substitutions]
    parts = {
        "not heard": wrong.deletions,
        "heard instead": replaced,
        "added": wrong.insertions,
    }
    return "; ".join(f"{name}: {_some(words)}" for name, words in parts.items() if words)


def _some(words: Sequence[str]) -> str:
    rest = len(words) - MOST_NAMED
    return ", ".join(words[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
