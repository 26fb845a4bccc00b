"""What the sketch hears in a style: groove, feel, density, instruments, voice (docs/sketch.md).

Words are found whole, the longest name first. Commas and stops part a style into phrases.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, pairwise, product
from operator import itemgetter
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from secondtake.core.letters import APOSTROPHE_RUN, compose, fold, words_in
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
SHORTEST_PART = 3  # letters of a compound's parts
SCRAP = 2  # letters that belong to the name that they are joined to: J-pop, nu-metal
SAYS_HOW = {"not", "but", "less", "colour", "melody", "drummed", "only"}  # others are meant
KNOWN = ", ".join(groove for groove in get_args(Groove) if groove != "neutral")
# Where an instrument plays if its own role is taken, in this order.
OTHER_ROLES: dict[str, tuple[Role, ...]] = {
    "lead": ("lead", "counter", "pad", "chords"),
    "counter": ("counter", "lead", "pad", "chords"),
    "chords": ("chords", "counter", "pad", "lead"),
    "pad": ("pad", "chords", "counter", "lead"),
    "bass": ("bass",),
}


@dataclass(frozen=True)
class Instrument:
    """program: General MIDI, 0 to 127; of a kit the soundfont's drum kit, of percussion the key.
    low, high: the MIDI pitches between which it sounds like itself."""

    program: int
    role: Role
    low: int
    high: int

    @property
    def shrill(self) -> bool:
        """It is piercing in the middle of its range, about E6 and above."""
        return (self.low + self.high) / 2 > 78

    @property
    def middle(self) -> float:
        """The MIDI pitch about which it plays a melody: a shrill one near its lower end."""
        return max(self.low + 6, 74) if self.shrill else (self.low + self.high) / 2


@dataclass(frozen=True)
class SketchStyle:
    """What a style asks for. colour: a second groove, that lends its lead and chords; "" for none.

    solo: only the named instruments play. instruments: names in INSTRUMENTS, in the style's order;
    parts: those that have a melodic role, by role. without: roles and instruments that it forbids.
    layered: several voices sing. heard, ignored: words of the style, in order.
    """

    groove: Groove = "neutral"
    colour: Groove | Literal[""] = ""
    feel: Feel = "straight"
    density: Density = "normal"
    solo: bool = False
    instruments: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    voice: Voice = ""
    layered: bool = False
    heard: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def meter(self) -> str:
        """The groove's own, that is played where none is said."""
        return "3/4" if self.groove == "waltz" else "4/4"


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


def _of_voices(words: str) -> bool:
    return speaks_of_voices(words) or any("sung" in _kinds((fold(w),)) for w in words_in(words))


class Term(NamedTuple):
    """A name of the tables, or a word that is in none. start: its place in a phrase."""

    text: str
    kinds: dict[str, str]
    start: int


Meanings = set[tuple[str, str]]  # kinds, each with what it stands for
Phrase = list[tuple[Term, Meanings]]


def _terms_of(phrase: str, singer: str) -> list[Term]:
    """A phrase as terms, the longest first. singer: the one that the whole style asks for."""
    words, found, at, start = [*_parts_of_words(phrase)], list[Term](), 0, 0
    while at < len(words):
        sizes = range(min(LONGEST_TERM, len(words) - at), 0, -1)
        matches = ((size, _kinds(tuple(map(fold, words[at : at + size])))) for size in sizes)
        size, kinds = next(((n, kinds) for n, kinds in matches if kinds), (1, {}))
        start, end = phrase.index(words[at], start), start
        for word in words[at : at + size]:
            end = phrase.index(word, end) + len(word)
        text = phrase[start:end]
        of_singer = singer and ("sung" in kinds or (not kinds and singer_of(text)))
        if of_singer or fold(text).startswith("vocal"):
            kinds = {"voice": ""}
        found.append(Term(text, kinds, start))
        at, start = at + size, end
    return found


def _parts_of_words(phrase: str) -> Iterator[str]:
    """The words, a compound such as Klavierballade as its two names."""
    for word in words_in(phrase):
        for cut in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
            name, last = (set(_kinds((fold(part),))) for part in (word[:cut], word[cut:]))
            if {"groove", "instrument"} & name and {"groove", "solo"} & last:
                yield from [word] if _kinds((fold(word),)) else [word[:cut], word[cut:]]
                break
        else:
            yield word


