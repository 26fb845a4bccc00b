"""Findings and overview of the comparison, as phase 4 shows them."""

from collections.abc import Iterator
from pathlib import Path

from secondtake.models import MODELS
from secondtake_runner.phases import layout
from secondtake_runner.phases.overview import KINDS, Cell, Finding, Overview, Row
from secondtake_runner.phases.survey import Survey

MOST_LINKS = 3  # rows that a finding leads to
HEAT_MAP = "overview_heatmap.png"
SCALE = "Figures are scaled, 0 is other music and 1 the original itself; brackets hold intervals."
MEDIANS = "The median over a model's segments, scaled."


def blocks(survey: Survey) -> Iterator[str]:
    """The findings, then all models at a glance."""
    compared = survey.comparison
    if compared.outdated:
        again = layout.code(survey.command("analyse"))
        yield f"⏳ Some files are others now; what rested on them is left out. Type {again}."
    if compared.findings:
        yield "### Findings"
        yield SCALE
    for kind, heading in KINDS.items():
        found = [one for one in compared.findings if one.kind == kind]
        if found:
            yield f"**{heading}**"
            yield layout.bullets(_sentence(survey, one) for one in found)
    if compared.overview:
        yield "### At a glance"
        yield MEDIANS
        yield _table(compared.overview)
        picture = survey.folder / "analysis" / HEAT_MAP
        if picture.is_file():
            yield layout.picture("How close each model comes", picture, survey.folder)


def _sentence(survey: Survey, finding: Finding) -> str:
    """What was found, and where its figures stand."""
    page = survey.folder / "analysis" / "comparison_results.md"
    text = layout.words(finding.text)
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
    label = layout.words(words)
    return f"{layout.link(label, page, survey.folder).removesuffix(')')}#{row.anchor})"


def _table(overview: Overview) -> str:
    rows = [
        (
            layout.words(title),
            *(_cell(overview.cells[name][question]) for question in overview.questions),
        )
        for name, title in overview.titles.items()
    ]
    return layout.table(("model", *map(layout.words, overview.questions)), rows)


def _cell(cell: Cell) -> str:
    if cell.scaled is None:
        return "unknown"
    if cell.interval is None:
        return layout.figure(cell.scaled)
    low, high = cell.interval
    return f"{layout.figure(cell.scaled)} \\[{layout.figure(low)}, {layout.figure(high)}\\]"
