"""Lyrics as people paste them, read once for every model: what is sung, line by line.

Times of LRC files, chords of ChordPro files and tab sites, names of sections, repeat signs and
directions are no words. They are left out and listed; inside a word they leave no gap. What may be
one or the other goes by a rule (docs/song-format.md) and is asked about in a remark.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from secondtake.core.chord_lines import CHORD_TAG, TAB, is_chord_line
from secondtake.core.letters import compose, fold
from secondtake.core.lyrics_marks import (
    ABBREVIATIONS,
    AGAIN,
    AGAIN_AT_END,
    ARTICLE,
    BACKGROUND,
    BLOCK,
    BLOCK_END,
    BRACKETS,
    BREAK,
    COUNTED,
    COUNTS,
    CREDIT,
    DECORATED,
    DIRECTION,
    FILE_TAG,
    GROUP,
    HEAD_TAG,
    HEADER_PREFIX,
    LINE_TIME,
    LINE_TIMES,
    NOTE,
    NUMBERED,
    OTHER_NOTES,
    QUOTES,
    REPEAT_SIGNS,
    REPEAT_VERB,
    SINGER_PREFIX,
    SOUNDS,
    SQUARE,
    STYLE,
    SUBTITLE,
    TIME,
    TOKEN,
    TWO_TIMES,
    VOICE_PREFIX,
    WEB_PAGE,
)
from secondtake.core.prompts.style import speaks_of_voices
from secondtake.core.section_names import Certainty, SectionName, section_name

LONGEST_ASIDE = 4  # words in brackets behind a section's name
SHORT = 3  # words behind "Verse 1:" that may be a singer's name
SHOWN = 6  # of what is left out, by name

TokenKind = Literal["words", "tag", "note"]


@dataclass(frozen=True)
class Token:
    """A part of a line. tag: no words of the song, unless a model knows it as a sound."""

    kind: TokenKind
    text: str


@dataclass
class Line:
    """One line. left_out: times and chords, which were inside its words or instead of them."""

    tokens: list[Token] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words that are sung."""
        text = ""
        for token in self.tokens:
            if token.kind == "words":
                text += token.text if not text or token.text[0] in ",.;:!?…)" else f" {token.text}"
        return text


@dataclass
class Lyrics:
    """What a text gives a singer to sing. asked: lines that a person should look at, and why."""

    lines: list[Line] = field(default_factory=list)
    mended: bool = False  # a bracket without its other half
    again: bool = False  # a sign to sing something once more
    kept: list[str] = field(default_factory=list)  # sung, though they may name a section
    dropped: list[str] = field(default_factory=list)  # left out, though they may be words

    @property
    def text(self) -> str:
        """The words, line by line; an empty line where there are none."""
        return "\n".join(line.text for line in self.lines)

    @property
    def tags(self) -> list[str]:
        """Names of sections, directions, and whatever stands in square brackets, as written."""
        return [token.text for line in self.lines for token in line.tokens if token.kind == "tag"]

    @property
    def notes(self) -> int:
        """How many ♪ stand around words."""
        return sum(token.kind == "note" for line in self.lines for token in line.tokens)

    @property
    def left_out(self) -> list[str]:
        """Everything that is no word, as it was written."""
        others = [text for line in self.lines for text in line.left_out]
        return [*others, *self.tags]

    @property
    def questions(self) -> list[str]:
        """Sentences on what was sung or left out by a rule, for a person to settle."""
        sentences = []
        if self.again:
            sentences.append("what is to be sung again must be written again")
        if self.kept:
            texts = shorten(self.kept)
            sentences.append(f"{texts} will be sung; put it in square brackets to leave it out")
        if self.dropped:
            texts = shorten(self.dropped)
            sentences.append(f"{texts}: if it is to be sung, write it without its brackets")
        return sentences


def shorten(texts: list[str]) -> str:
    """A list for a sentence: the first few, and how many there are in all."""
    unique = list(dict.fromkeys(texts))
    more = f", … ({len(unique)} in all)" if len(unique) > SHOWN else ""
    return ", ".join(unique[:SHOWN]) + more


def lyrics_remarks(lyrics: str) -> tuple[str, ...]:
    """Sentences for a person about the reading of a text."""
    reading = read_lyrics(lyrics)
    left_out = [f"left out, as no words: {shorten(reading.left_out)}"] if reading.left_out else []
    return (*left_out, *reading.questions)


