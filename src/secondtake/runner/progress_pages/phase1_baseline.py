"""Phase 1: the baselines, that is the user's original recording of every segment."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from secondtake.core.recordings import Header, read_header
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
    def header(self) -> Header | None:
        """The file's format and length, as far as its header says."""
        with suppress(OSError, ValueError):
            return read_header(self.file) if self.file else None
        return None

    @property
    def seconds(self) -> float | None:
        """Of the stretch, as it was decoded to be verified; else of a file that is all of it."""
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
    def unjudged(self) -> bool:
        """True if a baseline or a take was not verified, or a take not held against a baseline
        that is there."""
        ready, takes = self.with_state("ready"), self.status.judged
        if not all(baseline.verdict for baseline in ready):
            return True
        segments = {baseline.segment.number for baseline in ready}
        return any(
            not self.status.verdict(take)
            or (
                take.job.segment in segments
                and not self.status.comparison.judges(take.job.segment, take.name)
            )
            for take in takes
        )

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
