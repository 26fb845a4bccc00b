"""Several takes of one segment by one model, as the pages show them: best, and spread.

The choice is ranking.json's. Where it does not rank these very files, nothing is called the best.
"""

import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from secondtake.core.ranking_file import Group
from secondtake.runner.progress_pages import markdown
from secondtake.runner.progress_pages.survey import Standing, Survey
from secondtake.runner.rank_song import best_link

MOST_ROWS = 6  # takes that a table shows one by one; ranking.json holds all of them


@dataclass(frozen=True)
class Choice:
    """The takes of one segment by one model that can be played, in the order of the ranking."""

    standings: tuple[Standing, ...]  # by number where there is no ranking of these files
    group: Group | None

    @property
    def first(self) -> Standing:
        """The take that stands for all of them."""
        return self.standings[0]

    @property
    def several(self) -> bool:
        return len(self.standings) > 1

    @property
    def label(self) -> str:
        """The model's title, and which of how many takes this is. Markdown."""
        title, count = markdown.words(self.first.model.title), len(self.standings)
        number = self.first.job.take
        if not self.several:
            return title + (f", take {number}" if number > 1 else "")
        if self.group is None:
            return f"{title}, take {number} of {count} (not ranked)"
        word = "best" if self.group.best else "least bad"
        return f"{title}, {word} of {count} (take {number})"

    @property
    def median_label(self) -> str:
        title = markdown.words(self.first.model.title)
        return f"{title}, median of {len(self.standings)} (least to most)"

    def reason(self, standing: Standing) -> str:
        """Why a take stands where it does, in plain text; "" where it is not ranked."""
        placed = self.group.takes if self.group else ()
        return next((one.reason for one in placed if one.take == standing.job.name), "")


def choices(survey: Survey, standings: Iterable[Standing]) -> list[Choice]:
    """What can be played of these, by segment and model, in the order in which they come."""
    together: dict[tuple[int, str], list[Standing]] = {}
    for standing in standings:
        if standing.playable:
            together.setdefault((standing.job.segment, standing.job.model), []).append(standing)
    return [_choice(survey, takes) for takes in together.values()]


def _choice(survey: Survey, takes: list[Standing]) -> Choice:
    job = takes[0].job
    files = {one.job.name: one.take.wav.sha256 for one in takes if one.take}
    group = survey.rankings.of(job.segment, job.model, files)
    place = {one.take: one.place for one in group.takes} if group else {}
    ordered = sorted(takes, key=lambda one: (place.get(one.job.name, 0), one.job.take))
    return Choice(tuple(ordered), group)


def explained(survey: Survey, choice: Choice) -> str:
    """Which take was chosen and why, or what to type where nothing is chosen yet. Markdown."""
    if not choice.several:
        return ""
    if choice.group is None:
        why = "ranked before something changed" if survey.rankings.groups else "not ranked yet"
        return f"⏳ {choice.label}: {why}. Type {markdown.code(survey.command('rank'))}"
    link = best_link(survey.folder, _link_name(choice), choice.first.job.name)
    linked = f", linked as {survey.link(link)}" if link else ""
    aside = "".join(f"; {markdown.words(one)}" for one in choice.group.set_aside)
    reason = markdown.words(choice.reason(choice.first))
    return f"**{choice.label}**{linked}, chosen without the baseline. Why: {reason}{aside}"


def _link_name(choice: Choice) -> str:
    job = choice.first.job
    return f"{job.model}_segment{job.segment}_{job.kind}"


def rest(survey: Survey, choice: Choice) -> str:
    """Where the takes are that a short page leaves out; "" if it leaves out none."""
    left = len(choice.standings) - MOST_ROWS
    if left <= 0:
        return ""
    path = survey.folder / "ranking.json"
    where = survey.link(path if path.is_file() else survey.wav(choice.first.job.name).parent)
    title = markdown.words(choice.first.model.title)
    return f"{markdown.many(left, 'further take')} by {title}: {where}"


def table(survey: Survey, choice: Choice) -> Iterator[str]:
    """Every take in its place, the first ones in a table, and what their medians are."""
    rows = [
        (
            str(place) if choice.group else "",
            survey.link(survey.wav(one.job.name)),
            str(one.job.seed),
            f"{one.playable.wav.seconds:.2f}" if one.playable else "",
            markdown.words(choice.reason(one)) if place > 1 else "",  # the best one's stands above
        )
        for place, one in enumerate(choice.standings[:MOST_ROWS], 1)
    ]
    takes = [one.playable for one in choice.standings if one.playable]
    sound = [take.wav.seconds for take in takes]
    rows.append(("", choice.median_label, "", spread(sound, 2), ""))
    yield markdown.table(("place", "take", "seed", "seconds", "why"), rows)
    yield rest(survey, choice)


def spread(figures: Iterable[object], digits: int = 2) -> str:
    """The median, and the least and most in brackets; "" without figures."""
    known = [float(one) for one in figures if isinstance(one, int | float)]
    if not known:
        return ""
    shown = [
        markdown.figure(one, digits) for one in (statistics.median(known), min(known), max(known))
    ]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"