def _kinds(words: tuple[str, ...]) -> dict[str, str]:
    """The kinds of a term, of which every word may be in the plural, if it is no other name."""
    singular = ({word, word.removesuffix("s"), word.removesuffix("es")} for word in words)
    german = (*words[:-1], words[-1].removesuffix("n"))
    candidates = (*sorted(product(*singular), reverse=True), german)
    found = (TERMS.get(candidate, {}) for candidate in candidates)
    plural = next((kinds for kinds in found if kinds and "other" not in kinds), {})
    return TERMS.get(words, plural)


class _Reading:
    """A style as it is read, phrase by phrase."""

    def __init__(self) -> None:
        self.phrases: list[tuple[Phrase, str]] = []
        self.grooves: list[tuple[tuple[int, int, int], str]] = []  # (rank, run, place), groove
        self.denied: set[str] = set()
        self.asked: dict[str, dict[str, None]] = defaultdict(dict)  # what is, by kind, in order
        self.featured = ""  # the instrument that has the melody
        self.without: set[str] = set()
        self.solo = self.lone = False
        self.run = 0

    def read(self, text: str, terms: list[Term]) -> None:
        """Read one phrase."""
        self.run += 1
        negated, phrase = False, []
        for place, term in enumerate(terms):
            drumless = {"not", "instrument"} <= set(term.kinds)  # one word, and no more than it
            less = drumless or (place + 1 < len(terms) and "less" in terms[place + 1].kinds)
            negated = "but" not in term.kinds and (negated or ("not" in term.kinds and not less))
            phrase.append((term, self._meanings(terms, place, negated or less)))
            self.run += "groove" not in term.kinds
        self.phrases.append((phrase, text))

    def _meanings(self, terms: list[Term], place: int, negated: bool) -> Meanings:
        """Take a term down -> what it means to the sketch."""
        kinds = terms[place].kinds
        after = terms[place + 1].kinds if place + 1 < len(terms) else {}
        before = terms[place - 1].kinds if place else {}
        said = {"groove", "instrument", "a cappella", "voice"} & set(kinds)
        later = (term.kinds for term in terms[place + 1 :])
        if "solo" in kinds and any("instrument" in others for others in (before, *later)):
            said.add("solo")
        if "groove" in kinds:
            self._groove(kinds["groove"], terms, place, negated)
        if "instrument" in kinds and not negated:
            if "small" in before and place > 1:  # "solo de guitarra"
                before = {"melody": ""} if {"melody", "solo"} & set(terms[place - 2].kinds) else {}
            if {"melody", "solo"} & set(after) or "melody" in before:
                self.featured = self.featured or kinds["instrument"]
            plainly = "solo" in after and fold(terms[place + 1].text) != "solo"
            self.solo |= plainly or "only" in after or bool({"only", "solo"} & set(before))
            self.lone |= "solo" in after
        elif "instrument" in kinds:
            self.without |= _family(kinds["instrument"])
        if not negated:
            said |= {"feel", "density", "layered"} & set(kinds)
            for kind, meaning in kinds.items():
                self.asked[kind][meaning] = None
        return {(kind, kinds[kind]) for kind in said}

    def _groove(self, groove: str, terms: list[Term], place: int, negated: bool) -> None:
        """Rank 0: named as the drums; 2: named as a colour, or as a kind of instrument; else 1."""
        after = terms[place + 1].kinds if place + 1 < len(terms) else {}
        before = {kind for term in terms[max(0, place - 2) : place] for kind in term.kinds}
        lends = {"colour", "melody", "instrument"} & set(after) or {"colour", "melody"} & before
        rank = 0 if "drummed" in after else 2 if lends else 1
        if negated:
            self.denied.add(groove)
        else:
            self.grooves.append(((rank, self.run, -place), groove))

    def result(self, style: str) -> SketchStyle:
        """The whole of it, conflicts settled; a word that loses one is ignored."""
        ranked = [groove for _, groove in sorted(self.grooves) if groove not in self.denied]
        groove, colour, *grooves = [*(list(dict.fromkeys(ranked)) or ["neutral"]), ""]
        feel, *feels = [*self.asked["feel"]] or ["straight"]
        density, *densities = [*self.asked["density"]] or ["normal"]
        if densities:
            density, densities = "normal", [density, *densities]
        instruments, a_cappella = self.asked["instrument"], bool(self.asked["a cappella"])
        names = ("choir",) if a_cappella else tuple(instruments)
        parts = self._parts(names)
        silent = [name for name in instruments if name not in _played(names, parts)]
        lost = {"groove": grooves, "feel": feels, "density": densities, "instrument": silent}
        dropped = {(kind, meaning) for kind, meanings in lost.items() for meaning in meanings}
        told = [words for phrase, text in self.phrases for words in _told(phrase, text, dropped)]
        # "Piano solo" is the piano alone where nothing else is named, and a lead elsewhere.
        alone = self.solo or (self.lone and len(instruments) == 1 and groove == "neutral")
        singer = singer_of(style)
        return SketchStyle(
            groove=groove,  # type: ignore[arg-type]
            colour=colour,  # type: ignore[arg-type]
            feel=feel,  # type: ignore[arg-type]
            density=density,  # type: ignore[arg-type]
            solo=alone or a_cappella,
            instruments=names,
            parts=parts,
            without=frozenset(self.without),
            voice=("female" if singer == WOMAN else "male") if singer else "",
            layered=bool(self.asked["layered"]),
            heard=tuple(words for is_known, words in told if is_known),
            ignored=tuple(words for is_known, words in told if not is_known),
        )

    def _parts(self, names: Iterable[str]) -> dict[str, str]:
        """The melodic roles of the named instruments, as far as there are roles."""
        parts: dict[str, str] = {}
        melodic = [name for name in names if INSTRUMENTS[name].role in OTHER_ROLES]
        for name in sorted(melodic, key=lambda name: name != self.featured):
            own = "lead" if name == self.featured else INSTRUMENTS[name].role
            free = [role for role in OTHER_ROLES[own] if role not in parts]
            parts |= dict.fromkeys(free[:1], name)
        return parts


