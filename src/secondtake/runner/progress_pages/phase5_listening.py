"""Phase 5: listening: the page that plays all of it, every file in a line, and listeners' votes."""

from dataclasses import dataclass

from secondtake.core.listening_file import read_listening
from secondtake.runner.progress_pages.best_takes import TakeGroup, take_groups
from secondtake.runner.progress_pages.phase1_baseline import (
    BaselinePage,
    BaselineStatus,
    baseline_statuses,
)
from secondtake.runner.progress_pages.rendering import render_template
from secondtake.runner.progress_pages.sections import Word, level_steps, licensed_checkpoints
from secondtake.runner.progress_pages.survey import JobStatus, SongStatus, group_by


@dataclass(frozen=True)
class SegmentTakes:
    """One segment with everything that can be played of it."""

    baseline: BaselineStatus
    groups: list[TakeGroup]  # the control before the models that must beat it
    missing: list[JobStatus]  # the jobs without a take to play, one for each reason


@dataclass(frozen=True)
class ListeningPage(BaselinePage):
    """Context of phase5_listening.md.j2."""

    segments: list[SegmentTakes]
    wanted: int  # takes, without those that are skipped

    def baseline_lufs(self, segment: int) -> float | None:
        compared = self.status.comparison.segments.get(segment)
        measured = compared.baseline.measured if compared else None
        return measured.lufs if measured else None

    def lufs(self, take: JobStatus) -> float | None:
        """The loudness that the comparison measured of a take."""
        compared = self.status.comparison.take(take.job.segment, take.name)
        return compared.measured.lufs if compared and compared.measured else None

    @property
    def has_sound(self) -> bool:
        """Clips for the listening page are there."""
        return bool(read_listening(self.status.folder, self.status.song.name).segments)

    @property
    def earlier(self) -> list[JobStatus]:
        """Takes of other inputs than the plan's, by segment; of each model the newest ones."""
        groups = group_by(self.status.earlier, lambda take: (take.job.segment, take.job.model))
        return [take for alike in groups.values() for take in alike[: self.most_earlier]]

    @property
    def waiting(self) -> bool:
        """Some take is missing or out of date, and no run is about to make it."""
        missing = (entry for entry in self.status.jobs if entry.state not in ("done", "skipped"))
        return not all(entry.waits for entry in missing)

    @property
    def several(self) -> bool:
        """Some model has several takes of a segment."""
        return any(group.several for segment in self.segments for group in segment.groups)

    @property
    def level_steps(self) -> list[str]:
        """Whose level was set by which step, in place of the model."""
        return level_steps(self.status.judged)

    @property
    def from_baseline(self) -> list[str]:
        """The titles of what was made from the baseline."""
        marked = (entry for entry in self._played if entry.baseline_mark)
        return list(dict.fromkeys(entry.maker_title for entry in marked))

    @property
    def licences(self) -> dict[str, list[str]]:
        """The checkpoints by the licence of their weights."""
        return licensed_checkpoints(job.playable for job in self._played if job.playable)

    @property
    def _played(self) -> list[JobStatus]:
        return [*self.status.judged, *self.status.earlier]


def render(status: SongStatus) -> str:
    """The page."""
    wanted = len(status.jobs) - len(status.with_state("skipped"))
    baselines = baseline_statuses(status)
    segments = [_segment_takes(status, baseline) for baseline in baselines]
    page = ListeningPage(status, _word(status, wanted, baselines), baselines, segments, wanted)
    return render_template("phase5_listening.md.j2", page)


def _word(status: SongStatus, wanted: int, baselines: list[BaselineStatus]) -> Word:
    """The page is done when all can be played; it cannot know more."""
    if not status.takes:
        return "Blocked" if status.with_state("blocked", "failed") else "Pending"
    playable = all(baseline.state in ("ready", "unnamed") for baseline in baselines)
    return "Done" if playable and len(status.with_state("done")) == wanted else "Partial"


def _segment_takes(status: SongStatus, baseline: BaselineStatus) -> SegmentTakes:
    number = baseline.segment.number
    jobs = [entry for entry in status.jobs if entry.job.segment == number]
    jobs.sort(key=lambda entry: not entry.model.is_control)
    absent = (entry for entry in jobs if not entry.playable)
    reasons = group_by(absent, lambda entry: (entry.job.model, entry.state, entry.why))
    missing = [alike[0] for alike in reasons.values()]
    return SegmentTakes(baseline, take_groups(status, jobs), missing)
