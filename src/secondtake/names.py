"""Names that become paths: which are allowed, and what a near miss probably meant."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from secondtake.errors import UserError

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LONGEST_PART = 255  # bytes that file systems allow for one part of a path
LONGEST_PATH = 500  # bytes; the project's own folder comes before it, and macOS allows 1024
SHOWN = 80  # characters of a wrong value that an error message repeats


def shown(value: Any) -> str:
    """A wrong value as an error message can bear it: on one line, and not too long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, a bottomless nest
        return f"a very long {type(value).__name__}"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def check_name(name: str, where: str) -> str:
    """Return `name` if it can be one part of a path; UserError naming `where` otherwise."""
    if not SAFE_NAME.fullmatch(name) or name.endswith("."):
        raise UserError(
            f"{where}: {shown(name)} cannot be a file name; use letters, digits, '.', '_' or '-', "
            "starting with a letter or digit, at most 64 characters"
        )
    return name


def inside(root: Path, relative: str, where: str) -> Path:
    """Resolve `relative` below `root`; UserError naming `where` if it leads anywhere else."""
    if "\0" in relative:
        raise UserError(f"{where}: the path {shown(relative)} contains a NUL character")
    longest = max(len(part.encode()) for part in relative.split("/"))
    if longest > LONGEST_PART or len(relative.encode()) > LONGEST_PATH:
        raise UserError(f"{where}: the path {shown(relative)} is too long for a file")
    path = root / relative
    home = relative.startswith("~")  # a shell would take it for the user's home
    if home or Path(relative).is_absolute() or not _resolves_inside(root, path, where):
        raise UserError(
            f"{where}: {shown(relative)} leads out of the project; give a path inside {root}"
        )
    return path


def _resolves_inside(root: Path, path: Path, where: str) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # Python 3.11 and 3.12 say RuntimeError
        raise UserError(f"{where}: the links of {path} lead in a circle") from None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that lists what is known, with the nearest name first where one is near."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    suggestion = f"did you mean {near[0]!r}? " if near else ""
    return f"{suggestion}known: {', '.join(known)}"
