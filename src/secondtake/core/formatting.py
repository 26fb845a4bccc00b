"""Amounts as people read them: bytes, durations, rates, counts."""

import math
import re
from collections.abc import Sequence

MOST_REMARKS = 6  # of a take, on a page; its record has all
LONGEST_REMARK = 240  # characters of one


def format_bytes(count: float) -> str:
    """512 B, 1.5 kB, 240.0 MB, 4.9 GB (powers of 1000)."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def format_duration(seconds: float) -> str:
    """0:11, 12:05, 1:02:03; rounded up, so that it says 0:00 only at the end."""
    minutes, left = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def format_rate(rate: float) -> str:
    """41, 4.1, 0.41: two digits say enough."""
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.2g}"


def check_sentence(
    name: str, figure: float | None, unit: str, threshold: str, note: str, *, passes: bool
) -> str:
    """A check of a file: its figure (three digits, or all of a large number), what is allowed, and
    what that means. Of one that passes nothing is said of what is allowed: it is a hint."""
    measured = ""
    if figure is not None:
        is_one = figure == 1 and unit.islower() and len(unit) > 1
        digits = ".0f" if abs(figure) >= 1000 else ".3g"
        measured = f" {figure:{digits}} {unit.removesuffix('s') if is_one else unit}".rstrip()
    allowed = "" if passes else f" (allowed: {threshold})"
    return f"{name}{measured}{allowed}" + (f": {note}" if note else "")


def plural(count: int, noun: str) -> str:
    """1 take, 2 takes."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def join_words(words: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def natural_order(name: str) -> list[str | int]:
    """A key to sort names by, with numbers in their order: segment1, segment2, segment10."""
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


def remark_lines(remarks: Sequence[str]) -> list[str]:
    """A take's remarks as a page shows them: the first few, each cut short, and how many more."""
    lines = [_cut(remark) for remark in remarks[:MOST_REMARKS]]
    more = len(remarks) - len(lines)
    return [*lines, f"{plural(more, 'further note')}, in its record"] if more else lines


def _cut(text: str) -> str:
    if len(text) <= LONGEST_REMARK:
        return text
    start = text[: LONGEST_REMARK - 2]
    return f"{start.rpartition(' ')[0] or start} …"