def read_lyrics(text: str) -> Lyrics:
    """Read a text. It stays as it is where it is sung: letters, marks, capitals."""
    text = OTHER_NOTES.sub(NOTE, compose(text)).translate(SQUARE)
    reading, block = Lyrics(), False
    text, around = BACKGROUND.sub(r"(\1)", text), []
    has_times = len(LINE_TIMES.findall(text)) > 1
    for pattern in (SUBTITLE, WEB_PAGE, LINE_TIMES if has_times else LINE_TIME):
        text, found = _without(pattern, text)
        around += found
    lines = text.split("\n")
    has_chords = any(CHORD_TAG.search(line) or is_chord_line(line, False) for line in lines)
    for raw in lines:
        line = Line()
        if block or BLOCK.match(raw):
            block = not BLOCK_END.match(raw)
            line.left_out = [raw.strip()] if raw.strip() else []
        else:
            _read_line(raw, line, reading, has_chords)
        reading.lines.append(line)
    reading.lines[0].left_out[:0] = around
    left_out = (COUNTED.search(text) or is_repeat(text) for text in reading.left_out)
    reading.again = reading.again or any(left_out)
    return reading


def _without(pattern: re.Pattern[str], text: str) -> tuple[str, list[str]]:
    """The text without what the pattern finds, and what that was."""
    return pattern.sub("", text), [match.group().strip() for match in pattern.finditer(text)]


def _read_line(raw: str, line: Line, reading: Lyrics, has_chords: bool) -> None:
    reading.again = reading.again or bool(TWO_TIMES.match(raw))
    text, times = _without(TIME, raw)
    text, chords = _without(CHORD_TAG, BREAK.sub(" ", text))
    if times and (voice := VOICE_PREFIX.match(text)):
        text = text[voice.end() :]
    text, styles = _without(STYLE, text)
    text, signs = _without(REPEAT_SIGNS, text) if not TAB.fullmatch(text) else (text, [])
    reading.again = reading.again or bool(signs)
    line.left_out = times + chords + styles + signs
    bare = text.strip()
    if not bare:
        return
    chord_line = is_chord_line(HEAD_TAG.sub("", text), has_chords)
    if TAB.fullmatch(text) or chord_line or CREDIT.fullmatch(bare):
        line.left_out.append(bare)
    elif _is_header(bare.strip(f"{NOTE} "), reading):  # nobody sings it, between notes neither
        line.tokens = [Token("tag", bare)]
    else:
        if _begins_stanza(reading) and (number := NUMBERED.match(text)):
            line.left_out.append(number[0].strip())
            text = text[number.end() :]
        words = _without_prefix(text, line, reading)
        if line.tokens and is_chord_line(words, has_chords):  # "Intro: Am F"
            line.left_out.append(words.strip())
        else:
            _read_words(words, line, reading)


def _is_header(text: str, reading: Lyrics) -> bool:
    """True for a line that names a section, or says to repeat one, and nothing else."""
    before, body, after = DECORATED.fullmatch(text).groups()  # type: ignore[union-attr]
    body, colon = body.strip().rstrip(":：").strip(), body.strip()[-1:] in (":", "：")
    groups, outside = GROUP.findall(body), GROUP.sub(" ", body).strip()
    is_marked = colon or bool(before.strip(QUOTES) and after.strip(QUOTES))
    is_marked = is_marked or any(mark in before for mark in "#*=>") or bool(BRACKETS.match(body))
    is_abbreviated = fold(body).partition(" ")[0] in ABBREVIATIONS
    is_marked = is_marked or is_abbreviated or any(map(section_name, groups))
    inside = BRACKETS.sub(" ", body).strip()
    if before and not before.strip("#") and text[len(before) :][:1] == " ":
        return True  # a heading of Markdown, a comment of ChordPro
    section = section_name(inside)
    if section is None and groups and (outer := section_name(outside)):
        words = sum(len(group.split()) for group in groups)
        is_aside = words <= LONGEST_ASIDE and outer.stands_alone
        if all(map(_is_direction, groups)):  # "Bridge (spoken)"
            section = replace(outer, qualified=True)
        elif is_aside:
            section = outer
    if section is None and (section := _directed(inside)):
        is_marked = True
    section = section or (section_name(ARTICLE.sub("", inside, count=1)) if is_marked else None)
    if section and not (is_marked or section.stands_alone):
        if section.certainty > Certainty.WORD or _begins_stanza(reading):
            reading.kept.append(text)
        return False
    if section is None and _is_repeat_line(inside, bool(is_marked), reading, text):
        return True
    return section is not None


