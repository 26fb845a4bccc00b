"""Phase 4: analysis, that is the check of every file and the comparison with the baselines.

The comparison is written once, into comparison_results.md. This page shows its findings and its
table over all segments, says what it lacks, and leads to the rest.
"""

from dataclasses import dataclass
from pathlib import Path

from secondtake.core.registry.all_models import MODELS
from secondtake.runner.progress_pages import markdown
from secondtake.runner.progress_pages.best_takes import TakeGroup, take_groups
from secondtake.runner.progress_pages.markdown import Markdown
from secondtake.runner.progress_pages.phase1_baseline import BaselinePage, baseline_statuses
from secondtake.runner.progress_pages.rendering import render_template
from secondtake.runner.progress_pages.results import (
    MARKS,
    ComparedSegment,
    FileVerdict,
    FindingRow,
)
from secondtake.runner.progress_pages.sections import overall
from secondtake.runner.progress_pages.survey import JobStatus, SongStatus

ADHERENCE = "asked-and-kept"  # the anchor of analysis/report/adherence_section.py


@dataclass(frozen=True)
class AnalysisPage(BaselinePage):
    """Context of phase4_analysis.md.j2."""

    groups: list[TakeGroup]
    verdicts: list[FileVerdict]  # on the takes that can be played
    compared: int  # takes that were held against a baseline or the control
    unmeasured: bool  # some take is not in the comparison

    @property
    def failed(self) -> int:
        return _count(self.verdicts, "fail")

    @property
    def comparison_page(self) -> Path:
        return self.status.folder / "analysis" / "comparison_results.md"

    @property
    def adherence_link(self) -> Markdown:
        """A link to the comparison's tables of tempo and key."""
        folder = self.status.folder
        return markdown.link("asked and kept", self.comparison_page, folder, ADHERENCE)

    def other_failures(self, group: TakeGroup) -> list[JobStatus]:
        """The takes whose files failed, but for the one that stands for all."""
        return [take for take in group.takes[1:] if _count(self.status.verdicts_on([take]), "fail")]

    def figures(self, verdicts: list[FileVerdict], check: str) -> list[float | None]:
        """The figures of one check."""
        return [verdict.figure(check) for verdict in verdicts]

    def tally(self, verdicts: list[FileVerdict], least: int = 0) -> str:
        """The number of each verdict, without those of which there are fewer than `least`."""
        counts = [(mark, _count(verdicts, word), word) for word, mark in MARKS.items()]
        return ", ".join(f"{mark} {n} {word}" for mark, n, word in counts if n >= least)

    def row_link(self, row: FindingRow) -> Markdown:
        """A link to the row of the comparison in which a figure stands."""
        model = MODELS.get(row.model)
        label = f"segment {row.segment}, {model.title if model else row.model}, {row.metric}"
        return markdown.link(label, self.comparison_page, self.status.folder, row.anchor)

    def not_compared(self, segment: ComparedSegment) -> dict[tuple[str, str], list[str]]:
        """The takes that the comparison of a segment lacks, by model and reason."""
        reasons = {skipped.take: skipped.why for skipped in segment.skipped}
        names: dict[tuple[str, str], list[str]] = {}
        for take in self.status.judged:
            if take.job.segment == segment.number and not segment.take(take.name):
                reason = reasons.get(take.name, "made after the last analysis")
                names.setdefault((take.job.model, reason), []).append(take.name)
        return names

    @property
    def remake_commands(self) -> list[str]:
        """A command for every segment and model of which no take passes."""
        commands = []
        for group in self.groups:
            if _count(self.status.verdicts_on(group.takes), "fail") == len(group.takes):
                job = max((take.job for take in group.takes), key=lambda job: job.take)
                takes = ("--takes", str(job.take)) if job.take > 1 else ()
                words = ("--models", job.model, "--segments", str(job.segment), "--force", *takes)
                commands.append(self.status.command("generate-all", *words))
        return commands


def render(status: SongStatus) -> str:
    """The page."""
    takes, baselines = status.judged, baseline_statuses(status)
    verdicts = status.verdicts_on(takes)
    compared = [status.comparison.take(take.job.segment, take.name) for take in takes]
    ready = sum(bool(take and take.against) for take in compared)
    word = overall(len(verdicts) + ready, 0, 2 * len(takes))
    absent = any(baseline.state in ("absent", "unreadable") for baseline in baselines)
    if word == "Done" and (absent or status.coming):
        word = "Partial"
    groups = take_groups(status, status.jobs)
    page = AnalysisPage(status, word, baselines, groups, verdicts, ready, None in compared)
    return render_template("phase4_analysis.md.j2", page)


def _count(verdicts: list[FileVerdict], word: str) -> int:
    return sum(verdict.verdict == word for verdict in verdicts)
