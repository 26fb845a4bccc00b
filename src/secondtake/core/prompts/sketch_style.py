"""What the sketch hears in a style: groove, feel, density, instruments, voice (docs/sketch.md).

Words are found whole, the longest name first. Commas and stops part a style into phrases.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, product
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from secondtake.core.letters import compose, fold, words_in
from secondtake.core.prompts.style import WOMAN, singer_of, speaks_of_voices

Groove = Literal[
    "trap", "reggaeton", "cumbia", "tango", "waltz", "pop", "rock", "ballad", "neutral"
]
Feel = Literal["straight", "swing", "half-time", "double-time"]
Density = Literal["sparse", "normal", "dense"]
Role = Literal["lead", "counter", "chords", "pad", "bass", "kit", "percussion"]
Voice = Literal["female", "male", ""]
TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
PHRASES = re.compile(r"[,;.:!?/|()\[\]\n\"«»“”—–]+")
LONGEST_TERM = 4  # words
KNOWN = ", ".join(groove for groove in get_args(Groove) if groove != "neutral")


@dataclass(frozen=True)
class Instrument:
    """program: General MIDI, 0 to 127; of a kit the soundfont's drum kit, of percussion the key.
    low, high: the MIDI pitches between which it sounds like itself."""

    program: int
    role: Role
    low: int
    high: int


@dataclass(frozen=True)
class SketchStyle:
    """What a style asks for. colour: a second groove, that lends its lead and chords; "" for none.

    solo: only the named instruments play. instruments: names in INSTRUMENTS, in the style's order.
    featured: the one that has the melody, if the style says so. without: roles and instruments
    that it forbids. layered: several voices sing. heard, ignored: words of the style, in order.
    """

    groove: Groove = "neutral"
    colour: Groove | Literal[""] = ""
    feel: Feel = "straight"
    density: Density = "normal"
    solo: bool = False
    instruments: tuple[str, ...] = ()
    featured: str = ""
    without: frozenset[str] = frozenset()
    voice: Voice = ""
    layered: bool = False
    heard: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def table_lines(name: str) -> Iterator[tuple[list[str], list[str]]]:
    """A table of sketch_style.toml as (fields before the colon, words after it)."""
    for line in TABLES[name].strip().replace("\n  ", " ").splitlines():
        fields, _, words = line.partition(":")
        yield fields.split(), [word.strip() for word in words.split(",")]


INSTRUMENTS: dict[str, Instrument] = {
    name: Instrument(int(program), role, int(low), int(high))  # type: ignore[arg-type]
    for (name, program, role, low, high), _ in table_lines("instruments")
}


def _all_terms() -> dict[tuple[str, ...], dict[str, str]]:
    """Every term of the tables -> its kinds, each with what it stands for."""
    terms: dict[tuple[str, ...], dict[str, str]] = {}
    lines = [("", kind, words.split(",")) for kind, words in TABLES["roles"].items()]
    for table in ("grooves", "instruments", "feels", "densities"):
        kind = {"densities": "density"}.get(table, table.removesuffix("s"))
        lines += [(fields[0], kind, words) for fields, words in table_lines(table)]
    for meaning, kind, words in lines:
        for word in words:
            terms.setdefault(tuple(words_in(fold(word))), {})[kind] = meaning
    for term in [term for term, kinds in terms.items() if "drumless" in kinds]:
        terms[term] = {"instrument": "drums", "not": ""}
    return terms


TERMS = _all_terms()


class Term(NamedTuple):
    """A name of the tables, or a word that is in none, at its place in a phrase."""

    text: str
    kinds: dict[str, str]


def _terms_of(phrase: str, singer: str) -> list[Term]:
    """A phrase as terms, the longest first. singer: the one that the whole style asks for."""
    words, found, at = list(words_in(phrase)), [], 0
    while at < len(words):
        sizes = range(min(LONGEST_TERM, len(words) - at), 0, -1)
        matches = ((size, _kinds(tuple(map(fold, words[at : at + size])))) for size in sizes)
        size, kinds = next(((n, kinds) for n, kinds in matches if kinds), (1, {}))
        text = " ".join(words[at : at + size])
        if not kinds and (fold(text).startswith("vocal") or (singer and singer_of(text))):
            kinds = {"voice": ""}
        found.append(Term(text, kinds))
        at += size
    return found


def _kinds(words: tuple[str, ...]) -> dict[str, str]:
    """The kinds of a term, of which every word may be in the plural."""
    singular = ({word, word.removesuffix("s"), word.removesuffix("es")} for word in words)
    german = (*words[:-1], words[-1].removesuffix("n"))
    candidates = (words, *sorted(product(*singular), reverse=True), german)
    return next((TERMS[candidate] for candidate in candidates if candidate in TERMS), {})


class _Reading:
    """A style as it is read, phrase by phrase."""

    def __init__(self) -> None:
        self.grooves: list[tuple[tuple[int, int, int], str]] = []  # (rank, run, place), groove
        self.denied: set[str] = set()
        self.instruments: dict[str, None] = {}
        self.featured: list[str] = []
        self.feels: list[str] = []
        self.densities: set[str] = set()
        self.without: set[str] = set()
        self.solo = self.lone = self.a_cappella = self.layered = False
        self.heard: list[str] = []
        self.ignored: list[str] = []
        self.run = 0

    def read(self, terms: list[Term]) -> None:
        """Read the terms of one phrase."""
        self.run += 1
        negated, known = False, []
        for place, term in enumerate(terms):
            drumless = {"not", "instrument"} <= set(term.kinds)  # one word, and no more than it
            less = drumless or (place + 1 < len(terms) and "less" in terms[place + 1].kinds)
            negated = "but" not in term.kinds and (negated or ("not" in term.kinds and not less))
            known.append(self._meaning(terms, place, negated or less))
            self.run += "groove" not in term.kinds
        for place, term in enumerate(terms):  # words that say how others are meant
            if {"not", "but", "less", "colour", "melody", "drummed", "only"} & set(term.kinds):
                known[place] |= any(known[place + 1 :]) or any(known[max(0, place - 1) : place])
        for place, term in enumerate(terms[1:-1], 1):
            known[place] |= "small" in term.kinds and known[place - 1] and known[place + 1]
        for is_known, group in groupby(zip(known, terms, strict=True), lambda pair: pair[0]):
            words = [term for _, term in group]
            while words and "small" in words[0].kinds:
                words.pop(0)
            while words and "small" in words[-1].kinds:
                words.pop()
            if words:
                told = self.heard if is_known else self.ignored
                told.append(" ".join(term.text for term in words))

    def _meaning(self, terms: list[Term], place: int, negated: bool) -> bool:
        """Take a term down; True if it means something to the sketch."""
        kinds = terms[place].kinds
        after = terms[place + 1].kinds if place + 1 < len(terms) else {}
        before = terms[place - 1].kinds if place else {}
        if groove := kinds.get("groove"):
            self._groove(groove, terms, place, negated)
        if name := kinds.get("instrument"):
            if "small" in before and place > 1:  # "solo de guitarra"
                before = {"melody": ""} if {"melody", "solo"} & set(terms[place - 2].kinds) else {}
            self._instrument(name, before, after, negated)
            alone = {"only", "solo"} & set(before) or "only" in after
            plainly = "solo" in after and fold(terms[place + 1].text) != "solo"
            self.solo |= not negated and bool(alone or plainly)
        if (feel := kinds.get("feel")) and not negated:
            self.feels.append(feel)
        if (density := kinds.get("density")) and not negated:
            self.densities.add(density)
        self.a_cappella |= "a cappella" in kinds and not negated
        self.layered |= "layered" in kinds and not negated
        beside_instrument = "instrument" in before or "instrument" in after
        is_solo = "solo" in kinds and (beside_instrument or _instruments_of(terms[place + 1 :]))
        said = {"groove", "instrument", "a cappella", "voice"} & set(kinds)
        said |= set() if negated else {"feel", "density", "layered"} & set(kinds)
        return bool(said or is_solo)

    def _groove(self, groove: str, terms: list[Term], place: int, negated: bool) -> None:
        """Rank 0: named as the drums; 2: named as a colour, or as a kind of instrument; else 1."""
        after = terms[place + 1].kinds if place + 1 < len(terms) else {}
        before = {kind for term in terms[max(0, place - 2) : place] for kind in term.kinds}
        rank = 1
        if "drummed" in after:
            rank = 0
        elif {"colour", "melody", "instrument"} & set(after) or {"colour", "melody"} & before:
            rank = 2
        if negated:
            self.denied.add(groove)
        else:
            self.grooves.append(((rank, self.run, -place), groove))

    def _instrument(
        self, name: str, before: dict[str, str], after: dict[str, str], negated: bool
    ) -> None:
        if negated:
            self.without |= _family(name)
            return
        self.instruments[name] = None
        self.lone = self.lone or "solo" in after
        if {"melody", "solo"} & set(after) or "melody" in before:
            self.featured.append(name)

    def result(self, style: str) -> SketchStyle:
        """The whole of it, conflicts settled."""
        named = [groove for _, groove in sorted(self.grooves) if groove not in self.denied]
        groove, *others = list(dict.fromkeys(named)) or ["neutral"]
        names = tuple(self.instruments)
        # "Piano solo" is the piano alone where nothing else is named, and a lead elsewhere.
        alone = self.solo or (self.lone and len(names) == 1 and groove == "neutral")
        singer = singer_of(style)
        density = self.densities.pop() if len(self.densities) == 1 else "normal"
        return SketchStyle(
            groove=groove,  # type: ignore[arg-type]
            colour=others[0] if others else "",  # type: ignore[arg-type]
            feel=self.feels[0] if self.feels else "straight",  # type: ignore[arg-type]
            density=density,  # type: ignore[arg-type]
            solo=alone or self.a_cappella,
            instruments=("choir",) if self.a_cappella else names,
            featured=self.featured[0] if self.featured else "",
            without=frozenset(self.without),
            voice=("female" if singer == WOMAN else "male") if singer else "",
            layered=self.layered,
            heard=tuple(self.heard),
            ignored=tuple(self.ignored),
        )


def _instruments_of(terms: list[Term]) -> list[str]:
    return [term.kinds["instrument"] for term in terms if "instrument" in term.kinds]


def _family(name: str) -> set[str]:
    """What is forbidden with an instrument: a whole role, or all of its sort."""
    if name == "drums":
        return {"kit", "percussion"}
    if name == "bass_guitar":
        return {"bass"}
    sort = next((sort for sort in ("guitar", "synth") if sort in name), name)
    return {other for other in INSTRUMENTS if sort in other}


@lru_cache(maxsize=4096)  # a song has a thousand segments, and is planned more than once
def read_style(style: str) -> SketchStyle:
    """Read a style text, in any language of a song file."""
    reading = _Reading()
    for phrase in PHRASES.split(compose(style)):
        reading.read(_terms_of(phrase, singer_of(style)))
    return reading.result(compose(style))


def style_remarks(style: str, sung: bool) -> tuple[str, ...]:
    """Two sentences for people: what is heard in a style and what is played, and what is ignored.

    sung: the segment has lyrics; without, words about voices are ignored.
    """
    reading = read_style(style)
    heard = [words for words in reading.heard if sung or not speaks_of_voices(words)]
    ignored = [*(words for words in reading.heard if words not in heard), *reading.ignored]
    if reading.groove == "neutral":
        named = f'no groove that the sketch knows in "{style}"' if style else "no style is given"
        played = f"{named}: a neutral one is played; it knows {KNOWN}"
    else:
        played = f"plays a {reading.groove} groove"
        played += f", with lead and chords of {reading.colour}" if reading.colour else ""
    if heard:
        played += f"; heard in the style: {', '.join(heard)}"
    return (played, *([f"ignored in the style: {', '.join(ignored)}"] if ignored else []))
