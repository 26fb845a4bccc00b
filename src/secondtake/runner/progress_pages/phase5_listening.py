"""Phase 5: listening, segment by segment: the baseline and every take, in order, to play."""

from dataclasses import dataclass

from secondtake.core.song import Segment
from secondtake.runner.progress_pages.best_takes import TakeGroup, take_groups
from secondtake.runner.progress_pages.phase1_baseline import BaselineStatus, baseline_statuses
from secondtake.runner.progress_pages.rendering import render_template
from secondtake.runner.progress_pages.results import Measured
from secondtake.runner.progress_pages.sections import Page, Word, licensed_checkpoints
from secondtake.runner.progress_pages.survey import JobStatus, SongStatus, State

MISSING: dict[State, str] = {
    "damaged": "is damaged",
    "failed": "failed",
    "blocked": "is blocked",
    "skipped": "was skipped",
    "pending": "is pending",
}


@dataclass(frozen=True)
class SegmentTakes:
    """One segment with everything that can be played of it."""

    status: SongStatus
    segment: Segment
    baseline: BaselineStatus
    groups: list[TakeGroup]  # the control before the models that must beat it
    missing: list[JobStatus]  # the jobs without a take to play, one for each reason

    @property
    def baseline_lufs(self) -> float | None:
        compared = self.status.comparison.segments.get(self.segment.number)
        return _lufs(compared.baseline.measured) if compared else None

    def lufs(self, take: JobStatus) -> float | None:
        """The loudness that the comparison measured of a take."""
        compared = self.status.comparison.take(take.job.segment, take.job.name)
        return _lufs(compared.measured) if compared else None

    def all_lufs(self, group: TakeGroup) -> list[float | None]:
        return [self.lufs(take) for take in group.takes]


@dataclass(frozen=True)
class ListeningPage(Page):
    """Context of phase5_listening.md.j2."""

    segments: list[SegmentTakes]
    wanted: int  # takes, without those that are skipped
    missing_words = MISSING

    @property
    def baselines_named(self) -> int:
        return sum(segment.baseline.state != "unnamed" for segment in self.segments)

    @property
    def baselines_ready(self) -> int:
        return sum(segment.baseline.state == "ready" for segment in self.segments)

    @property
    def waiting(self) -> bool:
        """Some take is missing or out of date."""
        return any(entry.state not in ("done", "skipped") for entry in self.status.jobs)

    @property
    def several(self) -> bool:
        """Some model has several takes of a segment."""
        return any(group.several for segment in self.segments for group in segment.groups)

    @property
    def licences(self) -> dict[str, list[str]]:
        """The checkpoints by the licence of their weights."""
        takes = (entry.playable for entry in self.status.takes)
        return licensed_checkpoints(take for take in takes if take)


def render(status: SongStatus) -> str:
    """The page."""
    wanted = len(status.jobs) - len(status.with_state("skipped"))
    segments = [_segment_takes(status, baseline) for baseline in baseline_statuses(status)]
    page = ListeningPage(status, _word(status, wanted, segments), segments, wanted)
    return render_template("phase5_listening.md.j2", page)


def _word(status: SongStatus, wanted: int, segments: list[SegmentTakes]) -> Word:
    """The page is done when all can be played; it cannot know more."""
    if not status.takes:
        return "Blocked" if status.with_state("blocked", "failed") else "Pending"
    baselines = all(segment.baseline.state in ("ready", "unnamed") for segment in segments)
    return "Done" if baselines and len(status.with_state("done")) == wanted else "Partial"


def _segment_takes(status: SongStatus, baseline: BaselineStatus) -> SegmentTakes:
    number = baseline.segment.number
    jobs = [entry for entry in status.jobs if entry.job.segment == number]
    jobs.sort(key=lambda entry: not entry.model.is_control)
    missing: dict[tuple[str, State, str], JobStatus] = {}
    for entry in jobs:
        if not entry.playable:
            missing.setdefault((entry.job.model, entry.state, entry.why), entry)
    groups = take_groups(status, jobs)
    return SegmentTakes(status, baseline.segment, baseline, groups, list(missing.values()))


def _lufs(measured: Measured | None) -> float | None:
    return measured.lufs if measured else None
