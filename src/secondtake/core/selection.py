"""A part of a song in the words of a command line: numbers, ranges, kinds and titles."""

import re

from secondtake.core.errors import UserError
from secondtake.core.song import Segment, Song
from secondtake.core.validation import fold, shorten_repr, suggest_nearest

NUMBER = re.compile(r"[0-9]{1,9}")
RANGE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
SPACED_DASH = re.compile(r"(?<=[0-9])\s*[-–—]\s*(?=[0-9])")  # "7 - 10" and "7–10" are ranges too
SEGMENT = re.compile(r"\bsegments?\s+(?=[0-9])", re.IGNORECASE)  # "segment 7" is a 7


def select_segments(song: Song, text: str, where: str) -> tuple[int, ...]:
    """The numbers of "7-10,12 chorus", each once, as typed; () for "".

    A word is a number, a range of numbers of which some exist, a kind or a title. UserError naming
    `where`, with the nearest segment, for anything else.
    """
    whole = [segment for segment in song.segments if fold(segment.title) == fold(text.strip())]
    if whole:  # a title of several words is one title
        return tuple(segment.number for segment in whole)
    words = SEGMENT.sub("", SPACED_DASH.sub("-", text)).replace(",", " ").split()
    numbers = [number for word in words for number in _numbers(song, word, where)]
    if text.strip() and not numbers:
        raise UserError(f"{where}: {shorten_repr(text)} names no segment; {_known(song)}")
    return tuple(dict.fromkeys(numbers))


def select_segment(song: Song, text: str, where: str) -> int:
    """The number of the one segment that is meant. UserError naming `where` if it is not one."""
    match select_segments(song, text, where):
        case [number]:
            return number
        case []:
            raise UserError(f"{where}: {shorten_repr(text)} names no segment; {_known(song)}")
        case numbers:
            which = f"segments {', '.join(map(str, numbers))}; give one of them"
            raise UserError(f"{where}: {shorten_repr(text)} names {which}")


def _numbers(song: Song, word: str, where: str) -> list[int]:
    """The numbers that one word stands for."""
    existing = [segment.number for segment in song.segments]
    if NUMBER.fullmatch(word):
        if int(word) not in existing:
            raise UserError(f"{where}: {_no_segment(song, word)}")
        return [int(word)]
    if match := RANGE.fullmatch(word):
        first, last = int(match[1]), int(match[2])
        if first > last:
            raise UserError(f"{where}: {word} runs backwards; type {last}-{first}")
        if inside := [number for number in existing if first <= number <= last]:
            return inside
        raise UserError(f"{where}: no segment from {first} to {last}; {_known(song)}")
    if named := [s.number for s in song.segments if fold(word) in _names(s)]:
        return named
    names = [name for segment in song.segments for name in (segment.kind, segment.title)]
    near = suggest_nearest(word, [*names, *map(str, existing)])
    hint = "write numbers, a range as in 7-10, or a kind as in chorus"
    raise UserError(f"{where}: {shorten_repr(word)} names no segment; {near}{hint}; {_known(song)}")


def _names(segment: Segment) -> set[str]:
    """Spellings of a segment besides its number, folded: those in a take's name among them."""
    number, kind = f"segment{segment.number}", fold(segment.kind)
    return {kind, fold(segment.title), number, f"{number}_{kind}"}


def _no_segment(song: Song, word: str) -> str:
    near = suggest_nearest(word, [str(segment.number) for segment in song.segments])
    return f"{song.path}: no segment {int(word)}; {near}{_known(song)}"


def _known(song: Song) -> str:
    return "the song has " + ", ".join(str(segment.number) for segment in song.segments)
