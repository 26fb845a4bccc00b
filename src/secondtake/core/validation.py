"""Input validation: names that become paths, and TOML tables that know their place in a file."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secondtake.core.errors import UserError
from secondtake.core.redaction import redact

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LONGEST_PART = 255  # bytes that file systems allow for one part of a path
LONGEST_PATH = 500  # bytes; the project's own folder comes before it, and macOS allows 1024
MOVABLE = ("results", "songs")
MAX_REPR = 80  # characters of a wrong value that an error message repeats


def shorten_repr(value: Any) -> str:
    """A wrong value for an error message: on one line, at most MAX_REPR characters, no token."""
    try:
        text = redact(repr(value))
    except (ValueError, RecursionError):  # a number of thousands of digits, a bottomless nest
        return f"a very long {type(value).__name__}"
    return text if len(text) <= MAX_REPR else f"{text[: MAX_REPR - 1]}…"


def check_name(name: str, where: str) -> str:
    """Return `name` if it can be one part of a path; UserError naming `where` otherwise."""
    if not SAFE_NAME.fullmatch(name) or name.endswith("."):
        raise UserError(
            f"{where}: {shorten_repr(name)} cannot be a file name; use letters, digits, '.', '_' "
            "or '-', starting with a letter or digit, at most 64 characters"
        )
    return name


def resolve_inside(root: Path, relative: str, where: str) -> Path:
    """Resolve `relative` below `root`; UserError naming `where` if it leads anywhere else."""
    shown = shorten_repr(relative)
    if "\0" in relative:
        raise UserError(f"{where}: the path {shown} contains a NUL character")
    longest = max(len(part.encode()) for part in relative.split("/"))
    if longest > LONGEST_PART or len(relative.encode()) > LONGEST_PATH:
        raise UserError(f"{where}: the path {shown} is too long for a file")
    path = root / relative
    home = relative.startswith("~")  # a shell would take it for the user's home
    if home or Path(relative).is_absolute() or not _resolves_inside(root, path, where):
        raise UserError(f"{where}: {shown} leads out of the project; give a path inside {root}")
    return path


def is_inside(root: Path, path: Path) -> bool:
    """True if `path` leads to a place below `root`, or below one of root's MOVABLE folders, which
    its owner may have made a link to another disk."""
    folders = [root, *(root / name for name in MOVABLE if root / name in path.parents)]
    return any(path.resolve().is_relative_to(folder.resolve()) for folder in folders)


def _resolves_inside(root: Path, path: Path, where: str) -> bool:
    try:
        return is_inside(root, path)
    except (OSError, RuntimeError):  # Python 3.11 and 3.12 say RuntimeError
        raise UserError(f"{where}: the links of {path} lead in a circle") from None


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """A sentence that lists the allowed names, with the nearest one first where one is near."""
    allowed = sorted(allowed)
    return f"{suggest_nearest(name, allowed)}known: {', '.join(allowed)}"


def suggest_nearest(name: str, allowed: Iterable[str]) -> str:
    """A question with the nearest of the allowed names; "" where none is near."""
    by_spelling = {fold(candidate): candidate for candidate in reversed(list(allowed))}
    near = difflib.get_close_matches(fold(name[:LONGEST_PART]), by_spelling, n=1)
    return f"did you mean {by_spelling[near[0]]!r}? " if near else ""


def fold(name: str) -> str:
    """A name without what people type in several ways: case, and -, _ or a space between words."""
    return unicodedata.normalize("NFC", name).casefold().replace("-", "_").replace(" ", "_")


def match_name(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that is meant: this one, or the only one that differs in spelling alone."""
    names = list(allowed)
    alike = [candidate for candidate in names if fold(candidate) == fold(name)]
    return name if name in names else alike[0] if len(alike) == 1 else None


TIME = re.compile(r"(?:(?:([0-9]{1,2}):)?([0-9]{1,4}):)?([0-9]{1,6}(?:\.[0-9]{0,9})?)")
SIXTY = 60  # seconds of a minute, minutes of an hour


def parse_time(text: str, where: str) -> float:
    """Seconds of "65", "65.5", "1:05", "1:05.5" or "0:01:05"; UserError naming `where`."""
    wanted = "write seconds (65.5), minutes (1:05.5) or hours (0:01:05)"
    match = TIME.fullmatch(text.strip())
    if not match:
        raise UserError(f"{where}: {shorten_repr(text)} is no time; {wanted}")
    hours, minutes, seconds = match[1], match[2], float(match[3])
    if minutes and seconds >= SIXTY:
        raise UserError(f"{where}: {shorten_repr(text)} has {seconds:g} seconds; {wanted}")
    if hours and int(minutes) >= SIXTY:
        raise UserError(f"{where}: {shorten_repr(text)} has {minutes} minutes; {wanted}")
    return (int(hours or 0) * SIXTY + int(minutes or 0)) * SIXTY + seconds