def _begins_stanza(reading: Lyrics) -> bool:
    """True before the first words, and behind an empty line: there, names of sections stand."""
    return not reading.lines or not reading.lines[-1].tokens


def _directed(text: str) -> SectionName | None:
    """The section of "Verse 1 - softly", "Chorus: repeat"."""
    name, mark, rest = re.match(r"([^:：–—-]*)([:：–—-]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    said = rest.strip()
    section = section_name(name) if mark and said else None
    return section if section and (_is_direction(said) or is_repeat(said)) else None


def _is_repeat_line(inside: str, is_marked: bool, reading: Lyrics, text: str) -> bool:
    if not is_repeat(inside):
        return is_marked and DIRECTION.fullmatch(fold(inside)) is not None
    verb = REPEAT_VERB.fullmatch(fold(inside))
    if is_marked or COUNTED.fullmatch(inside) or (verb and verb["what"]) or not inside.isascii():
        return True
    reading.kept.append(text)  # "Repeat", "bis"
    return False


def is_repeat(text: str) -> bool:
    """True for "x2", "(bis)", "repeat chorus": a sign to sing something again."""
    bare = " ".join(fold(BRACKETS.sub(" ", text)).split())
    if verb := REPEAT_VERB.fullmatch(bare):
        what = verb["what"].strip()
        return not what or COUNTS.fullmatch(what) is not None or section_name(what) is not None
    return AGAIN.fullmatch(bare) is not None


def _is_direction(text: str) -> bool:
    """True for what nobody sings in round brackets: (spoken), (x2), (Chorus), (Bridge 2)."""
    section = section_name(text)
    if section and (section.certainty == Certainty.SURE or section.numbered):
        return True
    return is_repeat(text) or DIRECTION.fullmatch(" ".join(fold(text).split())) is not None


def _without_prefix(text: str, line: Line, reading: Lyrics) -> str:
    """The line behind "Chorus:", "Verse 1 -", "男：", which become tags."""
    if singer := SINGER_PREFIX.match(text):
        line.tokens.append(Token("tag", singer[1]))
        return text[singer.end() :]
    header = HEADER_PREFIX.fullmatch(text)
    section = section_name(BRACKETS.sub(" ", header[1]).strip(" :：–—-#*")) if header else None
    if header is None or section is None or NOTE in header[1]:
        return text
    has_colon = header[1].rstrip()[-1] in ":："
    least = Certainty.NAME if has_colon else Certainty.SURE
    if not section.numbered and section.certainty < least:
        if has_colon:
            reading.kept.append(header[1].strip())
        return text
    line.tokens.append(Token("tag", header[1].strip()))
    if len(header[2].split()) <= SHORT and len(header[2]) < 30:
        reading.kept.append(header[2].strip())
    return header[2]


def _read_words(text: str, line: Line, reading: Lyrics) -> None:
    while again := AGAIN_AT_END.search(text.rstrip()):
        line.left_out.append(again.group().strip())
        text = text.rstrip()[: again.start()]
    for part in TOKEN.split(text):
        inside = part[1:-1].strip()
        if part == NOTE:
            line.tokens.append(Token("note", NOTE))
        elif part.startswith("[") and part.endswith("]"):
            line.tokens.append(Token("tag", part))
            if not _is_known(inside):
                reading.dropped.append(part)
        elif part[:1] in ("(", "（", "<") and _is_direction(inside) and not _echoes(inside, line):
            line.tokens.append(Token("tag", part))
        else:
            reading.mended = reading.mended or "[" in part or "]" in part
            if words := " ".join(part.replace("[", " ").replace("]", " ").split()):
                line.tokens.append(Token("words", words))


def _echoes(inside: str, line: Line) -> bool:
    """True for a second voice: "killing me softly (softly)"."""
    return bool(inside) and fold(line.text).rstrip(" ,.!?").endswith(fold(inside))


def _is_known(inside: str) -> bool:
    """True for a tag that is plainly none of the song's words."""
    head = re.split(r"[:,–—-]", inside)[0]
    names = section_name(head) or section_name(inside) or FILE_TAG.fullmatch(inside)
    name = " ".join(fold(inside).split())
    is_sound = name in SOUNDS or DIRECTION.fullmatch(name) or is_repeat(inside)
    return not inside or bool(names or is_sound or speaks_of_voices(inside))
