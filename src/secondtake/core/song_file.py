"""The text of a song file as TOML tables; what is no TOML is refused with place and remedy."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from secondtake.core.errors import UserError
from secondtake.core.validation import did_you_mean

MAX_FILE_BYTES = 1 << 18  # four times the words of an opera
MOST_PARTS = 8  # of a dotted name; segment.bark.voice has three. Parsing takes their square
# What may hold any text, and is no name: strings, closed or not, and comments. Before the three
# quotes that end a string, two more may belong to it.
NO_NAMES = re.compile(
    r"""\"{3}(?:\\.|[^\\])*?(?:\"{3,5}|\Z)|'{3}.*?(?:'{3,5}|\Z)"""
    r"""|"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?|\#[^\n]*""",
    re.DOTALL,
)
LONG_NAME = re.compile(rf"(?<![\w-])[\w-]+(?:[ \t]*\.[ \t]*[\w-]+){{{MOST_PARTS},}}")
# A line that gives a text without its quotes: meter = 3/4
UNQUOTED = re.compile(
    r"\s*(?P<key>title|style|kind|lyrics|key|meter|results|baseline|prompt)\s*=\s*"
    r"(?P<text>[^\s\"'\[{#][^\"'#]{0,60}?)\s*(?:#.*)?"
)
SEGMENT = re.compile(r"\s*\[\[\s*segment\s*\]\]")
NUMBER = re.compile(r"^\s*number\s*=\s*(\d{1,4})\b", re.MULTILINE)
ERROR_LINE = re.compile(r"at line (\d+)")  # in the message of a TOMLDecodeError


def read_song_file(path: Path) -> dict[str, Any]:
    """The tables of a song file. UserError if it cannot be read, is too long, or is no TOML."""
    try:
        if not path.is_file() and path.exists():  # a pipe or a device may never end
            raise UserError(f"{path}: not a file; give a song file, songs/<name>.toml")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UserError(f"{path}: larger than {MAX_FILE_BYTES} bytes; is it a song file?")
        text = path.read_text(encoding="utf-8-sig")  # Windows editors sign UTF-8
    except FileNotFoundError:
        songs = sorted(p.name for p in path.parent.glob("*.toml")) if path.parent.is_dir() else []
        hint = f"; {did_you_mean(path.name, songs)}" if songs else ""
        raise UserError(f"{path}: no such song file{hint}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    try:
        return parse_toml(text)
    except RecursionError:
        raise UserError(f"{path}: tables or lists nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        hint = _missing_quotes(text, str(error))
        raise UserError(f"{path}: {hint}not valid TOML: {error}") from None


def parse_toml(text: str) -> dict[str, Any]:
    """The tables of a text. ValueError or RecursionError if it is no TOML, or would take long."""
    if len(text) > MAX_FILE_BYTES:
        raise ValueError(f"larger than {MAX_FILE_BYTES} bytes")
    if LONG_NAME.search(NO_NAMES.sub("_", text)):
        raise ValueError(f"a name of more than {MOST_PARTS} parts with dots between")
    return tomllib.loads(text)


def _missing_quotes(text: str, message: str) -> str:
    """The place and the remedy, if the line of a TOML error gives a text without quotes; or ""."""
    number = ERROR_LINE.search(message)
    lines = text.replace("\r\n", "\n").split("\n")
    last = int(number[1]) if number else 0
    match = UNQUOTED.fullmatch(lines[last - 1]) if 0 < last <= len(lines) else None
    if match is None or not match["text"].isprintable():
        return ""
    key, value = match["key"], match["text"]
    return f'{_segment_of(lines, last)}{key}: a text stands in quotes: {key} = "{value}"; '


def _segment_of(lines: Sequence[str], last: int) -> str:
    """The segment that a line is in, by its number if that can be read: `segment 7: `, or ""."""
    starts = [n for n, line in enumerate(lines) if SEGMENT.match(line)]
    place = sum(start < last for start in starts)
    if not place:
        return ""
    own = "\n".join(lines[starts[place - 1] : (*starts, len(lines))[place]])
    number = NUMBER.search(own)
    return f"segment {number[1] if number else f'in place {place}'}: "
