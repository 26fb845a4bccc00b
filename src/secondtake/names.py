"""Names that become paths: which are allowed, and what a near miss probably meant."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from secondtake.errors import UserError

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_name(name: str, where: str) -> str:
    """Return `name` if it can be one part of a path; UserError naming `where` otherwise."""
    if not SAFE_NAME.fullmatch(name) or name.endswith("."):
        raise UserError(
            f"{where}: {name!r} cannot be a file name; use letters, digits, '.', '_' or '-', "
            "starting with a letter or digit, at most 64 characters"
        )
    return name


def inside(root: Path, relative: str, where: str) -> Path:
    """Resolve `relative` below `root`; UserError naming `where` if it leads anywhere else."""
    if "\0" in relative:
        raise UserError(f"{where}: the path {relative!r} contains a NUL character")
    path = root / relative
    if Path(relative).is_absolute() or not path.resolve().is_relative_to(root.resolve()):
        raise UserError(
            f"{where}: {relative!r} leads out of the project; give a path inside {root}"
        )
    return path


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that lists what is known, with the nearest name first where one is near."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    suggestion = f"did you mean {near[0]!r}? " if near else ""
    return f"{suggestion}known: {', '.join(known)}"
