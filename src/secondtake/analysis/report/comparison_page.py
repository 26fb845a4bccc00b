"""The comparison as a page of markdown, from its JSON values alone.

The page's first half: the findings, and all models at a glance.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from secondtake.analysis.findings.finding import KINDS, anchor
from secondtake.analysis.findings.phrases import many
from secondtake.analysis.formatting import figure, table
from secondtake.analysis.report import segment_section as report_segment
from secondtake.core.escape import markdown

Values = dict[str, Any]

NOTHING = "None yet: no take was compared with an original. Each segment below says what is there."
SCALE = "Figures are scaled, 0 is other music and 1 the original itself; brackets hold intervals."
MOST_LINKS = 3  # rows that a finding names one by one
PICTURES = {
    "overview_heatmap.png": "How close each model comes in each question",
    "overview_dots.png": "The same with 95 % intervals",
}
LEGEND = """\
**Bold**: closer than most other music, or as close as the original to itself. *Italics*: not to be
told from other music, or further away. Every figure leads to its row below.
"""
BY_CHANCE = """\
Two models are told apart where the whole interval of their difference lies on one side of 0. Of
twenty differences that are none, one will look like one.
"""
CLOSE, LOST = ("closer", "as itself"), ("as other music", "further")


def blocks(comparison: Values) -> Iterator[str]:
    """Findings, pictures and tables over all segments."""
    across = comparison["across"]
    yield "## Findings"
    yield from findings(comparison)
    if not across["models"]:
        return
    yield "## At a glance"
    yield "The median over a model's segments, scaled."
    yield _glance(across)
    yield _unknown(across)
    yield "\n\n".join(f"![{title}]({file})" for file, title in PICTURES.items())
    if len({one["segment"] for one in across["answers"]}) > 1:
        yield "### By segment"
        yield LEGEND
        yield _by_segment(across)
    if any(_several(cell) for cells in across["cells"].values() for cell in cells.values()):
        yield "### Several takes"
        yield _takes(across)
    if across["pairs"]:
        yield "### Models against each other"
        yield BY_CHANCE
        yield _pairs(across)


def findings(comparison: Values) -> Iterator[str]:
    """What was found, by kind, each sentence with links to the rows that it is made from."""
    yield SCALE if comparison["findings"] else NOTHING
    titles = _titles(comparison["across"])
    for kind, heading in KINDS.items():
        lines = [
            f"- {markdown(one['text'])}{_links(one['evidence'], titles)}"
            for one in comparison["findings"]
            if one["kind"] == kind
        ]
        if lines:
            yield f"### {heading}"
            yield "\n".join(lines)


def _links(evidence: Sequence[Values], titles: dict[str, str]) -> str:
    """The rows behind a sentence, in brackets; the first ones where there are many."""
    rows = [
        f"[segment {one['segment']}, {markdown(titles[one['model']])}, {one['metric']}]"
        f"(#{one['anchor']})"
        for one in evidence[:MOST_LINKS]
    ]
    if len(evidence) > MOST_LINKS:
        rows.append(f"and {many(len(evidence) - MOST_LINKS, 'more row')}")
    return f" ({'; '.join(rows)})" if rows else ""


def _glance(across: Values) -> str:
    """A row a model, a column a question."""
    questions = across["questions"]
    rows = []
    for model in across["models"]:
        cells = across["cells"][model["name"]]
        rows.append((markdown(model["title"]), *(_cell(cells[one]) for one in questions)))
    return table(("model", *(_asked_by(across, one) for one in questions)), rows)


def _asked_by(across: Values, question: str) -> str:
    """A question, with the metric that asks it where that has another name."""
    metric = across["metrics"][question]
    return question if metric == question else f"{question} ({metric})"


def _cell(cell: Values) -> str:
    if cell["scaled"] is None:
        return "unknown"
    if cell["low"] is None:
        return figure(cell["scaled"])
    return f"{figure(cell['scaled'])} [{figure(cell['low'])}, {figure(cell['high'])}]"


def _unknown(across: Values) -> str:
    """Why a cell has no number, or one from fewer segments; equal reasons together."""
    titles, reasons = _titles(across), dict[tuple[str, str], list[str]]()
    for model, cells in across["cells"].items():
        for question, cell in cells.items():
            if cell["note"]:
                reasons.setdefault((model, cell["note"]), []).append(question)
    return "\n".join(
        f"- {markdown(titles[model])}, {', '.join(questions)}: {markdown(why)}"
        for (model, why), questions in reasons.items()
    )


def _by_segment(across: Values) -> str:
    """A row a segment and model, a column a question."""
    titles = _titles(across)
    answers = {(o["segment"], o["model"], o["question"]): o for o in across["answers"]}
    pairs = dict.fromkeys((one["segment"], one["model"]) for one in across["answers"])
    rows = [
        (
            str(segment),
            markdown(titles[model]),
            *(_answer(answers.get((segment, model, q))) for q in across["questions"]),
        )
        for segment, model in pairs
    ]
    return table(("segment", "model", *across["questions"]), rows)


def _answer(one: Values | None) -> str:
    """A scaled value that leads to its row."""
    if one is None:
        return "not asked"
    row = f"(#{anchor(one['segment'], one['model'], one['metric'])})"
    if one["scaled"] is None:
        return f"[unknown]{row}"
    mark = "**" if one["verdict"] in CLOSE else "*" if one["verdict"] in LOST else ""
    return f"{mark}[{figure(one['scaled'])}]{row}{mark}"


def _several(cell: Values) -> bool:
    return cell["takes_median"] is not None


def _takes(across: Values) -> str:
    """Of models with several takes a segment: the chosen ones, and how all lie."""
    titles = _titles(across)
    rows = [
        (
            markdown(titles[model]),
            question,
            figure(cell["scaled"]),
            f"{figure(cell['takes_median'])} ({figure(cell['takes_least'])} to "
            f"{figure(cell['takes_most'])})",
            str(cell["takes"]),
        )
        for model, cells in across["cells"].items()
        for question, cell in cells.items()
        if _several(cell) and cell["scaled"] is not None
    ]
    head = ("model", "question", "chosen takes", "all takes: median (least to most)", "takes")
    return table(head, rows)


def _pairs(across: Values) -> str:
    titles = _titles(across)
    rows = [
        (
            one["question"],
            markdown(titles[one["first"]]),
            markdown(titles[one["second"]]),
            _cell({**one, "scaled": one["difference"]}),
            _outcome(one, titles),
        )
        for one in across["pairs"]
    ]
    return table(("question", "model", "against", "difference, scaled", "outcome"), rows)


def _outcome(pair: Values, titles: dict[str, str]) -> str:
    shared = many(len(pair["segments"]), "segment")
    if not pair["decided"]:
        why = f": {pair['note']}" if pair["note"] else f" ({shared})"
        return f"not to be told apart{why}"
    closer = pair["first"] if pair["difference"] > 0 else pair["second"]
    return f"{markdown(titles[closer])} is closer ({shared})"


def _titles(across: Values) -> dict[str, str]:
    return {model["name"]: model["title"] for model in across["models"]}


HEAD = """\
Written by `scripts/analyse_results.py` from the takes' records and files; changes by hand are
lost. What each metric means: `docs/metrics.md`.
"""
HOW_TO_READ = """\
## How to read this

No similarity stands alone. Every value lies between its *floor*, what other music scores against
the same original (the median of a reference corpus), and its *ceiling*, what the original scores
against other parts of itself. *Scaled*, 0 is the floor and 1 the ceiling. Brackets hold the 95 %
interval: where it reaches the floor, a take cannot be told from other music. *Beats* is the share
of other music that is less close. The *sketch* follows rules and is no model of music; a model
should beat it.
"""


def page(comparison: dict[str, Any]) -> str:
    """The whole page; ends with a newline.

    What the user wrote is escaped; names of takes and of metrics are the project's own words.
    """
    parts = [
        f"# Comparison: {markdown(comparison['title'])}",
        HEAD,
        HOW_TO_READ,
        *blocks(comparison),
        *report_segment.blocks(comparison),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"
