"""A prompt parsed as a singer reads it: word after word, each with the pause that follows.

By how well a song may be parted: sentence > line > breath (comma, dash, bracket) > word.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from secondtake.core.prompts.syllables import (
    ANY_TAG,
    KANA,
    UNSPACED,
    count_words,
    sounds_spanish,
    syllables,
)

Ends = Literal["sentence", "line", "breath", "word"]
STRENGTH: tuple[Ends, ...] = ("word", "breath", "line", "sentence")

# Syllables a second while the voice sounds. Sung: eighth notes at 85 BPM, or about the 1.8 words/s
# of English pop and of Spanish ballads. Spoken: careful reading; without its pauses, read text
# runs at 6.2 in English, 7.8 in Spanish, 5.2 in Mandarin (Pellegrino, Coupé and Marsico, 2011).
SUNG_RATE, SPOKEN_RATE = 2.8, 4.5
PAUSE_SECONDS: dict[Ends, float] = {"sentence": 0.5, "line": 0.4, "breath": 0.25, "word": 0.0}
TAG_SECONDS = 1.0  # [laughs], [sighs]

NOTE = "♪"
SINGER = re.compile(r"\[(?:MAN|WOMAN)\]", re.IGNORECASE)
TOKEN = re.compile(r"\[[^\[\]]*\]|♪+|[^\s♪\[]+|\[")
CHARACTER = re.compile(
    rf"[「『（“‘(«]*{UNSPACED.pattern}(?:[^\w\s「『（“‘(«])*|(?:(?!{UNSPACED.pattern}).)+"
)
OPENING = "«“‘„‚([{（「『¿¡<"
CLOSING = "\"'”’»)]}）」』"
STOPS, BREATHS = ".!?…。！？", ",;:—–、，；："
# A full stop behind these ends no sentence.
TITLES = re.compile(
    r"(?:sra?s?|srta|dra?|uds?|vds?|mrs?|ms|st|sta|sto|prof|avda?|núm|ej|[b-hj-z])\.", re.IGNORECASE
)
OFTEN_IN_THE_MIDDLE = re.compile(
    r"(?:etc|vs|ca|aprox|approx|jr|inc)\.|(?:[^\W\d_]{1,2}\.){2,}", re.IGNORECASE
)


@dataclass(frozen=True)
class PhraseUnit:
    """A word with its punctuation, or a tag; it is never cut."""

    text: str
    singer: str  # the tag in force, as it was written
    sung: bool
    spaced: bool  # a space stands before it
    ends: Ends = "word"  # the pause that follows it
    words: int = 0
    syllables: int = 0

    @property
    def seconds(self) -> float:
        """An estimate, with the pause that follows."""
        sounding = self.syllables / (SUNG_RATE if self.sung else SPOKEN_RATE)
        return (sounding if self.words else TAG_SECONDS) + PAUSE_SECONDS[self.ends]


def parse_phrases(prompt: str) -> list[PhraseUnit]:
    """The prompt's words in order; notes and singers' tags become the words' properties."""
    return list(_counted(list(_joined(_tokens(prompt)))))


def _tokens(prompt: str) -> Iterator[PhraseUnit]:
    """Every token; `ends` is that of the white space before the next one only."""
    singer, sung, at, before = "", False, 0, None
    for match in TOKEN.finditer(prompt):
        gap, token, at = prompt[at : match.start()], match.group(), match.end()
        lines = gap.count("\n")
        turned = token.startswith(NOTE) or SINGER.fullmatch(token)
        if before and (lines or turned):
            ends: Ends = "sentence" if lines > 1 else "line"
            before = replace(before, ends=max(before.ends, ends, key=STRENGTH.index))
        if token.startswith(NOTE):
            sung = not sung
        elif SINGER.fullmatch(token):
            singer = token
        else:
            parts = [token] if ANY_TAG.fullmatch(token) else CHARACTER.findall(token)
            for number, part in enumerate(parts):
                if before:
                    yield before
                before = PhraseUnit(part, singer, sung, spaced=number == 0 and bool(gap))
    if before:
        yield before


def _joined(tokens: Iterator[PhraseUnit]) -> Iterator[PhraseUnit]:
    """Punctuation that stands alone goes with the word it belongs to."""
    opening, before = "", None
    for token in tokens:
        is_heard = ANY_TAG.fullmatch(token.text) or any(c.isalnum() for c in token.text)
        opens = all(c in OPENING for c in token.text)
        if not is_heard and before and not opens:
            ends = max(before.ends, token.ends, key=STRENGTH.index)
            before = replace(before, text=f"{before.text} {token.text}", ends=ends)
        elif not is_heard:
            opening += token.text + " "
        else:
            token, opening = replace(token, text=opening + token.text), ""
            if before:
                yield replace(before, ends=_ends(before, token))
            before = token
    if before:
        yield replace(before, text=f"{before.text} {opening}".rstrip(), ends="sentence")


def _ends(unit: PhraseUnit, following: PhraseUnit) -> Ends:
    """The strongest pause of the line, the punctuation and the next word."""
    pause = _pause_of_punctuation(unit.text, following.text)
    if pause == "word" and ANY_TAG.search(unit.text):
        pause = "breath"
    return max(unit.ends, pause, key=STRENGTH.index)


def _pause_of_punctuation(text: str, following: str) -> Ends:
    bare = text.rstrip(CLOSING + " ")
    starts_small = following[:1].islower()
    if bare.endswith(tuple(STOPS)):
        last = bare.split()[-1].lstrip(OPENING)
        if TITLES.fullmatch(last) or (OFTEN_IN_THE_MIDDLE.fullmatch(last) and starts_small):
            return "word"
        return "breath" if bare.endswith(("…", "...")) and starts_small else "sentence"
    pauses = bare.endswith(tuple(BREATHS)) or following[:1] in tuple("«([¿¡—–")
    return "breath" if pauses or bare.endswith(" -") else "word"


def _counted(units: Sequence[PhraseUnit]) -> Iterator[PhraseUnit]:
    """The units with words and syllables, phrase by phrase, for a phrase has one language."""
    japanese = any(KANA.match(c) for unit in units for c in unit.text)
    phrase: list[PhraseUnit] = []
    spanish = False
    for unit in units:
        phrase.append(unit)
        if unit.ends != "word":
            spanish = sounds_spanish([word.text for word in phrase], otherwise=spanish)
            for word in phrase:
                words = count_words(word.text)
                count = syllables(word.text, spanish, japanese) if words else 0
                yield replace(word, words=words, syllables=count)
            phrase = []
