"""What a page is made of, in markdown: tables, lists, links, code. Text comes out harmless."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from secondtake.core.escape import markdown, plain

# Words that mean nothing in markdown read better without backslashes. Not at the start of one
# are what begins a list, and nowhere what a reader's program makes a link of by itself.
# Only this goes into a code span: within one nothing can be escaped.
CODE_SAFE = re.compile(r"[\w/.,:=@%+~ …'\"-]+")
MIB, GIB = 1 << 20, 1 << 30
words = markdown  # text as one line that renders as itself


def page(parts: Iterable[str]) -> str:
    """Blocks, one blank line between them, one line end after the last. Empty ones are left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are markdown already; "" if it has no rows."""
    lines = [tuple(cell or "–" for cell in row) for row in rows]
    if not lines:
        return ""
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *lines))


def bullets(items: Iterable[str], indent: str = "") -> str:
    """A list; empty items are left out."""
    return "\n".join(f"{indent}- {item}" for item in items if item)


def numbered(items: Iterable[str]) -> str:
    """A list with numbers; empty items are left out."""
    return "\n".join(f"{place}. {item}" for place, item in enumerate(filter(None, items), 1))


def code(text: str) -> str:
    """`text` as code where that is safe, else as escaped text."""
    line = plain(text)
    return f"`{line}`" if CODE_SAFE.fullmatch(line) else words(line)


def fence(lines: Iterable[str], language: str = "") -> str:
    """Lines as a block of code, its fence longer than any run of backticks inside."""
    clean = [plain(line) for text in lines for line in text.splitlines()]
    longest = max((len(run) for line in clean for run in re.findall("`+", line)), default=0)
    mark = "`" * max(3, longest + 1)
    return "\n".join([f"{mark}{language}", *clean, mark])


def link(label: str, target: Path, folder: Path) -> str:
    """A link that works from a page in `folder`; `label` is markdown."""
    relative = Path(os.path.relpath(target, folder)).as_posix()
    return f"[{label}]({quote(relative)})"


def picture(label: str, target: Path, folder: Path) -> str:
    """A picture that shows on a page in `folder`; `label` is plain text."""
    return "!" + link(words(label), target, folder)


def verses(lyrics: str) -> str:
    """Lyrics on one line, their own lines parted by a slash."""
    return " / ".join(words(line) for line in lyrics.splitlines() if plain(line))


def size(count: int) -> str:
    """Bytes as people read them."""
    if count >= GIB:
        return f"{count / GIB:.1f} GiB"
    return f"{count / MIB:.1f} MiB" if count >= MIB else f"{count} bytes"


def many(count: int, noun: str) -> str:
    """1 take, 2 takes."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def channels(count: int) -> str:
    """mono, stereo, 6 channels."""
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")


def short(digest: str) -> str:
    """The first digits of a hash, enough to compare by eye."""
    return code(f"{digest[:12]}…") if digest.isalnum() else "–"


def figure(value: Any, digits: int = 2) -> str:
    """A figure for a table; "" where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    text = f"{value:.{digits}f}"
    return text.replace("-", "−" if float(text) else "")
