"""A recording that a take is made of: the melody that it follows, the song that it covers, the take
of which it makes a stretch anew.

A job names it by file, stretch and hash, "data/baseline/song.wav@31.5-43.5@sha256:…", so that a
take is made again when the recording changes.
"""

import re
from collections.abc import Callable, Mapping
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
# Of a repaint, at either end of the stretch and outside it: longer than a period of the lowest
# note, so that no click is left, and shorter than a syllable, which would be heard twice.
CROSSFADE_SECONDS = 0.05
LABEL_DIGITS = 8  # of a hash, as in the name of an earlier take


@dataclass(frozen=True)
class SourceAudio:
    """A stretch of a recording."""

    path: str  # below the project's root
    start: float  # seconds
    end: float | None  # seconds; None: to the recording's end
    sha256: str  # of the file; "" if it was not there when the job was planned

    def __str__(self) -> str:
        """The text by which a job names it."""
        stretch = f"{format_seconds(self.start)}-{format_seconds(self.end)}"
        return f"{self.path}@{stretch}@{MARK}{self.sha256}"

    @property
    def name(self) -> str:
        """The name of the take whose file it is."""
        return Path(self.path).stem

    @property
    def label(self) -> str:
        """The take's name, and the first digits of its hash: another may have the name by now."""
        digits = self.sha256[:LABEL_DIGITS]
        return self.name if self.name.endswith(f"_{digits}") else f"{self.name} ({digits})"


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


def parse_source_audio(setting: str) -> SourceAudio:
    """The recording of a job's setting; ValueError for a text that names none."""
    match = SETTING.fullmatch(setting)
    if match is None:
        raise ValueError(f"{setting!r} names no recording")
    path, start, end, sha256 = match.groups()
    return SourceAudio(path, float(start), float(end) if end else None, sha256 or "")


def format_baseline(value: Any, segment: HasBaseline, where: str) -> str:
    """A job's setting: "" for none, or the segment's baseline. UserError if it has none."""
    if value == NONE:
        return ""
    baseline = segment.baseline
    if baseline is None:
        message = f'segment {segment.number} has no baseline to follow; add baseline = "data/…"'
        raise UserError(f"{where}: {message}")
    sha256 = sha256_of(baseline.file) if baseline.file.is_file() else ""
    return str(SourceAudio(baseline.name, baseline.start or 0, baseline.end, sha256))


def check_baseline(parameter: str, value: Any, segment: HasBaseline, command: str) -> None:
    """UnsupportedError if a parameter's value, by `format_baseline`, cannot be read.

    command: what to type to bring the segment's baseline in.
    """
    if value and segment.baseline is not None:
        source = parse_source_audio(str(value))
        check_recording(parameter, segment.baseline.file, source, f"bring it in: {command}")


def check_recording(parameter: str, path: Path, source: SourceAudio, hint: str = BRING) -> None:
    """UnsupportedError if a recording cannot be read (`hint` helps), or ends before its stretch
    begins."""
    try:
        header = read_header(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        message = f"the baseline {source.path} cannot be read: {reason}"
        raise UnsupportedError(parameter, message, hint) from None
    if header and round(source.start * header.sample_rate) >= header.frames:
        seconds = f"{header.seconds:.2f} s"
        message = f"the baseline {source.path} has {seconds}, the {parameter} begins at "
        message += f"{source.start:g} s"
        raise UnsupportedError(parameter, message, "correct the segment's start and end")


def describe_source(
    settings: Mapping[str, Any], name_of: Callable[[SourceAudio], str] | None = None
) -> str:
    """What a take was made of, in a few words: 6 to 9 s of NAME made anew; "" for no edit.

    name_of: the name that a source has now, which may be another than when the take was made.
    """
    words = []
    if repaint := settings.get("repaint"):
        source = parse_source_audio(str(repaint))
        stretch = f"{format_seconds(source.start)} to {format_seconds(source.end)} s"
        words.append(f"{stretch} of {name_of(source) if name_of else source.label} made anew")
    if settings.get("cover"):
        words.append("a cover of the baseline")
    return ", ".join(words)


def source_remarks(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Sentences for a person about a take that is a repaint of another, or a cover."""
    remarks = []
    if repaint := settings.get("repaint"):
        source = parse_source_audio(str(repaint))
        stretch = f"{format_seconds(source.start)} to {format_seconds(source.end)} s are made anew"
        fade = f"crossfades of {1000 * CROSSFADE_SECONDS:g} ms"
        remarks.append(f"{stretch}, the rest is {source.label} to the sample but for {fade}")
    if cover := settings.get("cover"):
        path = parse_source_audio(str(cover)).path
        remarks.append(f"a cover of the baseline, {path}: not independent of it")
    return tuple(remarks)


def format_seconds(value: float | None) -> str:
    """To the microsecond, and never with an exponent; "" for None."""
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")