MAX_TEXT = 5000  # characters; a song's whole lyrics fit well inside
METERS = ("2/4", "3/4", "4/4", "6/8")
NOTES = frozenset("C C# Db D D# Eb E F F# Gb G G# Ab A A# Bb B".split())


@dataclass(frozen=True)
class Table:
    """A TOML table and its place in the file, which its errors name."""

    value: Mapping[str, Any]
    where: str

    def __post_init__(self) -> None:
        if not isinstance(self.value, dict):
            raise UserError(f"{self.where}: expected a table, got {shorten_repr(self.value)}")

    def error(self, key: str, message: str) -> UserError:
        return UserError(f"{self.where}: {key}: {message}")

    def allow_keys(self, allowed: frozenset[str]) -> None:
        for key in self.value:
            if key not in allowed:
                hint = did_you_mean(key, allowed)
                raise UserError(f"{self.where}: unknown key {shorten_repr(key)}; {hint}")

    def string(self, key: str, *, required: bool = False, lines: bool = False) -> str:
        value = self.value.get(key, "")
        if not isinstance(value, str):
            raise self.error(key, f"expected text in quotes, got {shorten_repr(value)}")
        if required and not value.strip():
            raise self.error(key, f'missing; add {key} = "…"')
        if len(value) > MAX_TEXT:
            raise self.error(key, f"{len(value)} characters; at most {MAX_TEXT}")
        for place, character in enumerate(value, 1):
            if not _readable(character) and not (lines and character in "\n\t"):
                label = f"character {place}, U+{ord(character):04X},"
                hint = "" if lines else " (this text is one line)"
                message = f"{label} is a control or invisible character; remove it{hint}"
                raise self.error(key, message)
        return value.strip()

    def number(self, key: str, default: float | None, low: float, high: float) -> float:
        value = self.value.get(key, default)
        if value is None:
            raise self.error(key, f"missing; add {key} = a number from {low:g} to {high:g}")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.error(key, f"expected a number, got {shorten_repr(value)}")
        if not low <= value <= high:  # nor is "not a number"
            raise self.error(key, f"{shorten_repr(value)} is outside {low:g} to {high:g}")
        return float(value)

    def time(self, key: str, high: float) -> float | None:
        """Seconds into a recording: a number of them, or "1:05.5". None if the key is not there."""
        value = self.value.get(key)
        if isinstance(value, str):
            value = parse_time(value, f"{self.where}: {key}")
        return None if value is None else Table({key: value}, self.where).number(key, None, 0, high)

    def integer(self, key: str, low: int, high: int) -> int:
        value = self.value.get(key)
        wanted = f"a whole number from {low} to {high}"
        if value is None:
            raise self.error(key, f"missing; add {key} = {wanted}")
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(key, f"expected {wanted}, got {shorten_repr(value)}")
        if not low <= value <= high:
            raise self.error(key, f"{shorten_repr(value)} is outside {low} to {high}")
        return value

    def string_list(self, key: str, default: tuple[str, ...], example: str) -> tuple[str, ...]:
        value = self.value.get(key, list(default))
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            wanted = f'a list such as ["{example}"]'
            raise self.error(key, f"expected {wanted}, got {shorten_repr(value)}")
        for name in value:
            if not SAFE_NAME.fullmatch(name):
                raise self.error(key, f"{shorten_repr(name)} is no name; write it like {example!r}")
        return tuple(dict.fromkeys(value))

    def key(self, default: str) -> str:
        """A musical key: a note and major or minor."""
        value = self.string("key") or default
        note, _, mode = value.partition(" ")
        if note not in NOTES or mode not in ("major", "minor"):
            raise self.error("key", f'{shorten_repr(value)} is no key; write it like "A minor"')
        return value

    def meter(self, default: str) -> str:
        """A meter, one of METERS, or "": none is said. Without the key it is the default."""
        typed = self.value.get("meter", default)
        if not isinstance(typed, str):
            shown, meters = shorten_repr(typed), ", ".join(f'"{meter}"' for meter in METERS)
            raise self.error("meter", f"expected text in quotes, one of {meters}, got {shown}")
        meter = typed.strip()
        if meter and meter not in METERS:
            hint = did_you_mean(meter, METERS)
            raise self.error("meter", f"{shorten_repr(typed)} is no meter; {hint}")
        return meter


def _readable(character: str) -> bool:
    """True for a visible character, and for one that joins, parts or spaces visible ones."""
    is_joiner = character in "\u200c\u200d"  # Persian and Hindi are not spelled without them
    return is_joiner or character.isprintable() or unicodedata.category(character) == "Zs"
