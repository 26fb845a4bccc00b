"""Markdown for the pages. What is markdown already is of the type Markdown; all else is escaped."""

import itertools
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from secondtake.core import escape as core_escape
from secondtake.core.escape import plain

BLANK_LINES = re.compile(r"(^(`{3,}).*?^\2$)|\n{3,}", re.MULTILINE | re.DOTALL)  # or a code block
NUMBER = re.compile(r"^1\. ", re.MULTILINE)
MIB, GIB = 1 << 20, 1 << 30
MOST_LINES = 12  # of lyrics in a line of a page; the song file has all


class Markdown(Markup):
    """Text that is markdown. Whatever `+`, `%`, `format` and `join` put into it is escaped."""

    @classmethod
    def escape(cls, s: Any, /) -> "Markdown":
        """`s` as one line of markdown that renders as itself; a float is written as `%g`."""
        if hasattr(s, "__html__"):
            return cls(s.__html__())
        return cls(f"{s:g}" if isinstance(s, float) else core_escape.markdown(str(s)))


escape = Markdown.escape


def code(text: str) -> Markdown:
    """`text` as code; as escaped text where code could not hold it in a table's cell."""
    line = plain(text)
    if not line or "|" in line:
        return escape(line)
    mark = "`" * (_longest_run(line) + 1)
    space = " " if "`" in line else ""  # a reader's program drops one on either side
    return Markdown(f"{mark}{space}{line}{space}{mark}")


def fence(text: str | Iterable[str], language: str = "") -> Markdown:
    """Lines as a block of code, its fence longer than any run of backticks inside."""
    texts = [text] if isinstance(text, str) else text
    lines = [plain(line) for part in texts for line in part.splitlines()]
    mark = "`" * max(3, *(_longest_run(line) + 1 for line in lines), 0)
    return Markdown("\n".join([f"{mark}{language}", *lines, mark]))


def _longest_run(line: str) -> int:
    """The number of backticks in the longest run of them."""
    return max(map(len, re.findall("`+", line)), default=0)


def link(label: str, target: Path, folder: Path, anchor: str = "") -> Markdown:
    """A link that works from a page in `folder`, to a place within the target if it has a name."""
    path = quote(Path(os.path.relpath(target, folder)).as_posix())
    return Markdown("[{}]({})").format(label, Markdown(f"{path}#{anchor}" if anchor else path))


def address(url: str) -> Markdown:
    """A link that shows its address."""
    return Markdown(f"<{url}>")


def lyrics_line(lyrics: str) -> Markdown:
    """Lyrics on one line, their own lines parted by a slash; of a whole song the first ones."""
    lines = [line.strip() for line in lyrics.splitlines() if plain(line)]
    shown = lines[:MOST_LINES]
    more = f" / … ({len(lines)} lines)" if len(lines) > MOST_LINES else ""
    return escape(" / ".join(shown) + more)


def size(count: int) -> Markdown:
    """Bytes in powers of 1024: 3.0 MiB."""
    if count >= GIB:
        return Markdown(f"{count / GIB:.1f} GiB")
    return Markdown(f"{count / MIB:.1f} MiB" if count >= MIB else f"{count} bytes")


def channels(count: int) -> str:
    """mono, stereo, 6 channels."""
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")


def short_hash(digest: str) -> Markdown:
    """The first digits of a hash, enough to compare by eye."""
    return code(f"{digest[:12]}…") if digest.isalnum() else Markdown("–")


def figure(value: object, digits: int = 2) -> Markdown:
    """A figure for a table; "" where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Markdown()
    text = f"{value:.{digits}f}"
    return Markdown(text.replace("-", "−" if float(text) else ""))


def rate(value: float) -> Markdown:
    """A figure of two digits: 3, 0.41."""
    return Markdown(f"{value:.2g}")


def number_items(text: str) -> Markdown:
    """Lists whose items all begin with `1. `, numbered. `text` is markdown."""
    numbers = itertools.count(1)
    return Markdown(NUMBER.sub(lambda _: f"{next(numbers)}. ", text))


def tidy(page: str) -> str:
    """One blank line between the blocks of a page, one line end after the last."""
    return BLANK_LINES.sub(lambda match: match[1] or "\n\n", page).strip("\n") + "\n"
