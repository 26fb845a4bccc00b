"""Escaping of a person's text for markdown and HTML pages.

A backslash stands only where the text would be markup without it (CommonMark 0.31 and GitHub's
extensions of it): `[MAN] ♪ 1.5 s - huggingface.co` needs none. A text may begin a block, a table's
cell, a heading or the label of a link; beyond its ends everything counts as possible.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from html.entities import html5
from string import punctuation

# GitHub makes links of these by itself; in a code span they stay text.
ADDRESS = re.compile(
    r"""(?:(?:[a-z][a-z0-9+.-]*://|(?<![a-z0-9])(?:www\.|mailto:|xmpp:))[^\s<>`|\\\[\]()"']*"""
    r"|[\w.+-]+@[\w-]*(?:\.[\w-]+)+)+",
    re.IGNORECASE | re.ASCII,
)
# What begins a block where a line begins. The last character of a match is escaped.
BLOCK_START = re.compile(
    r"[-+*](?=\s|$)"  # an item of a list
    r"|\d{1,9}[.)](?=\s|$)"  # of a numbered one
    r"|#(?=#{0,5}(?:\s|$))"  # a heading
    r"|>|=(?==*$)|~(?=~~)"  # a quotation, an underline, a fence
    r"|[-:](?=[-: ]*$)"  # a rule across the page, or the one below a table's head
)
HEADING_END = re.compile(r"(?:^|(?<=\s))#+$")  # a heading drops it
ENTITY = re.compile(r"&(#?\w+)(?:;|$)", re.ASCII)
TAG = re.compile(r"<(?:[a-z/!?]|$)", re.IGNORECASE | re.ASCII)
EMOJI = re.compile(r"(?<!\w):[a-z0-9_+-]+:(?!\w)", re.ASCII)
RUN = re.compile(r"(.)\1*", re.DOTALL)
# Characters that reorder what the reader sees (bidirectional controls) or that no one can see.
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def plain(text: str) -> str:
    """One line without control, bidirectional or other invisible characters."""
    spaced = re.sub(r"\s+", " ", text)
    return "".join(c for c in spaced if unicodedata.category(c) not in INVISIBLE).strip()


def markdown(text: str) -> str:
    """`text` as a line of markdown, or a table's cell, that renders as itself.

    Addresses that would become links are put into code spans; there they can still be copied.
    """
    line = plain(text)
    parts, end = [], 0
    for match in ADDRESS.finditer(line):
        address = match[0].rstrip(".,;:!?…*_~")
        parts += [_escape(line, end, match.start()), f"`{address}`"]
        end = match.start() + len(address)
    return "".join([*parts, _escape(line, end, len(line))])


def markup(text: str) -> str:
    """`text` as HTML content or attribute value that renders as itself."""
    return html.escape(plain(text), quote=True)


def _escape(line: str, start: int, end: int) -> str:
    """The text from `start` to `end`, between whose borders no address stands."""
    text = line[start:end]
    marks = {*_brackets(text, at_start=start == 0), *_runs(text, at_start=start == 0)}
    if start == 0 and (block := BLOCK_START.match(text)):
        marks.add(block.end() - 1)
    if end == len(line) and (closing := HEADING_END.search(text)):
        marks.add(closing.start())
    entities = {match.start(): "&amp;" for match in ENTITY.finditer(text) if _is_entity(match[1])}
    entities |= {match.start(): "&lt;" for match in TAG.finditer(text)}
    marks |= {match.start() for match in EMOJI.finditer(text)}
    return "".join(
        entities.get(place) or (f"\\{mark}" if place in marks else mark)
        for place, mark in enumerate(text)
    )


def _runs(text: str, *, at_start: bool) -> Iterator[int]:
    """Places of the characters that emphasise, strike out, quote code or part a table's cells."""
    for run in RUN.finditer(text):
        before, after = text[: run.start()][-1:], text[run.end() :][:1]
        if _is_mark(run[1], before, after, is_first=at_start and not before):
            yield from range(*run.span())
        elif run[1] == "\\":  # it escapes a mark that follows it, but no letter
            yield from range(*run.span()) if len(run[0]) > 1 else ()


def _is_mark(mark: str, before: str, after: str, *, is_first: bool) -> bool:
    """True if a run of `mark` between these characters ("" at a border) may be markup."""
    if mark in "`|":
        return True
    if mark == "\\":
        return not after or after in punctuation
    if mark not in "*_~$" or (before.isspace() and after.isspace()):
        return False
    if mark == "_":  # within a word it emphasises nothing
        return not (before.isalnum() and after.isalnum())
    if mark in "~$":  # before a word it can open, and there is none that could close
        return not ((before.isspace() or is_first) and after.isalnum())
    return True


def _is_entity(name: str) -> bool:
    """True for #35 and amp, not for the B of R&B."""
    return name[0] == "#" or f"{name};" in html5


def _brackets(text: str, *, at_start: bool) -> Iterator[int]:
    """Places of the brackets that could be part of a link, a footnote or a box to tick."""
    opened: list[int] = []
    for place, mark in enumerate(text):
        if mark == "[":
            opened.append(place)
        elif mark == "]" and opened:
            first = opened.pop()
            inside, after = text[first + 1 : place], text[place + 1 :][:1]
            leads = not after or after in "([" or inside.startswith("^")
            begins = at_start and first == 0
            if leads or (begins and (after == ":" or inside in (" ", "x", "X"))):
                yield from (first, place)
        elif mark == "]":
            yield place
    yield from opened
