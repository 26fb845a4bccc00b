"""The judgments of a song: those of its takes, and of what each take stands beside.

A judgment counts if it is of the very bytes that are there now, and was asked what is asked now.
All that is held against each other is by one identity of a judge (its weights, its version, its
environment): the one that most takes were judged by.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.analysis.comparison.material import ComparedTake, SegmentMaterial, is_control
from secondtake.core.files import canonical
from secondtake.core.judge_jobs import asked_style, baseline_job, baseline_name, take_job
from secondtake.core.judgments import (
    JudgeJob,
    Judgment,
    StoredJudgment,
    judgment_path,
    read_judgment,
)
from secondtake.core.registry.all_judges import JUDGES, chosen_judges
from secondtake.core.registry.judge import JudgeSpec
from secondtake.core.song import Song
from secondtake.core.takes import Take

TYPE = "type: invoke judge"
NOT_JUDGED = f"not judged yet; {TYPE}"
OTHER_IDENTITY = f"judged by another version of the judge than the other takes; {TYPE}"
NO_BASELINE = "no ceiling: the baseline is not here"
BASELINE_NOT_JUDGED = f"no ceiling: the baseline is not judged yet; {TYPE}"

Stored = dict[str, StoredJudgment | None]  # by the name of the judgment


@dataclass(frozen=True)
class JudgedTake:
    """A take's judgment, and those of the baseline and of the control under the same words.

    A text in the place of a judgment says why there is none.
    """

    own: Judgment | str
    baseline: Judgment | str
    control: Judgment | None


class SongJudge:
    """A judge that has heard some take of a song."""

    def __init__(self, song: Song, judge: JudgeSpec, checkpoint: str) -> None:
        self.song, self.judge, self.checkpoint = song, judge, checkpoint
        self.identity: Mapping[str, Any] = {}
        self._stored: Stored = {}

    def choose_identity(self, materials: Sequence[SegmentMaterial]) -> bool:
        """Keep to the identity by which most takes were judged; False if no take was."""
        jobs = (
            job
            for material in materials
            for compared in material.takes
            if (job := self.job_of(compared.take)) is not None
        )
        judged = [stored for job in jobs if (stored := self._read(job)) is not None]
        counts = Counter(canonical(dict(stored.identity)) for stored in judged)
        if not counts:
            return False
        (most, _), *_ = counts.most_common(1)
        self.identity = next(s.identity for s in judged if canonical(dict(s.identity)) == most)
        return True

    def of_take(self, material: SegmentMaterial, compared: ComparedTake) -> JudgedTake | None:
        """All judgments about a take; None if the judge is not asked about it."""
        take = compared.take
        job = self.job_of(take)
        if job is None:
            return None
        stored = self._read(job)
        own: Judgment | str = NOT_JUDGED
        if stored is not None:
            own = stored.judgment if stored.identity == self.identity else OTHER_IDENTITY
        others = (c.take for c in material.takes if is_control(c.take) and not is_control(take))
        return JudgedTake(
            own,
            self.of_baseline(material, job.style),
            next((self.of_job(self.job_of(other, job.style)) for other in others), None),
        )

    def of_baseline(self, material: SegmentMaterial, style: str) -> Judgment | str:
        """The judgment of a segment's baseline under these words, or why there is none."""
        if material.segment.baseline is None or not material.sha256:
            return NO_BASELINE
        job = baseline_job(self.judge, self.checkpoint, material.segment, material.sha256, style)
        return self.of_job(job) or BASELINE_NOT_JUDGED

    def job_of(self, take: Take, style: str | None = None) -> JudgeJob | None:
        """What is asked about a take, by its own words or others; None if there are none."""
        words = asked_style(take, self.judge) if style is None else style
        if self.judge.reads_style and not words:
            return None
        return take_job(self.song, self.judge, self.checkpoint, take, words)

    def of_job(self, job: JudgeJob | None) -> Judgment | None:
        """The judgment by the identity that is kept to; None if there is none."""
        stored = self._read(job) if job else None
        return stored.judgment if stored and stored.identity == self.identity else None

    def _read(self, job: JudgeJob) -> StoredJudgment | None:
        """A judgment that answers this very job, whoever gave it."""
        if job.name not in self._stored:
            stored = read_judgment(judgment_path(self.song.results, job))
            answers = stored is not None and _answers(stored, job, self.judge.version)
            self._stored[job.name] = stored if answers else None
        return self._stored[job.name]


def song_judges(song: Song, materials: Sequence[SegmentMaterial]) -> list[SongJudge]:
    """The judges with scales that have heard some take. UserError for a bad SECONDTAKE_JUDGES."""
    chosen = chosen_judges()
    judges = (
        SongJudge(song, judge, chosen[judge.name])
        for judge in JUDGES.values()
        if judge.scales and judge.name in chosen
    )
    return [judge for judge in judges if judge.choose_identity(materials)]


def baseline_judgments(
    judge: SongJudge, materials: Sequence[SegmentMaterial]
) -> Iterator[tuple[int, Judgment]]:
    """The baseline of every segment, once, whatever the words: by the segment's number."""
    for material in materials:
        jobs = (judge.job_of(compared.take) for compared in material.takes)
        styles = dict.fromkeys(job.style for job in jobs if job)
        judgments = (judge.of_baseline(material, style) for style in styles)
        first = next((found for found in judgments if not isinstance(found, str)), None)
        if first is not None:
            yield material.segment.number, first


def every_judgment(
    judge: SongJudge, materials: Sequence[SegmentMaterial]
) -> Iterator[tuple[str, Judgment]]:
    """Every recording that a judge has heard, once, by a name of its own."""
    for number, judgment in baseline_judgments(judge, materials):
        yield baseline_name(number), judgment
    for take in (compared.take for material in materials for compared in material.takes):
        if (own := judge.of_job(judge.job_of(take))) is not None:
            yield take.name, own


def is_whole(judgment: Judgment) -> bool:
    """True if all its values are of the windows that it names. A silent recording has none."""
    count = len(judgment.windows)
    rows = [
        values
        for reading in judgment.scales.values()
        for values in (reading.values, *reading.others.values())
    ]
    widths = {len(row) for row in judgment.embeddings}
    is_embedded = len(judgment.embeddings) in (0, count) and len(widths) <= 1
    is_long = all(begin < end for begin, end in judgment.windows)
    return (
        is_long
        and is_embedded
        and all(len(values) == count for values in rows)
        and (count > 0 or not judgment.scales)
    )


def _answers(stored: StoredJudgment, job: JudgeJob, version: int) -> bool:
    is_asked = stored.key == job.key(stored.identity)
    return is_asked and stored.identity.get("version") == version and is_whole(stored.judgment)
