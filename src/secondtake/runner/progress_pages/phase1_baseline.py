"""Phase 1: the baselines, that is the user's original recording of every segment."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from secondtake.core.song import Segment, import_words
from secondtake.runner.progress_pages.markdown import Markdown
from secondtake.runner.progress_pages.rendering import render_template
from secondtake.runner.progress_pages.results import FileVerdict
from secondtake.runner.progress_pages.sections import Page, overall
from secondtake.runner.progress_pages.survey import SongStatus

STATES = {
    "ready": "✅ there",
    "absent": "⏳ absent",
    "unreadable": "❌ cannot be read",
    "unnamed": "➖ not named by the song",
}


@dataclass(frozen=True)
class WavHeader:
    """The format and length of a wav file."""

    sample_rate: int  # Hz
    channels: int
    frames: int

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


@dataclass(frozen=True)
class BaselineStatus:
    """A segment and its baseline file, if there is one."""

    status: SongStatus
    segment: Segment

    @property
    def state(self) -> str:
        """One of STATES."""
        if self.file is None:
            return "unnamed"
        if self.file in self.status.baseline_hashes:
            return "ready"
        return "unreadable" if self.file.is_file() else "absent"

    @property
    def state_words(self) -> str:
        return STATES[self.state]

    @property
    def name(self) -> str:
        """The file's path in the project; "" where the song names none."""
        return self.status.project.relative(self.file) if self.file else ""

    @property
    def file(self) -> Path | None:
        return self.segment.baseline.file if self.segment.baseline else None

    @property
    def sha256(self) -> str:
        return self.status.baseline_hashes[self.file] if self.file else ""

    @property
    def stretch(self) -> Markdown:
        """The part of the file that is the segment; "" for all of it."""
        baseline = self.segment.baseline
        if baseline is None or (baseline.start is None and baseline.end is None):
            return Markdown()
        end = "the end" if baseline.end is None else f"{baseline.end:g} s"
        return Markdown(f"{baseline.start or 0:g} s to {end}")

    @property
    def header(self) -> WavHeader | None:
        return read_wav_header(self.file) if self.file else None

    @property
    def seconds(self) -> float | None:
        """Of the stretch, as it was decoded to be verified; else of a wav that is all of it."""
        decoded = self.verdict.figure("decodes") if self.verdict else None
        whole = self.header.seconds if self.header and not self.stretch else None
        return whole if decoded is None else decoded

    @property
    def import_command(self) -> str:
        return self.status.command(*import_words(self.status.song, self.segment))

    @property
    def verdict(self) -> FileVerdict | None:
        """The verification's verdict on a baseline that is there."""
        part = f" [{self.stretch}]" if self.stretch else ""
        return self.status.verdicts.of(self.name + part, self.sha256)


@dataclass(frozen=True)
class BaselinePage(Page):
    """Context of phase1_baseline.md.j2, and of the other pages that show baselines."""

    baselines: list[BaselineStatus]  # of all segments

    @property
    def baselines_ready(self) -> int:
        return len(self.with_state("ready"))

    @property
    def baselines_named(self) -> int:
        return len(self.baselines) - len(self.with_state("unnamed"))

    def with_state(self, state: str) -> list[BaselineStatus]:
        return [baseline for baseline in self.baselines if baseline.state == state]


def baseline_statuses(status: SongStatus) -> list[BaselineStatus]:
    """Every segment with the status of its baseline."""
    return [BaselineStatus(status, segment) for segment in status.song.segments]


def render(status: SongStatus) -> str:
    """The page."""
    baselines = baseline_statuses(status)
    ready = sum(baseline.state == "ready" for baseline in baselines)
    page = BaselinePage(status, overall(ready, 0, len(baselines)), baselines)
    return render_template("phase1_baseline.md.j2", page)


def read_wav_header(path: Path) -> WavHeader | None:
    """The header of a wav file; None if the file is no wav, or is one without sense.

    The standard library's `wave` refuses floats and the extensible format, which many programs
    write; here the samples do not matter.
    """
    try:
        with path.open("rb") as file:
            riff, _, form = struct.unpack("<4sI4s", file.read(12))
            return _read_chunks(file, path.stat().st_size) if riff + form == b"RIFFWAVE" else None
    except (OSError, struct.error):
        return None


def _read_chunks(file: BinaryIO, size: int) -> WavHeader | None:
    """RIFF chunks are a name, a length and as many bytes, padded to an even number."""
    rate = channels = frame_bytes = 0
    while True:
        name, length = struct.unpack("<4sI", file.read(8))
        start = file.tell()
        if name == b"fmt ":
            _, channels, rate, _, frame_bytes = struct.unpack("<HHIIH", file.read(14))
        elif name == b"data":
            if not (rate and channels and frame_bytes):
                return None
            # A writer that was killed leaves a length that was never true.
            return WavHeader(rate, channels, min(length, size - start) // frame_bytes)
        file.seek(start + length + length % 2)
