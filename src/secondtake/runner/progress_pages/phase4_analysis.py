"""Phase 4: analysis, that is the check of every file and how close each take comes.

One line a take and one picture a segment. The findings and the figures behind them are written
once, into comparison_results.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from secondtake.core.formatting import plural
from secondtake.core.song import Segment
from secondtake.runner.progress_pages.best_takes import TakeGroup, take_groups
from secondtake.runner.progress_pages.comparison_details import (
    ComparisonDetails,
    ceiling_caveat,
    read_details,
    too_short,
)
from secondtake.runner.progress_pages.markdown import Markdown, figure, link
from secondtake.runner.progress_pages.phase1_baseline import (
    BaselinePage,
    BaselineStatus,
    baseline_statuses,
)
from secondtake.runner.progress_pages.rendering import render_template
from secondtake.runner.progress_pages.results import (
    MARKS,
    ComparedSegment,
    FileVerdict,
    Measured,
    Score,
)
from secondtake.runner.progress_pages.sections import CLOSENESS, overall
from secondtake.runner.progress_pages.survey import JobStatus, SongStatus

ADHERENCE = "asked-and-kept"  # the anchor of analysis/report/adherence_section.py
JUDGES = "judges"  # and of judges_section.py
NOT_JUDGED = "⏳"  # a file without a verdict
MOST_CHECKS = 2  # named in a row; phase 3 has all of them, with their figures


@dataclass(frozen=True)
class Row:
    """One line of the table: a baseline or a take."""

    name: Markdown  # of whose recording it is, with a link where there is one
    file: str  # the verdict on the file: a mark, and the checks that did not pass
    score: Markdown  # how close it comes, with its interval; "" where that is not known
    says: str
    tempo: Markdown
    key: str


@dataclass(frozen=True)
class AnalysisPage(BaselinePage):
    """Context of phase4_analysis.md.j2."""

    groups: list[TakeGroup]
    verdicts: list[FileVerdict]  # on the takes that can be played
    compared: int  # takes that were held against a baseline or the control
    unmeasured: bool  # some take is not in the comparison
    details: ComparisonDetails

    @property
    def failed(self) -> int:
        return _count(self.verdicts, "fail")

    @property
    def summary(self) -> list[str]:
        """How close the takes come, with what must be known beside it."""
        caveat = ceiling_caveat(self.details.short_ceilings, self.baselines_ready)
        said = self.status.comparison.summary if self.status.judged else ()
        return [sentence for sentence in (too_short(self.status), *said, caveat) if sentence]

    @property
    def has_scores(self) -> bool:
        """Some line says how close its take comes."""
        rows = (row for baseline in self.baselines for row in self.rows(baseline))
        return any(row.score for row in rows)

    @property
    def folder(self) -> Path:
        """The folder of the comparison and its pictures."""
        return self.status.folder / "analysis"

    @property
    def comparison_page(self) -> Path:
        return self.folder / "comparison_results.md"

    @property
    def adherence_link(self) -> Markdown:
        """A link to the comparison's tables of tempo and key."""
        folder = self.status.folder
        return link("how often they are kept", self.comparison_page, folder, ADHERENCE)

    @property
    def judges_link(self) -> Markdown | None:
        """A link to what the judges say, scale by scale; None where none has heard a take."""
        titles = self.details.judges
        if not titles:
            return None
        label = f"what {' and '.join(titles)} say{'s' * (len(titles) == 1)}"
        return link(label, self.comparison_page, self.status.folder, JUDGES)

    @property
    def tally(self) -> str:
        """The number of each verdict on the takes' files."""
        counts = [(mark, _count(self.verdicts, word), word) for word, mark in MARKS.items()]
        return ", ".join(f"{mark} {count} {word}" for mark, count, word in counts)

    def rows(self, baseline: BaselineStatus) -> Iterator[Row]:
        """A segment's baseline if it is there, then its takes, the control first."""
        segment = baseline.segment
        if baseline.state == "ready":
            compared = self.status.comparison.segments.get(segment.number)
            measured = compared.baseline.measured if compared else None
            tempo, key = _heard(measured)
            key = "" if segment.number in self.details.unclear_baselines else key
            yield Row(Markdown("baseline"), _file(baseline.verdict), Markdown(), "", tempo, key)
        for group in self._groups(segment):
            yield self._row(segment, group.first, group.label)
            for take in group.takes[1:]:
                if _count(self.status.verdicts_on([take]), "fail"):
                    yield self._row(segment, take, f"{take.maker_title}, {take.label}")

    @property
    def pictures(self) -> list[Markdown]:
        """One picture a segment: a model's take, else the control's, beside the baseline; one that
        was made from the baseline only where there is no other."""
        pictures = []
        for segment in self.status.song.segments:
            groups = list(reversed(self._groups(segment)))
            groups.sort(key=lambda group: bool(group.first.baseline_mark))
            takes = [(group.label, group.first) for group in groups]
            paths = [(label, self.folder / f"{take.name}.png") for label, take in takes]
            there = [(label, path) for label, path in paths if path.is_file()]
            for label, path in there[:1]:
                picture = self.status.link(path, f"Segment {segment.number}: {label}")
                pictures.append(Markdown("!{}").format(picture))
        return pictures

    @property
    def without_baseline(self) -> dict[tuple[str, bool], list[int]]:
        """The segments without a baseline, by reason and by whether models were held against the
        control instead. The reason is "" for a baseline that phase 1 says how to import."""
        reasons: dict[tuple[str, bool], list[int]] = {}
        for number, segment in self.status.comparison.segments.items():
            baseline = segment.baseline
            if baseline.state != "ready":
                known = baseline.state in ("absent", "unnamed")
                with_control = any(take.against for take in segment.takes)
                why = "" if known else baseline.why or ""
                reasons.setdefault((why, with_control), []).append(number)
        return reasons

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

    def _groups(self, segment: Segment) -> list[TakeGroup]:
        """What there is of a segment, the control before the models that must beat it."""
        groups = [g for g in self.groups if g.first.job.segment == segment.number]
        return sorted(groups, key=lambda group: not group.first.model.is_control)

    def _row(self, segment: Segment, take: JobStatus, label: str) -> Row:
        compared = self.status.comparison.take(segment.number, take.name)
        score = compared.overall if compared else None
        tempo, key = _heard(compared.measured if compared else None)
        if compared:
            can_tell = self.details.has_tempo(take.name), self.details.has_key(take.name)
            tempo = Markdown(_beside(tempo, f"{segment.bpm:g}") if can_tell[0] else "")
            key = _beside(key, segment.key) if can_tell[1] else ""
        return Row(
            name=self.status.link(self.status.wav(take.name), label),
            file=_file(self.status.verdict(take)),
            score=_interval(score),
            says=(compared and self._unusable(segment, take)) or _says(score),
            tempo=tempo,
            key=key,
        )

    def _unusable(self, segment: Segment, take: JobStatus) -> str:
        """Why no take of a model is of use; "" where some is."""
        compared = self.status.comparison.segments[segment.number]
        reasons = (lack.why for lack in compared.unusable if lack.model == take.maker)
        return "".join(f"not usable: {why}" for why in reasons)


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
    page = AnalysisPage(
        status, word, baselines, groups, verdicts, ready, None in compared, read_details(status)
    )
    return render_template("phase4_analysis.md.j2", page)


