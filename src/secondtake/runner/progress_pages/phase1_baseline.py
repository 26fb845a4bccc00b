"""Phase 1: the baseline, that is the reference recording of every segment.

The header of a wav file, by the standard library alone, whatever its samples are.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from secondtake.core.song import Baseline, Segment
from secondtake.runner.progress_pages import markdown
from secondtake.runner.progress_pages.results import MARKS
from secondtake.runner.progress_pages.sections import Status, head, overall
from secondtake.runner.progress_pages.survey import Survey

MAX_CHUNKS = 1000  # a file with more is no recording


@dataclass(frozen=True)
class Header:
    """What a wav file says of itself."""

    sample_rate: int  # Hz
    channels: int
    frames: int

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


def read_header(path: Path) -> Header | None:
    """The header, or None if the file is no wav, or is one without sense."""
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)
    except (OSError, struct.error):
        return None


def _read(file: BinaryIO, size: int) -> Header | None:
    """RIFF: a name and a length, then chunks of a name, a length and as many bytes."""
    riff, _, wave = struct.unpack("<4sI4s", file.read(12))
    if (riff, wave) != (b"RIFF", b"WAVE"):
        return None
    rate = channels = frame_bytes = 0
    for _ in range(MAX_CHUNKS):
        name, length = struct.unpack("<4sI", file.read(8))
        start = file.tell()
        if name == b"fmt ":
            _, channels, rate, _, frame_bytes = struct.unpack("<HHIIH", file.read(14))
        elif name == b"data":
            if not (rate and channels and frame_bytes):
                return None
            # A writer that was killed leaves a length that was never true.
            return Header(rate, channels, min(length, size - start) // frame_bytes)
        file.seek(start + length + length % 2)
    return None


TITLE = "Baseline recordings"
STATES = {
    "ready": "✅ there",
    "absent": "⏳ absent",
    "unreadable": "❌ cannot be read",
    "unnamed": "➖ not named by the song",
}


@dataclass(frozen=True)
class Original:
    """A segment and its baseline file, if there is one."""

    segment: Segment
    state: str  # of STATES

    @property
    def baseline(self) -> Baseline | None:
        return self.segment.baseline


def originals(survey: Survey) -> list[Original]:
    """Every segment with the state of its baseline."""
    return [Original(segment, state(survey, segment.baseline)) for segment in survey.song.segments]


def state(survey: Survey, baseline: Baseline | None) -> str:
    """One of STATES."""
    if baseline is None:
        return "unnamed"
    if baseline.file in survey.originals:
        return "ready"
    return "unreadable" if baseline.file.is_file() else "absent"


def stretch(baseline: Baseline) -> str:
    """Which part of the file it is; "" for all of it."""
    if baseline.start is None and baseline.end is None:
        return ""
    end = "the end" if baseline.end is None else f"{baseline.end:g} s"
    return f"{baseline.start or 0:g} s to {end}"


def write(survey: Survey) -> str:
    """The page."""
    found = originals(survey)
    ready = [one for one in found if one.state == "ready"]
    status = Status(overall(len(ready), 0, len(found)), f"{len(ready)} of {len(found)} segments")
    summary = (
        f"{markdown.many(len(ready), 'segment')} of {len(found)} can be compared with the "
        "original. A segment without a baseline is still generated and checked; it is then "
        "compared with the rule-based floor only, which says nothing about the original."
    )
    absent = [one for one in found if one.state == "absent"]
    unnamed = [one for one in found if one.state == "unnamed"]
    return markdown.page(
        [
            *head(survey, 1, TITLE, status, summary),
            "## Segments",
            _overview(survey, found),
            *_section("## Done: the recordings that are there ✅", _facts(survey, ready)),
            *_section("## Pending: recordings to import ⏳", _absent(survey, absent)),
            *_section("## Pending: segments that name no baseline ➖", _unnamed(unnamed)),
            "## Next steps",
            _next(survey, len(ready) < len(found)),
        ]
    )


def _section(title: str, text: str) -> list[str]:
    return [title, text] if text else []


def _overview(survey: Survey, found: list[Original]) -> str:
    rows = [
        (
            str(one.segment.number),
            one.segment.kind,
            markdown.words(one.segment.title),
            f"{one.segment.seconds:g} s",
            STATES[one.state],
            markdown.code(survey.project.relative(one.baseline.file)) if one.baseline else "",
        )
        for one in found
    ]
    return markdown.table(("segment", "kind", "title", "asked for", "baseline", "file"), rows)


def _facts(survey: Survey, ready: list[Original]) -> str:
    rows = [_row(survey, one.segment, one.baseline) for one in ready if one.baseline]
    return markdown.table(
        ("segment", "play", "stretch", "seconds", "sample rate", "channels", "sha256", "verdict"),
        rows,
    )


def _row(survey: Survey, segment: Segment, baseline: Baseline) -> tuple[str, ...]:
    header = read_header(baseline.file)
    return (
        str(segment.number),
        survey.link(baseline.file),
        stretch(baseline) or "all of it",
        f"{header.seconds:.2f}" if header else "not a wav",
        f"{header.sample_rate} Hz" if header else "",
        markdown.channels(header.channels) if header else "",
        markdown.short(survey.originals[baseline.file]),
        verdict(survey, baseline),
    )


def verdict(survey: Survey, baseline: Baseline) -> str:
    """What the verification says of a baseline that is there, with its findings."""
    part = stretch(baseline)
    name = survey.project.relative(baseline.file) + (f" [{part}]" if part else "")
    judged = survey.verdicts.of(name, survey.originals[baseline.file])
    if judged is None:
        return "not verified yet"
    findings = "; ".join(finding.sentence() for finding in judged.findings)
    return f"{MARKS[judged.verdict]} {judged.verdict}" + (
        f": {markdown.words(findings)}" if findings else ""
    )


def _absent(survey: Survey, absent: list[Original]) -> str:
    whole = [one for one in absent if one.baseline and stretch(one.baseline)]
    cut = [one for one in absent if one not in whole]
    blocks = []
    if cut:
        commands = [
            survey.command("import-baseline", "FILE", "--segment", str(one.segment.number))
            for one in cut
        ]
        blocks = [
            "FILE is your recording of the segment (wav, flac, ogg or mp3). From a whole song, cut "
            "the segment out by adding `--start` and `--end` in seconds. The original is only "
            "read, and nothing leaves this machine.",
            markdown.fence(commands, "bash"),
        ]
    files = sorted({one.baseline.file for one in whole if one.baseline})
    blocks += [
        f"Put the whole song at {markdown.code(survey.project.relative(file))}; "
        "the song file says which stretch of it each segment is."
        for file in files
    ]
    return "\n\n".join(blocks)


def _unnamed(unnamed: list[Original]) -> str:
    return markdown.bullets(
        f"Segment {one.segment.number}: to compare it with an original, add to the song file "
        f'`baseline = "data/baseline/segment{one.segment.number}.wav"`'
        for one in unnamed
    )


def _next(survey: Survey, missing: bool) -> str:
    verify, analyse, report = (
        markdown.code(survey.command(verb)) for verb in ("verify", "analyse", "report")
    )
    return markdown.numbered(
        [
            "Import what is missing (above)" if missing else "",
            f"Judge the takes against what is there: {verify}, {analyse}, {report}",
        ]
    )
