"""How close the takes come, as comparison_results.json says: every figure with its scale."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from secondtake.song import Segment
from secondtake_runner.phases import layout, remedies
from secondtake_runner.phases.comparison import Compared, Metric
from secondtake_runner.phases.survey import Standing, Survey

READ = (
    "No similarity stands alone. Beside it are the *floor*, what pink noise scores; the *sketch*, "
    "a rule-based arrangement that a model should beat; and the *ceiling*, what the reference "
    "scores against other parts of itself. *Scaled* is 0 at the floor and 1 at the ceiling."
)
READINGS = {
    "ahead": "ahead of the sketch, beyond the interval",
    "behind": "behind the sketch, beyond the interval",
    "level": "not to be told from the sketch",
}


def blocks(survey: Survey) -> Iterator[str]:
    """The section, or what to type where there is no comparison."""
    found = survey.comparison
    if found.state != "ready":
        yield remedies.not_there(
            survey, found.state, found.why, "comparison_results.json", "analyse"
        )
        return
    page = survey.folder / "analysis" / "comparison_results.md"
    yield READ
    if page.is_file():
        yield f"All metrics, with the first study's own: {survey.link(page)}"
    for segment in survey.song.segments:
        yield f"### Segment {segment.number}: {segment.kind}, “{layout.words(segment.title)}”"
        yield from _segment(survey, segment)


def _segment(survey: Survey, segment: Segment) -> Iterator[str]:
    part = survey.comparison.parts.get(segment.number)
    if part is None:
        yield f"Not compared yet. Type {layout.code(survey.command('analyse'))}."
        return
    if part.baseline_state != "ready":
        why = layout.words(survey.here(part.baseline_why)) or "it was not there"
        yield f"⚠️ **No baseline**: {why}. Takes are compared with the sketch only."
    mine = [s for s in survey.takes if s.job.segment == segment.number]
    takes = [(s, one) for s in mine if (one := part.takes.get(s.job.name))]
    yield _recordings(part.baseline_measured, takes)
    yield _metrics(takes)
    for standing in mine:
        if standing.job.name not in part.takes:
            why = part.skipped.get(standing.job.name, "made after the last analysis")
            title = layout.words(standing.job.name)
            yield f"⏳ {title} was not compared: {layout.words(survey.here(why))}"
    if not mine:
        yield "No takes yet."
    yield from _plots(survey, takes)


def _recordings(original: Mapping[str, Any], takes: list[tuple[Standing, Compared]]) -> str:
    rows = [("baseline", original)] if original else []
    rows += [(layout.words(s.model.title) + _take(s), one.measured) for s, one in takes]
    return layout.table(
        ("recording", "sound, s", "tempo, BPM", "key", "loudness, LUFS"),
        [
            (
                name,
                layout.figure(one.get("seconds"), 2),
                layout.figure(one.get("tempo_bpm"), 1) or "undecidable",
                layout.words(str(one.get("key") or "–")),
                layout.figure(one.get("lufs"), 1),
            )
            for name, one in rows
        ],
    )


def _take(standing: Standing) -> str:
    return f", take {standing.job.take}" if standing.job.take > 1 else ""


def _metrics(takes: list[tuple[Standing, Compared]]) -> str:
    rows = [
        (
            layout.words(standing.model.title) + _take(standing),
            "baseline" if one.against == "baseline" else "sketch",
            layout.words(metric.name),
            _value(metric),
            layout.figure(metric.floor),
            layout.figure(metric.mark),
            layout.figure(metric.ceiling),
            layout.figure(metric.scaled),
            READINGS.get(metric.against_mark, ""),
        )
        for standing, one in takes
        for metric in one.metrics
    ]
    columns = "take, against, metric, value, floor: pink noise, sketch, ceiling, scaled, reading"
    return layout.table(columns.split(", "), rows)


def _value(metric: Metric) -> str:
    unit = f" {layout.words(metric.unit)}" if metric.unit else ""
    if metric.interval is None:
        return layout.figure(metric.value) + unit
    low, high = metric.interval
    return f"{layout.figure(metric.value)}{unit} \\[{layout.figure(low)}, {layout.figure(high)}\\]"


def _plots(survey: Survey, takes: list[tuple[Standing, Compared]]) -> Iterator[str]:
    for standing, one in takes:
        path: Path = survey.folder / "analysis" / one.plot
        if one.plot and path.is_file():
            yield layout.picture(f"{standing.model.title}: {one.name}", path, survey.folder)