def _count(verdicts: list[FileVerdict], word: str) -> int:
    return sum(verdict.verdict == word for verdict in verdicts)


def _file(verdict: FileVerdict | None) -> str:
    """A mark, and the first checks that did not pass."""
    if verdict is None:
        return NOT_JUDGED
    checks = [check.name for check in verdict.checks if check.verdict == verdict.verdict]
    if verdict.verdict == "pass":
        return verdict.mark
    rest = len(checks) - MOST_CHECKS
    more = f" and {plural(rest, 'more check')}" if rest > 0 else ""
    return f"{verdict.mark} {', '.join(checks[:MOST_CHECKS])}{more}"


def _heard(measured: Measured | None) -> tuple[Markdown, str]:
    """Tempo in BPM and key, each "" where it could not be told."""
    if measured is None:
        return Markdown(), ""
    return figure(measured.tempo_bpm or None, 0), measured.key or ""


def _beside(measured: str, asked: str) -> str:
    """What was measured, and in brackets what was asked for if that is another."""
    return measured if not measured or measured == asked else f"{measured} ({asked})"


def _interval(score: Score | None) -> Markdown:
    """0.13 [0.05, 0.16]; "" where nothing rests on it."""
    if score is None or score.verdict not in CLOSENESS or score.scaled is None:
        return Markdown()
    interval = score.scaled_interval or (None, None)
    if None in interval:
        return figure(score.scaled)
    return Markdown("{} [{}, {}]").format(figure(score.scaled), *map(figure, interval))


def _says(score: Score | None) -> str:
    if score is None:
        return ""
    verdict = "undecided" if score.verdict == "unknown" else score.verdict
    return CLOSENESS.get(verdict, verdict)