def _played(names: Iterable[str], parts: Mapping[str, str]) -> set[str]:
    """Those that have a part, the first kit and all percussion; 808 is a bass and a kit."""
    roles = {name: INSTRUMENTS[name].role for name in names}
    kits = [name for name in names if roles[name] == "kit" and name != "drums"] or ["808"]
    percussion = [name for name in names if roles[name] == "percussion"]
    return {*parts.values(), *percussion, kits[0], "drums"} & set(names)


def _told(phrase: Phrase, text: str, dropped: Meanings) -> Iterator[tuple[bool, str]]:
    """(known, words as written) of a phrase: terms in a row that mean something, or nothing."""
    terms = [term for term, _ in phrase]
    known = [bool(meanings - dropped) for _, meanings in phrase]
    for place, term in enumerate(terms):  # words that say how others are meant
        if SAYS_HOW & set(term.kinds):
            known[place] |= any(known[place + 1 :]) or any(known[max(0, place - 1) : place])
    joined = [text[a.start : b.start] == f"{a.text}-" for a, b in pairwise(terms)] + [False]
    for place, term in enumerate(terms[:-1]):
        scrap = joined[place] and not term.kinds and len(term.text) <= SCRAP
        between = "small" in term.kinds and place > 0 and known[place - 1]
        known[place] |= (scrap or between) and known[place + 1]
    for is_known, group in groupby(zip(known, terms, joined, strict=False), itemgetter(0)):
        large = [term for _, term, has_more in group if has_more or "small" not in term.kinds]
        if large:
            yield (is_known, text[large[0].start : large[-1].start + len(large[-1].text)])


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
    for phrase in PHRASES.split(APOSTROPHE_RUN.sub("'", compose(style))):
        reading.read(phrase, _terms_of(phrase, singer_of(style)))
    return reading.result(compose(style))


def style_remarks(style: str, sung: bool, meter: str = "") -> tuple[str, ...]:
    """Sentences for people: the groove, what is heard in a style, and what is ignored.

    sung: with lyrics; without, words about voices are ignored. meter: "" if none is said.
    """
    reading = read_style(style)
    heard = [words for words in reading.heard if sung or not _of_voices(words)]
    ignored = [*(words for words in reading.heard if words not in heard), *reading.ignored]
    if reading.groove == "neutral":
        named = f"the style names none that the sketch knows ({KNOWN})"
        remarks = [f"plays a neutral groove: {named if style else 'no style is given'}"]
    else:
        lent = f", with lead and chords of {reading.colour}" if reading.colour else ""
        own = f" in {reading.meter}" if not meter and reading.meter != "4/4" else ""
        remarks = [f"plays a {reading.groove} groove{own}{lent}"]
    for what, phrases in (("heard", heard), ("ignored", ignored)):
        remarks += [f"{what} in the style: {', '.join(phrases)}"] if phrases else []
    return tuple(remarks)
