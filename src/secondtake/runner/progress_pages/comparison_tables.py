"""How close the takes come, as comparison_results.json says: every figure with its scale.

Findings and overview of the comparison, as phase 4 shows them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Segment
from secondtake.runner.progress_pages import best_takes as choice
from secondtake.runner.progress_pages import markdown, remedies
from secondtake.runner.progress_pages.results import (
    KINDS,
    Cell,
    Compared,
    Finding,
    Metric,
    Overview,
    Part,
    Row,
)
from secondtake.runner.progress_pages.survey import Standing, Survey

MOST_LINKS = 3  # rows that a finding leads to
HEAT_MAP = "overview_heatmap.png"
SCALE = "Figures are scaled, 0 is other music and 1 the original itself; brackets hold intervals."
MEDIANS = "The median over a model's segments, scaled."


def finding_blocks(survey: Survey) -> Iterator[str]:
    """The findings, then all models at a glance."""
    compared = survey.comparison
    if compared.outdated:
        again = markdown.code(survey.command("analyse"))
        yield f"⏳ Some files are others now; what rested on them is left out. Type {again}."
    if compared.findings:
        yield "### Findings"
        yield SCALE
    for kind, heading in KINDS.items():
        found = [one for one in compared.findings if one.kind == kind]
        if found:
            yield f"**{heading}**"
            yield markdown.bullets(_sentence(survey, one) for one in found)
    if compared.overview:
        yield "### At a glance"
        yield MEDIANS
        yield _table(compared.overview)
        picture = survey.folder / "analysis" / HEAT_MAP
        if picture.is_file():
            yield markdown.picture("How close each model comes", picture, survey.folder)


def _sentence(survey: Survey, finding: Finding) -> str:
    """What was found, and where its figures stand."""
    page = survey.folder / "analysis" / "comparison_results.md"
    text = markdown.words(finding.text)
    if not page.is_file():
        return text
    links = [_link(survey, page, row) for row in finding.rows[:MOST_LINKS]]
    more = len(finding.rows) - MOST_LINKS
    links += [f"{more} more"] if more > 0 else []
    return f"{text} ({'; '.join(links)})" if links else text


def _link(survey: Survey, page: Path, row: Row) -> str:
    """To the row on the page of the comparison."""
    model = MODELS.get(row.model)
    words = f"segment {row.segment}, {model.title if model else row.model}, {row.metric}"
    label = markdown.words(words)
    return f"{markdown.link(label, page, survey.folder).removesuffix(')')}#{row.anchor})"


def _table(overview: Overview) -> str:
    rows = [
        (
            markdown.words(title),
            *(_cell(overview.cells[name][question]) for question in overview.questions),
        )
        for name, title in overview.titles.items()
    ]
    return markdown.table(("model", *map(markdown.words, overview.questions)), rows)


def _cell(cell: Cell) -> str:
    if cell.scaled is None:
        return "unknown"
    if cell.interval is None:
        return markdown.figure(cell.scaled)
    low, high = cell.interval
    return f"{markdown.figure(cell.scaled)} \\[{markdown.figure(low)}, {markdown.figure(high)}\\]"


READ = (
    "No similarity stands alone. Beside it are the *floor*, what other music scores against the "
    "same original; the *sketch*, a rule-based arrangement that a model should beat; and the "
    "*ceiling*, what the original scores against other parts of itself. *Scaled* is 0 at the floor "
    "and 1 at the ceiling."
)
READINGS = {
    "ahead": "ahead of the sketch, beyond the interval",
    "behind": "behind the sketch, beyond the interval",
    "level": "not to be told from the sketch",
}


@dataclass(frozen=True)
class Shown:
    """The takes of a segment by a model, as far as they were compared."""

    choice: choice.Choice
    takes: list[Compared]

    @property
    def first(self) -> Compared | None:
        """What was measured of the take that stands for all."""
        name = self.choice.first.job.name
        return next((one for one in self.takes if one.name == name), None)


def blocks(survey: Survey) -> Iterator[str]:
    """The section, or what to type where there is no comparison."""
    compared = survey.comparison
    if compared.state != "ready":
        yield remedies.not_there(
            survey, compared.state, compared.why, "comparison_results.json", "analyse"
        )
        return
    page = survey.folder / "analysis" / "comparison_results.md"
    yield READ
    if page.is_file():
        yield f"All metrics, segment by segment: {survey.link(page)}"
    yield from finding_blocks(survey)
    for segment in survey.song.segments:
        yield f"### Segment {segment.number}: {segment.kind}, “{markdown.words(segment.title)}”"
        yield from _segment(survey, segment)


def _segment(survey: Survey, segment: Segment) -> Iterator[str]:
    part = survey.comparison.parts.get(segment.number)
    if part is None:
        yield f"Not compared yet. Type {markdown.code(survey.command('analyse'))}."
        return
    if part.baseline_state != "ready":
        why = markdown.words(survey.here(part.baseline_why)) or "it was not there"
        yield f"⚠️ **No baseline**: {why}. Takes are compared with the sketch only."
    mine = [s for s in survey.takes if s.job.segment == segment.number]
    groups = [
        Shown(group, [one for s in group.standings if (one := part.takes.get(s.job.name))])
        for group in choice.choices(survey, mine)
    ]
    groups = [one for one in groups if one.first]
    yield markdown.bullets(choice.explained(survey, one.choice) for one in groups)
    yield _recordings(part.baseline_measured, groups)
    yield _metrics(groups)
    yield from _left_out(survey, part, mine)
    if not mine:
        yield "No takes yet."
    yield from _plots(survey, groups)


def _left_out(survey: Survey, part: Part, standings: list[Standing]) -> Iterator[str]:
    """What was not compared; takes of one model for one reason together."""
    alike: dict[tuple[str, str], list[str]] = {}
    for standing in standings:
        name = standing.job.name
        if name not in part.takes:
            why = part.skipped.get(name, "made after the last analysis")
            alike.setdefault((standing.job.model, why), []).append(name)
    for (_, why), names in alike.items():
        more = f" and {markdown.many(len(names) - 1, 'further take')}" if names[1:] else ""
        verb = "were" if more else "was"
        reason = markdown.words(survey.here(why))
        yield f"⏳ {markdown.words(names[0])}{more} {verb} not compared: {reason}"


def _recordings(original: Mapping[str, Any], groups: list[Shown]) -> str:
    rows = [_recording("baseline", original)] if original else []
    for one in groups:
        if one.first:
            rows.append(_recording(one.choice.label, one.first.measured))
        if one.choice.several:
            rows.append(_median_recording(one))
    columns = ("recording", "sound, s", "tempo, BPM", "key", "loudness, LUFS")
    return markdown.table(columns, rows)


def _recording(name: str, measured: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        name,
        markdown.figure(measured.get("seconds"), 2),
        markdown.figure(measured.get("tempo_bpm"), 1) or "undecidable",
        markdown.words(str(measured.get("key") or "–")),
        markdown.figure(measured.get("lufs"), 1),
    )


def _median_recording(one: Shown) -> tuple[str, ...]:
    seconds, tempo, lufs = (
        choice.spread((take.measured.get(name) for take in one.takes), digits)
        for name, digits in (("seconds", 2), ("tempo_bpm", 1), ("lufs", 1))
    )
    return (one.choice.median_label, seconds, tempo or "undecidable", "", lufs)


def _metrics(groups: list[Shown]) -> str:
    rows = [
        row
        for one in groups
        for metric in (one.first.speaking if one.first else ())
        for row in _rows(one, metric)
    ]
    columns = "take, against, metric, value, floor, sketch, ceiling, scaled, verdict, reading"
    return markdown.table(columns.split(", "), rows)


def _rows(one: Shown, metric: Metric) -> Iterator[tuple[str, ...]]:
    """The best take's figures, and what the median take of several scores."""
    against = "baseline" if one.first and one.first.against == "baseline" else "sketch"
    name = markdown.words(_named(metric))
    yield (
        one.choice.label,
        against,
        name,
        _value(metric),
        markdown.figure(metric.floor),
        markdown.figure(metric.mark),
        markdown.figure(metric.ceiling),
        markdown.figure(metric.scaled),
        markdown.words(metric.verdict),
        READINGS.get(metric.against_mark, ""),
    )
    if one.choice.several:
        alike = [m for take in one.takes for m in take.metrics if m.name == metric.name]
        values, scaled = (choice.spread(figures) for figures in _figures(alike))
        yield (one.choice.median_label, against, name, values, "", "", "", scaled, "", "")


def _named(metric: Metric) -> str:
    """The question, and the metric that answers it where that has a name of its own."""
    if metric.name == metric.question:
        return metric.name
    return f"{metric.question}: {metric.name}"


def _figures(metrics: list[Metric]) -> tuple[list[float | None], list[float | None]]:
    return [one.value for one in metrics], [one.scaled for one in metrics]


def _value(metric: Metric) -> str:
    unit = f" {markdown.words(metric.unit)}" if metric.unit else ""
    if metric.interval is None:
        return markdown.figure(metric.value) + unit
    low, high = (markdown.figure(end) for end in metric.interval)
    return f"{markdown.figure(metric.value)}{unit} \\[{low}, {high}\\]"


def _plots(survey: Survey, groups: list[Shown]) -> Iterator[str]:
    """A picture of each model's best take; the others' lie beside it."""
    for group in groups:
        one = group.first
        path: Path = survey.folder / "analysis" / (one.plot if one else "")
        if one and one.plot and path.is_file():
            title = group.choice.first.model.title
            yield markdown.picture(f"{title}: {one.name}", path, survey.folder)
