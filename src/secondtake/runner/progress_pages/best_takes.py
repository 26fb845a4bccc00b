"""Several takes of one segment by one model, as the pages show them: best, and spread.

The choice is ranking.json's. Where it does not rank these very files, nothing is called the best.
"""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from secondtake.core.ranking_file import RankedGroup
from secondtake.core.take_facts import count_words
from secondtake.runner.progress_pages.markdown import Markdown, figure
from secondtake.runner.progress_pages.survey import JobStatus, SongStatus, group_by
from secondtake.runner.rank_song import best_link

MOST_ROWS = 6  # takes that a table shows one by one; ranking.json holds all of them


@dataclass(frozen=True)
class TakeGroup:
    """The takes of one segment by one model that can be played, in the order of the ranking."""

    takes: tuple[JobStatus, ...]  # by number where there is no ranking of these files
    ranking: RankedGroup | None
    link: Path | None  # the link to the best take, where it leads there

    @property
    def first(self) -> JobStatus:
        """The take that stands for all of them."""
        return self.takes[0]

    @property
    def shown(self) -> tuple[JobStatus, ...]:
        """The takes that have a row of their own."""
        return self.takes[:MOST_ROWS]

    @property
    def several(self) -> bool:
        return len(self.takes) > 1

    @property
    def independent(self) -> list[JobStatus]:
        """The takes that are draws of their own: no repaints of others."""
        return [take for take in self.takes if not take.made_of]

    @property
    def count(self) -> str:
        """The number of takes, with those that are repaints: 3, 2 of them with …"""
        return count_words(len(self.takes), len(self.takes) - len(self.independent))

    @property
    def label(self) -> str:
        """The model's title, and which of how many takes the first one is."""
        title, count, first = self.first.maker_title, self.count, self.first.label
        if not self.several:
            return title + (f", {first}" if first != "take 1" else "")
        if self.ranking is None:
            return f"{title}, {first} of {count} (not ranked)"
        if self.ranking.best is None:
            return f"{title}, none of {count} usable (least bad: {first})"
        return f"{title}, best of {count} ({first})"

    @property
    def median_label(self) -> str:
        return f"{self.first.maker_title}, median of {len(self.independent)} (least to most)"

    def reason(self, take: JobStatus) -> str:
        """Why a take has its place; "" where it is not ranked."""
        ranked = self.ranking.takes if self.ranking else ()
        return next((entry.reason for entry in ranked if entry.take == take.name), "")


def take_groups(status: SongStatus, jobs: Iterable[JobStatus]) -> list[TakeGroup]:
    """The takes of these that can be played and the kept ones beside them.

    By segment and model, in the order in which they come; those that were made from the baseline
    are a group of their own, behind that of their model.
    """

    def key(entry: JobStatus) -> tuple[int, str]:
        return entry.job.segment, entry.job.model

    kept = group_by(status.kept, key)
    groups: list[TakeGroup] = []
    for of, alike in group_by(jobs, key).items():
        takes = [*(entry for entry in alike if entry.playable), *kept.get(of, ())]
        by_maker = group_by(takes, lambda entry: entry.maker)
        groups += [_ranked(status, by_maker[maker]) for maker in sorted(by_maker)]
    return groups


def _ranked(status: SongStatus, takes: list[JobStatus]) -> TakeGroup:
    job, maker = takes[0].job, takes[0].maker
    files = {take.name: take.take.wav.sha256 for take in takes if take.take}
    ranking = status.rankings.of(job.segment, maker, files)
    places = {ranked.take: ranked.place for ranked in ranking.takes} if ranking else {}
    takes = sorted(takes, key=lambda take: (places.get(take.name, 0), take.job.take))
    name = f"{maker}_segment{job.segment}_{job.kind}"
    return TakeGroup(tuple(takes), ranking, best_link(status.folder, name, takes[0].name))


def spread(figures: Iterable[object], digits: int = 2) -> Markdown:
    """The median, and the least and most in brackets; "" without figures."""
    values = [float(value) for value in figures if isinstance(value, int | float)]
    if not values:
        return Markdown()
    three = (statistics.median(values), min(values), max(values))
    return Markdown("{} ({} to {})").format(*(figure(value, digits) for value in three))
