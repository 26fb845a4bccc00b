"""The comparison as a page of markdown, from its JSON values alone.

The findings come first, then all models at a glance, then every segment behind a fold. Raw values
are left to the JSON file, and what a line can say of a take to the page of phase 4.
"""

from collections.abc import Iterator, Sequence

from secondtake.analysis.findings.finding import KINDS
from secondtake.analysis.findings.phrases import column
from secondtake.analysis.formatting import (
    JsonObject,
    format_number,
    format_with_interval,
    markdown_table,
)
from secondtake.analysis.report.adherence_section import adherence_section
from secondtake.analysis.report.judges_section import judges_section
from secondtake.analysis.report.segment_section import segment_sections
from secondtake.core.escape import markdown

HEAD = """\
Written by `scripts/analyse_results.py`; changes by hand are lost. Every take in a line, and what to
do next: [Phase 4](../PHASE4_PROGRESS.md). Every metric with its raw values:
`comparison_results.json`. What they mean: `docs/metrics.md`.
"""
HOW_TO_READ = """\
**How to read this.** 0 is the *floor*, what other music scores against the same baseline (the
median of many pieces); 1 is the *ceiling*, what the baseline scores against other parts of itself.
Above 1 a take is closer than the baseline's own parts are to each other.
Intervals are of 95 %. **Bold**: the whole interval lies above what 90 of 100 pieces of other music
reach. *Italics*: not to be told from other music, or further away. *No scale*: the baseline is
hardly closer to itself than other music is. *Undecided*: the interval is too wide. The *control* is
the sketch: it follows rules; a model should beat it.
"""
NOTHING = "None yet: no take was compared with a baseline. Each segment below says what is there."
SCALE = "Figures are scaled, 0 is other music and 1 the baseline itself; brackets hold intervals."
MOST_LINKS = 3  # rows that a finding names one by one
HEAT_MAP, DOTS = "overview_heatmap.png", "overview_dots.png"
REPAINTS = """\
A take with a stretch made anew shares the rest of its sound with another: it is not counted here.
"""
BY_CHANCE = """\
A difference counts where its whole interval is on one side of 0 and the closer model is closer than
other music. Of twenty that are none, one will look like one.
"""


