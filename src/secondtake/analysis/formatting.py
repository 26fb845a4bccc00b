"""Numbers on their way into files and tables: few digits, no NaN, the same on every run."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

JsonObject = dict[str, Any]

DIGITS = 6  # significant; what is beyond differs between machines


def round_floats(value: Any) -> Any:
    """JSON values with every float at 6 significant digits; NaN and infinity become None."""
    if isinstance(value, dict):
        return {name: round_floats(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [round_floats(entry) for entry in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def format_number(value: float | None, digits: int = 2) -> str:
    """A number for a table; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{digits}f}"


def format_optional(value: float | None) -> str:
    """A number for a table; "" where there is none."""
    return "" if value is None else format_number(value)


def format_with_interval(value: float | None, interval: Sequence[float | None] | None) -> str:
    """0.71 [0.52, 0.93]; without an interval the number alone, "" without a number."""
    if value is None or interval is None or None in interval:
        return format_optional(value)
    low, high = interval
    return f"{format_number(value)} [{format_number(low)}, {format_number(high)}]"


def format_span(start: float | None, end: float | None) -> str:
    """The part of a file from `start` to `end` seconds: 1.5 s to the end; "" for all of it."""
    if start is None and end is None:
        return ""
    return f"{start or 0:g} s to {'the end' if end is None else f'{end:g} s'}"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in markdown, of cells that are markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
