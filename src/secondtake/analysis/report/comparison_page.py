"""The comparison as a page of markdown, from its JSON values alone.

Three sentences come first, then the findings and all models at a glance, then every segment.
"""

from collections.abc import Iterator, Sequence

from secondtake.analysis.findings.claims import is_open
from secondtake.analysis.findings.finding import KINDS, anchor
from secondtake.analysis.findings.phrases import column
from secondtake.analysis.formatting import (
    JsonObject,
    format_number,
    format_with_interval,
    markdown_table,
)
from secondtake.analysis.metrics.metric import CLOSE
from secondtake.analysis.report.adherence_section import adherence_section
from secondtake.analysis.report.segment_section import segment_sections
from secondtake.core.escape import markdown
from secondtake.core.formatting import plural

HEAD = """\
Written by `scripts/analyse_results.py` from the takes' records and files; changes by hand are
lost. What each metric means: `docs/metrics.md`.
"""
HOW_TO_READ = """\
## How to read this

No similarity stands alone. Every value lies between its *floor*, what other music scores against
the same baseline (the median of many pieces), and its *ceiling*, what the baseline scores
against other parts of itself. *Scaled*, 0 is the floor and 1 the ceiling. Brackets hold the 95 %
interval. A take is *closer* only where the whole interval lies above what 90 of 100 pieces of other
music reach; what cannot be judged is *undecided*, and nothing rests on it. *Beats* is the share of
other music that is less close. The *control* is the sketch: it follows rules and is no model of
music; a model should beat it.
"""
NOTHING = "None yet: no take was compared with a baseline. Each segment below says what is there."
SCALE = "Figures are scaled, 0 is other music and 1 the baseline itself; brackets hold intervals."
MOST_LINKS = 3  # rows that a finding names one by one
PICTURES = {
    "overview_heatmap.png": "How close each model comes in each question",
    "overview_dots.png": "The same with 95 % intervals",
}
LEGEND = """\
**Bold**: closer than most other music, or as close as the baseline to itself. *Italics*: not to be
told from other music, or further away. Every figure leads to its row below.
"""
BY_CHANCE = """\
Two models are told apart where the whole interval of their difference lies on one side of 0 and the
closer one is closer than other music. Of twenty differences that are none, one will look like one.
"""
LOST = ("as other music", "further")  # verdicts


def comparison_page(comparison: JsonObject) -> str:
    """The whole page; ends with a newline.

    What the user wrote is escaped; names of takes and of metrics are the project's own words.
    """
    parts = [
        f"# Comparison: {markdown(comparison['title'])}",
        markdown(" ".join(comparison["summary"])),
        HEAD,
        HOW_TO_READ,
        *overview_sections(comparison),
        *adherence_section(comparison),
        *segment_sections(comparison),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def overview_sections(comparison: JsonObject) -> Iterator[str]:
    """Findings, pictures and tables over all segments."""
    across = comparison["across"]
    yield "## Findings"
    yield from _findings(comparison)
    if not across["models"]:
        return
    yield "## At a glance"
    yield "The median over a model's segments, scaled."
    yield _glance(across)
    yield _unknown(across)
    yield "\n\n".join(f"![{title}]({file})" for file, title in PICTURES.items())
    if len({answer["segment"] for answer in across["answers"]}) > 1:
        yield "### By segment"
        yield LEGEND
        yield _by_segment(across)
    if any(_has_several(cell) for cells in across["cells"].values() for cell in cells.values()):
        yield "### Several takes"
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
    links = [
        f"[segment {row['segment']}, {markdown(titles[row['model']])}, {row['metric']}]"
        f"(#{row['anchor']})"
        for row in evidence[:MOST_LINKS]
    ]
    if len(evidence) > MOST_LINKS:
        links.append(f"and {plural(len(evidence) - MOST_LINKS, 'more row')}")
    return f" ({'; '.join(links)})" if links else ""


def _glance(across: JsonObject) -> str:
    """A row a model, a column a question."""
    rows = []
    for model in across["models"]:
        cells = across["cells"][model["name"]].values()
        rows.append((markdown(model["title"]), *map(_cell, cells)))
    return markdown_table(("model", *_columns(across)), rows)


def _columns(across: JsonObject) -> list[str]:
    """The questions, each with the metric that answers it."""
    return [column(question, across["metrics"][question]) for question in across["questions"]]


def _cell(cell: JsonObject) -> str:
    return format_with_interval(cell["scaled"], (cell["low"], cell["high"])) or "unknown"


def _unknown(across: JsonObject) -> str:
    """Why a cell has no number, or one from fewer segments; equal reasons together."""
    titles, by_reason = _titles(across), dict[tuple[str, str], list[str]]()
    for model, cells in across["cells"].items():
        for question, cell in cells.items():
            if cell["note"]:
                by_reason.setdefault((model, cell["note"]), []).append(question)
    return "\n".join(
        f"- {markdown(titles[model])}, {', '.join(questions)}: {markdown(why)}"
        for (model, why), questions in by_reason.items()
    )


def _by_segment(across: JsonObject) -> str:
    """A row a segment and model, a column a question."""
    titles = _titles(across)
    answers = {
        (answer["segment"], answer["model"], answer["question"]): answer
        for answer in across["answers"]
    }
    segment_models = dict.fromkeys((segment, model) for segment, model, _ in answers)
    rows = [
        (
            str(segment),
            markdown(titles[model]),
            *(_answer(answers.get((segment, model, name))) for name in across["questions"]),
        )
        for segment, model in segment_models
    ]
    return markdown_table(("segment", "model", *_columns(across)), rows)


def _answer(answer: JsonObject | None) -> str:
    """A scaled value that leads to its row."""
    if answer is None:
        return "not asked"
    link = f"(#{anchor(answer['segment'], answer['model'], answer['metric'])})"
    if is_open(answer):
        return f"[{answer['verdict']}]{link}"
    stars = "**" if answer["verdict"] in CLOSE else "*" if answer["verdict"] in LOST else ""
    return f"{stars}[{format_number(answer['scaled'])}]{link}{stars}"


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
    titles = _titles(across)
    rows = [
        (
            column(pair["question"], across["metrics"][pair["question"]]),
            markdown(titles[pair["first"]]),
            markdown(titles[pair["second"]]),
            _cell({**pair, "scaled": pair["difference"]}),
            _outcome(pair, titles),
        )
        for pair in across["pairs"]
    ]
    return markdown_table(("question", "model", "against", "difference, scaled", "outcome"), rows)


def _outcome(pair: JsonObject, titles: dict[str, str]) -> str:
    shared = plural(len(pair["segments"]), "segment")
    if not pair["decided"]:
        return str(pair["note"]) or f"not to be told apart ({shared})"
    closer = pair["first"] if pair["difference"] > 0 else pair["second"]
    return f"{markdown(titles[closer])} is closer ({shared})"


def _titles(across: JsonObject) -> dict[str, str]:
    return {model["name"]: model["title"] for model in across["models"]}
