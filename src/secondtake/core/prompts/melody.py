"""A melody to follow: the stretch of the baseline that a segment is compared with.

A job names it by file, stretch and hash, "data/baseline/song.wav@31.5-43.5@sha256:…", so that a
take is made again when the recording changes.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from secondtake.core.errors import UnsupportedError, UserError
from secondtake.core.files import sha256_of
from secondtake.core.recordings import read_header

NONE, BASELINE = "none", "baseline"  # values in a song file
MARK = "sha256:"
BRING = "bring it in: invoke import-baseline FILE --segment NUMBER"
SETTING = re.compile(r"(?s)(.+)@([0-9.]+)-([0-9.]*)@sha256:([0-9a-f]{64})?")


@dataclass(frozen=True)
class MelodySource:
    """A stretch of a recording."""

    path: str  # below the project's root
    start: float  # seconds
    end: float | None  # seconds; None: to the recording's end
    sha256: str  # of the file; "" if it was not there when the job was planned


@dataclass(frozen=True)
class Baseline:
    """The user's recording of a segment: a file, or a stretch of one."""

    name: str  # the file as the song calls it, below the project's root
    file: Path
    start: float | None = None  # seconds
    end: float | None = None  # seconds


class HasBaseline(Protocol):
    """The part of a segment that concerns its baseline."""

    @property
    def number(self) -> int: ...
    @property
    def baseline(self) -> Baseline | None: ...


def format_melody(value: Any, segment: HasBaseline, where: str) -> str:
    """A job's melody: "" for none, or the segment's baseline. UserError if it has none."""
    if value == NONE:
        return ""
    baseline = segment.baseline
    if baseline is None:
        message = f'segment {segment.number} has no baseline to follow; add baseline = "data/…"'
        raise UserError(f"{where}: {message}")
    stretch = f"{_seconds(baseline.start or 0)}-{_seconds(baseline.end)}"
    sha256 = sha256_of(baseline.file) if baseline.file.is_file() else ""
    return f"{baseline.name}@{stretch}@{MARK}{sha256}"


def check_melody(value: Any, segment: HasBaseline) -> None:
    """UnsupportedError if a job's melody, by `format_melody`, is no recording that can be read."""
    if value and segment.baseline is not None:
        check_recording(segment.baseline.file, parse_melody(str(value)))


def check_recording(path: Path, source: MelodySource) -> None:
    """UnsupportedError if the recording of a job's melody cannot be read, or ends before it."""
    try:
        header = read_header(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        message = f"the baseline {source.path} cannot be read: {reason}"
        raise UnsupportedError("melody", message, BRING) from None
    if header and round(source.start * header.sample_rate) >= header.frames:
        seconds = f"{header.seconds:.2f} s"
        message = f"the baseline {source.path} has {seconds}, the melody begins at "
        message += f"{source.start:g} s"
        raise UnsupportedError("melody", message, "correct the segment's start and end")


def parse_melody(setting: str) -> MelodySource:
    """The melody of a setting by `format_melody`; ValueError for any other text."""
    match = SETTING.fullmatch(setting)
    if match is None:
        raise ValueError(f"{setting!r} names no melody")
    path, start, end, sha256 = match.groups()
    return MelodySource(path, float(start), float(end) if end else None, sha256 or "")


def _seconds(value: float | None) -> str:
    """To the microsecond, and never with an exponent; "" for None."""
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")
