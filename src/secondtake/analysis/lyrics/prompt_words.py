"""Words of a take's prompt that are sung or spoken, although no lyrics ask for them.

A model that takes a style tag, a tempo, a singer's tag or the name of a section for lyrics sings
it: "Latin trap, man, we whisper …". Evidence is what a recogniser wrote down. A word of the lyrics
is none, nor a word that may be one of theirs misheard, nor a word that songs are full of.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from secondtake.analysis.lyrics.text import (
    TAG,
    edit_distance,
    is_unspaced,
    normalise,
    spell_numbers,
)
from secondtake.core.lyrics import read_lyrics

SEPARATORS = re.compile(r"[,;:!?¡¿|/\n()\[\]{}♪*#–—、。，：；！？（）]|\.(?!\d)|\s-\s")
RARE_LETTERS = 5  # of a word that is evidence by itself; shorter ones are misheard too easily
LEAST_LETTERS = 3  # of a word that tells a whole tag from lyrics
MISHEARD = 3  # a word within a third of its letters of a word of the lyrics may be that word
ABBREVIATIONS = frozenset(("bpm", "edm", "dnb", "rnb"))  # of genres and tempo, in no song
# Words of styles that songs are full of, and those of which every text is.
COMMON = frozenset(
    normalise("""
    about after again alone always angel another around baby beautiful because before believe better
    between break bright broken chance crazy dance dancing dark dream dreams dreamy earth every
    everybody everything falling feel feeling fight fire forever girl girls good happy heart hearts
    heaven inside high home kiss laugh life light lights little lonely long lost love lovely loving
    magic moment money moon morning mother music never night nights nothing ocean party people place
    playing power rain rainy ready really right river romantic shine singing slow smile smooth soft
    somebody something song soul sound sounds space star stars still street strong summer sunny
    sunset sunshine sweet sweetheart their there these thing things think those through time
    together tonight under voice wanna warm water where which while wild winter without woman world
    would young
    and are but for from her him his into its just like not now off our out over she that the them
    then they this was way were what when who will with you your all one two
    agua alegre alma amor ante aquí baila bailar beso calle casa cielo corazón como con cuando desde
    después día donde dulce ella ellos entre esta este fuego fuerte luna luz mujer mundo nada noche
    nunca otra otro para pero por porque quiero siempre sobre sol solo suave sueño sueños tiempo
    tierra todo todos triste una uno vida voz
    aber alle auch auf aus dann dass dein deine denn der die das ein eine einen einmal feuer für
    ganz glück gut herz heute himmel hier ich ihr immer jetzt kein leben leicht leise licht liebe
    mein meine mich mit nacht nicht noch nur oder schon schön sein sie sommer sonne stark stille
    stimme süß tanz tanzen traum träume über und unter vom von warum was welt wenn wie wir wird zeit
    zum zur
    amour avec cest coeur comme dans danse des doux elle encore être feu femme ici jamais jour les
    leur lumière lune mais mer mon monde nuit nous pas pluie plus pour quand que qui rêve sans ses
    soir soleil son sous sur temps toi toujours tout une vie voix vous
    """)
)


class PromptSource(Protocol):
    """The part of a job that says how its words are to sound."""

    @property
    def prompt(self) -> str: ...
    @property
    def style(self) -> str: ...
    @property
    def lyrics(self) -> str: ...
    @property
    def bpm(self) -> float: ...
    @property
    def key(self) -> str: ...


@dataclass(frozen=True)
class PromptTag:
    """A phrase of a prompt. bracketed: as `[MAN]`, so that it counts even if it is short."""

    text: str
    bracketed: bool = False


def prompt_tags(source: PromptSource, texts: Iterable[str] = ()) -> tuple[PromptTag, ...]:
    """The phrases of a prompt and a style, tags and section names, tempo and key; each once.

    Phrases of the lyrics are among them where the prompt has the lyrics. texts: further ones that
    the model reads, which may name sections by its own words: [chorus] for Estribillo.
    """
    tags = [tag[1:-1] for text in (source.prompt, *texts) for tag in TAG.findall(text)]
    tags += read_lyrics(source.lyrics).tags
    phrases = [*SEPARATORS.split(source.style), *SEPARATORS.split(TAG.sub("\n", source.prompt))]
    bracketed = dict.fromkeys(map(_tidy, tags), True)
    bare = dict.fromkeys(map(_tidy, (*phrases, f"{source.bpm:g} BPM", source.key)), False)
    return tuple(PromptTag(*tag) for tag in (bare | bracketed).items() if tag[0])


def _tidy(text: str) -> str:
    return " ".join(SEPARATORS.sub(" ", text).casefold().split())


def sung_prompt(
    tags: Iterable[PromptTag],
    lyrics: Sequence[str],
    recognised: Sequence[str],
    languages: Sequence[str] = (),
) -> tuple[str, ...]:
    """The tags, or rare words of tags, that are among the recognised words; () if none is.

    lyrics, recognised: normalised words. languages: in which numbers may have been said. A short
    tag counts beside another, and in brackets also if it is common, or as the first words of all.
    """
    spoken = {tag: tuple(spell_numbers(normalise(tag.text), recognised, languages)) for tag in tags}
    found = {
        tag: evidence
        for tag, words in spoken.items()
        if (evidence := _evidence(tag, words, lyrics, recognised))
    }
    for tag, words in spoken.items():
        place = _place(recognised, words)
        is_new = not any(_is_like(word, sung) for word in words for sung in lyrics)
        is_first = tag.bracketed and place == 0
        is_beside = bool(found) and (tag.bracketed or not COMMON.intersection(words))
        if place is not None and is_new and (is_first or is_beside):
            found.setdefault(tag, (tag.text,))
    names = dict.fromkeys(text for tag in spoken for text in found.get(tag, ()))
    longer = {word for name in names for word in name.split() if word != name}
    return tuple(name for name in names if name not in longer)


def _evidence(
    tag: PromptTag, words: tuple[str, ...], lyrics: Sequence[str], recognised: Sequence[str]
) -> tuple[str, ...]:
    """The whole tag if it was recognised and tells itself from lyrics, else its rare words."""
    telling = [word for word in words if _is_telling(word, lyrics)]
    has_evidence = any(map(_is_rare, telling)) or (len(words) > 1 and bool(telling))
    if all(map(is_unspaced, words)):
        has_evidence = len(words) > 1
    if has_evidence and None is _place(lyrics, words) and None is not _place(recognised, words):
        return (tag.text,)
    # As the tag has them; a number that was written out counts as a part of its tag only.
    written = {word: part for part in tag.text.split() for word in normalise(part)}
    rare = (word for word in telling if _is_rare(word) and word in recognised)
    return tuple(written[word] for word in rare if word in written)


def _is_telling(word: str, lyrics: Sequence[str]) -> bool:
    """True if neither a common word nor one of the lyrics, however it was misheard."""
    is_word = len(word) >= LEAST_LETTERS and word not in COMMON
    return is_word and not any(_is_like(word, sung) for sung in set(lyrics))


def _is_like(word: str, sung: str) -> bool:
    return edit_distance(word, sung) * MISHEARD <= len(word)


def _is_rare(word: str) -> bool:
    return len(word) >= RARE_LETTERS or word in ABBREVIATIONS


def _place(text: Sequence[str], words: Sequence[str]) -> int | None:
    """Where the words stand in the text one after the other; None if nowhere."""
    starts = range(len(text) - len(words) + 1) if words else ()
    return next((at for at in starts if tuple(text[at : at + len(words)]) == tuple(words)), None)
