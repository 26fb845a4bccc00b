"""Lyrics to phrases, each with the language that its words suggest.

A phrase ends at a comma, a stop or a line's end. Its language is voted on by its words:
function words of each language, letters that only one of them writes, and endings. Inside a
phrase, a word that cannot be of the phrase's language (`Whisper` in `Whisper del futuro`) is
said with the other's voice. Only Spanish and English are told apart; other languages are taken
from the segment's tags, the first one for every phrase.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

PHRASE_ENDS = re.compile(r"[,;:.!?¡¿…\n()\[\]\"“”«»]+|\s[-–—]+\s")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
STAGE_DIRECTION = re.compile(r"\[[^\]]*\]|\([^)]*\)|♪")
SPANISH = frozenset(
    "a al amor como con conmigo contigo de del desde donde el ella en eres es esta este futuro la "
    "las lo los más me mi mis muy nada ni no noche nos para pero por que quiero se si sin sobre "
    "somos soy su sus te todo tu tus un una uno vida y ya yo".split()
)
ENGLISH = frozenset(
    "a an and are as at be but by can do for from have i in is it its love me my no not of on "
    "or our play so that the their they this to up us was we were what when "
    "who will with you your".split()
)
ONLY_SPANISH = re.compile(r"[ñáéíóú¿¡ü]|ción$|mente$|[aeo]r$|[aeiou]s?$|ll[aeo]|rr")
ONLY_ENGLISH = re.compile(
    r"wh|sh|th|ck|gh|oo|ee|ph|w|k|'|’|ing$|ed$|ly$|[bcdfgjkmpqtvwxz]$|[^aeiounlsr]s$|[^aeiou]y$"
)
STRONG = 2.0  # a letter that the other language does not write
FOREIGN = re.compile(r"wh|sh|th|ck|gh|^w|k")  # no Spanish word is written so


@dataclass(frozen=True)
class Run:
    """Neighbouring words said in one language."""

    text: str
    language: str


@dataclass(frozen=True)
class Phrase:
    """One breath: its runs in order, and whether a sentence or line ends with it."""

    runs: tuple[Run, ...]
    ends_sentence: bool

    @property
    def text(self) -> str:
        """The words as they are said."""
        return " ".join(run.text for run in self.runs)


def phrases_of(lyrics: str, languages: Sequence[str]) -> list[Phrase]:
    """Split lyrics into phrases. Notes in brackets ([Chorus], (softly)) are not sung."""
    sung = STAGE_DIRECTION.sub(" ", lyrics)
    found, at = [], 0
    for match in [*PHRASE_ENDS.finditer(sung), None]:
        text = sung[at : match.start() if match else len(sung)]
        if words := WORD.findall(text):
            mark = match.group() if match else "."
            found.append(Phrase(_runs(words, languages), any(c in mark for c in ".!?…\n")))
        at = match.end() if match else at
    return found


def language_of(words: Sequence[str], languages: Sequence[str]) -> str:
    """`es` or `en` by the words' votes, where the tags hold both; else the first tag."""
    if not {"es", "en"} <= set(languages):
        return languages[0] if languages else "en"
    spanish = sum(_vote(word.lower(), SPANISH, ONLY_SPANISH) for word in words)
    english = sum(_vote(word.lower(), ENGLISH, ONLY_ENGLISH) for word in words)
    if spanish == english:
        return languages[0]
    return "es" if spanish > english else "en"


def _vote(word: str, known: frozenset[str], letters: re.Pattern[str]) -> float:
    strong = STRONG if re.search(r"[ñáéíóúü]", word) and letters is ONLY_SPANISH else 0.0
    return strong + 1.5 * (word in known) + bool(letters.search(word))


def _runs(words: Sequence[str], languages: Sequence[str]) -> tuple[Run, ...]:
    language = language_of(words, languages)
    tagged: list[tuple[str, list[str]]] = []
    for word in words:
        own = language
        if language == "es" and "en" in languages and FOREIGN.search(word.lower()):
            own = "en"
        if tagged and tagged[-1][0] == own:
            tagged[-1][1].append(word)
        else:
            tagged.append((own, [word]))
    return tuple(Run(" ".join(group), own) for own, group in tagged)