def comparison_page(comparison: JsonObject) -> str:
    """The whole page; ends with a newline.

    What the user wrote is escaped; names of takes and of metrics are the project's own words.
    """
    parts = [
        f"# Comparison: {markdown(comparison['title'])}",
        HEAD,
        *overview_sections(comparison),
        *adherence_section(comparison),
        *judges_section(comparison),
        *segment_sections(comparison),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def overview_sections(comparison: JsonObject) -> Iterator[str]:
    """Findings, the picture and the tables over all segments."""
    across = comparison["across"]
    yield "## Findings"
    yield from _findings(comparison)
    yield HOW_TO_READ
    if not across["models"]:
        return
    yield "## At a glance"
    yield f"The median over a model's segments; [as dots with their intervals]({DOTS})."
    yield f"![How close each model comes in each question]({HEAT_MAP})"
    yield _glance(across)
    yield _undecided(across, " ".join(finding["text"] for finding in comparison["findings"]))
    if any(_has_several(cell) for cells in across["cells"].values() for cell in cells.values()):
        yield "### Several takes"
        if any(take["repaint"] for part in comparison["segments"] for take in part["takes"]):
            yield REPAINTS
        yield _takes(across)
    if across["pairs"]:
        yield "### Models against each other"
        yield BY_CHANCE
        yield _pairs(across)


def _findings(comparison: JsonObject) -> Iterator[str]:
    """The findings by kind, each sentence with links to the rows that it is made from."""
    yield SCALE if comparison["findings"] else NOTHING
    titles = _titles(comparison["across"])
    for kind, heading in KINDS.items():
        lines = [
            f"- {markdown(finding['text'])}{_links(finding['evidence'], titles)}"
            for finding in comparison["findings"]
            if finding["kind"] == kind
        ]
        if lines:
            yield f"### {heading}"
            yield "\n".join(lines)


def _links(evidence: Sequence[JsonObject], titles: dict[str, str]) -> str:
    """The rows behind a sentence, in brackets; the first ones where there are many."""
    if not evidence:
        return ""
    several = len({row["model"] for row in evidence}) > 1
    links = []
    for row in evidence[:MOST_LINKS]:
        whose = f", {markdown(titles[row['model']])}" if several else ""
        links.append(f"[{row['segment']}{whose}](#{row['anchor']})")
    if len(evidence) > MOST_LINKS:
        links.append(f"{len(evidence) - MOST_LINKS} more")
    return f" (segment{'s' if len(evidence) > 1 else ''} {', '.join(links)})"


def _glance(across: JsonObject) -> str:
    """A row a question, a column a model: there are more questions than a page is wide."""
    names = [model["name"] for model in across["models"]]
    rows = [
        (
            column(question, across["metrics"][question]),
            *(_cell(across["cells"][name][question]) for name in names),
        )
        for question in across["questions"]
    ]
    titles = (markdown(model["title"]) for model in across["models"])
    return markdown_table(("question (metric)", *titles), rows)


def _cell(cell: JsonObject) -> str:
    return format_with_interval(cell["scaled"], (cell["low"], cell["high"])) or "undecided"


def _undecided(across: JsonObject, said: str) -> str:
    """Why a cell has no number, or from how few segments; equal reasons together.

    said: what the findings say; none of their reasons is repeated.
    """
    titles, few, by_reason = _titles(across), list[str](), dict[str, list[str]]()
    for model, cells in across["cells"].items():
        counts = []
        for question in across["questions"]:
            cell = cells[question]
            if cell["scaled"] is None and cell["note"] not in said:
                by_reason.setdefault(cell["note"], []).append(f"{titles[model]} in {question}")
            elif cell["scaled"] is not None and cell["segments"] < cell["of"]:
                counts.append(f"{question} {cell['segments']} of {cell['of']}")
        few += [f"{titles[model]}: {', '.join(counts)}"] if counts else []
    lines = [f"Nothing decided of {', '.join(cells)}: {why}" for why, cells in by_reason.items()]
    if few:
        lines.insert(0, f"Segments behind a median, where not all are: {'; '.join(few)}")
    return "\n".join(f"- {markdown(line)}" for line in lines)


def _has_several(cell: JsonObject) -> bool:
    return cell["takes_median"] is not None


def _takes(across: JsonObject) -> str:
    """Of models with several takes a segment: the chosen ones, and how all lie."""
    titles = _titles(across)
    rows = [
        (
            markdown(titles[model]),
            column(question, across["metrics"][question]),
            format_number(cell["scaled"]),
            f"{format_number(cell['takes_median'])} ({format_number(cell['takes_least'])} to "
            f"{format_number(cell['takes_most'])})",
            str(cell["takes"]),
        )
        for model, cells in across["cells"].items()
        for question, cell in cells.items()
        if _has_several(cell) and cell["scaled"] is not None
    ]
    head = ("model", "question", "chosen takes", "all takes: median (least to most)", "takes")
    return markdown_table(head, rows)


def _pairs(across: JsonObject) -> str:
    """The differences that are decided in a table, the others in a line for each pair."""
    titles, rows, open_pairs = _titles(across), [], dict[tuple[str, str], list[str]]()
    for pair in across["pairs"]:
        question = column(pair["question"], across["metrics"][pair["question"]])
        names = (titles[pair["first"]], titles[pair["second"]])
        if not pair["decided"]:
            open_pairs.setdefault(names, []).append(_open_pair(pair))
            continue
        turned = pair["difference"] < 0
        closer, other = reversed(names) if turned else names
        figure = _difference(pair, turned=turned)
        segments = str(len(pair["segments"]))
        rows.append((question, markdown(closer), markdown(other), figure, segments))
    head = ("question", "closer", "than", "difference, scaled", "segments")
    lines = [
        "- " + markdown(f"{first} and {second} are not told apart in {', '.join(questions)}.")
        for (first, second), questions in open_pairs.items()
    ]
    table = markdown_table(head, rows) if rows else ""
    return "\n\n".join(filter(None, (table, "\n".join(lines))))


def _difference(pair: JsonObject, *, turned: bool) -> str:
    """How much closer the closer model is; turned: that is the second one."""
    value, low, high = (pair[name] for name in ("difference", "low", "high"))
    return (
        format_with_interval(-value, (-high, -low)) if turned else _cell({**pair, "scaled": value})
    )


def _open_pair(pair: JsonObject) -> str:
    note = f" ({pair['note']})" if pair["note"] else ""
    return f"{pair['question']}{note}"


def _titles(across: JsonObject) -> dict[str, str]:
    return {model["name"]: model["title"] for model in across["models"]}
