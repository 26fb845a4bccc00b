"""The page's second half: every segment as one folded table of questions by models."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from secondtake.analysis.comparison.summary import TakeGroup, headline_metrics, take_groups
from secondtake.analysis.findings.claims import is_open, measurement_of
from secondtake.analysis.findings.finding import anchor
from secondtake.analysis.findings.phrases import column, open_reason
from secondtake.analysis.formatting import (
    JsonObject,
    format_number,
    format_with_interval,
    markdown_table,
)
from secondtake.analysis.lyrics.transcripts import recognised_lines
from secondtake.analysis.metrics.metric import CLOSE, VERDICTS
from secondtake.analysis.report.first_study_rows import NAIVE, first_study_table
from secondtake.core.escape import markdown, markup
from secondtake.core.registry.all_judges import JUDGES
from secondtake.core.take_facts import count_words, repaints_note

APART = [judge.question for judge in JUDGES.values() if len(judge.scales) > 1]
LOST = ("as other music", "further")  # verdicts
CONTROL_ONLY = """\
There is no baseline: the takes are compared with the control (this is no claim about a song).
"""


@dataclass(frozen=True)
class SegmentTable:
    """One segment's figures: a row a metric, a column a model."""

    segment: JsonObject
    groups: list[TakeGroup]
    metrics: dict[str, str]  # by question, the one that speaks for it on the whole page
    cited: frozenset[str]  # anchors of the rows that findings rest on
    said: frozenset[str]  # reasons that the page has given already

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The metrics that speak for their questions, and those that findings rest on.

        Only those that decide something about some model.
        """
        for question, metric in self._shown():
            entries = self._entries(metric)
            if not all(entry is None or is_open(entry) for _, entry in entries):
                scale = _scale([entry for _, entry in entries if entry])
                name = self._name(question, metric)
                yield (name, scale, *(self._cell(*pair) for pair in entries))

    def undecided(self) -> str:
        """The metrics that decide nothing about any model, each with the reason if it has one."""
        names = []
        for question, metric in self._shown():
            entries = [(group, entry) for group, entry in self._entries(metric) if entry]
            if all(is_open(entry) for _, entry in entries):
                places = "".join(self._place(group, entry) for group, entry in entries)
                reasons = dict.fromkeys(self._reason(entry) for _, entry in entries)
                why, name = "; ".join(filter(None, reasons)), self._name(question, metric)
                names.append(places + markdown(f"{name} ({why})" if why else name))
        return f"Nothing decided: {', '.join(names)}." if names else ""

    def _shown(self) -> list[tuple[str, str]]:
        """Question and metric of every row, in the order of the measurements."""
        shown: dict[tuple[str, str], None] = {}
        for group in self.groups:
            for entry in group.first["measurements"]:
                is_headline = self.metrics.get(entry["question"]) == entry["name"]
                if is_headline or self._anchor(group, entry) in self.cited:
                    shown[entry["question"], entry["name"]] = None
        order = list(dict.fromkeys(question for question, _ in shown))
        return sorted(shown, key=lambda row: order.index(row[0]))

    def _entries(self, metric: str) -> list[tuple[TakeGroup, JsonObject | None]]:
        """Every model's measurement by a metric; None where it was not asked for."""
        return [
            (group, measurement_of(group.first["measurements"], metric)) for group in self.groups
        ]

    def _cell(self, group: TakeGroup, entry: JsonObject | None) -> str:
        if entry is None:
            return "not asked"
        place = self._place(group, entry)
        if is_open(entry):
            reason = self._reason(entry)
            verdict = "undecided" if entry["verdict"] == "unknown" else entry["verdict"]
            return f"{place}{verdict}{f' ({markdown(reason)})' if reason else ''}"
        stars = "**" if entry["verdict"] in CLOSE else "*" if entry["verdict"] in LOST else ""
        figures = format_with_interval(entry["scaled"], entry["scaled_interval"])
        value, _, interval = figures.partition(" ")
        return f"{place}{stars}{value}{stars} {interval}".strip()

    def _name(self, question: str, metric: str) -> str:
        """The question; with the metric where it is not the one of the table over all segments."""
        return question if self.metrics.get(question) == metric else column(question, metric)

    def _reason(self, entry: JsonObject) -> str:
        """Why a measurement decides nothing; "" where its verdict alone, or the page, says it."""
        reason = open_reason(entry)
        return "" if reason in self.said or reason == VERDICTS[entry["verdict"]] else reason

    def _place(self, group: TakeGroup, entry: JsonObject) -> str:
        """What the links of findings lead to; "" where there is no such link."""
        name = self._anchor(group, entry)
        return f'<a id="{name}"></a>' if name in self.cited else ""

    def _anchor(self, group: TakeGroup, entry: JsonObject) -> str:
        return anchor(self.segment["number"], group.first["model"], entry["name"])


def segment_sections(comparison: JsonObject) -> Iterator[str]:
    """A fold a segment."""
    metrics = study_metrics(comparison)
    rows = [row for finding in comparison["findings"] for row in finding["evidence"]]
    cited = frozenset(row["anchor"] for row in rows)
    cells = [cell for row in comparison["across"]["cells"].values() for cell in row.values()]
    said = frozenset(cell["note"] for cell in cells)
    yield "## By segment"
    yield "The name of a model leads to the picture of its take."
    for segment in comparison["segments"]:
        table = SegmentTable(segment, take_groups(segment), metrics, cited, said)
        yield f"<details>\n<summary>{_summary(segment)}</summary>"
        yield from _figures(table, naive=comparison["naive"])
        yield "</details>"


def _figures(table: SegmentTable, *, naive: bool) -> Iterator[str]:
    """What stands behind the fold."""
    segment, groups = table.segment, table.groups
    if not groups:
        yield "No takes yet."
        return
    yield from _not_usable(segment, groups)
    if segment["baseline"]["state"] != "ready":
        yield CONTROL_ONLY
    if rows := list(table.rows()):
        yield markdown_table(("question", "floor to ceiling", *map(_title, groups)), rows)
    else:
        yield f"Pictures: {', '.join(map(_title, groups))}"
    yield table.undecided()
    yield "\n".join(_heard(groups))
    if naive:
        yield NAIVE
        yield first_study_table(segment, groups)


def study_metrics(comparison: JsonObject) -> dict[str, str]:
    """By question, the metric that speaks for it on the whole page.

    None speaks for a judge of several scales: they have a section of their own.
    """
    takes = [[group.first for group in take_groups(part)] for part in comparison["segments"]]
    metrics = {**headline_metrics(takes), **comparison["across"]["metrics"]}
    return {question: metric for question, metric in metrics.items() if question not in APART}


def _summary(segment: JsonObject) -> str:
    """HTML: within a summary there is no markdown."""
    names = filter(None, (segment["kind"], segment["title"]))
    return markup(f"Segment {segment['number']}: {', '.join(names)}")


def _title(group: TakeGroup) -> str:
    """The model, with a link to the picture, and which of several takes the figures are of."""
    title, choice = group.first["model_title"], group.choice
    name = f"[{markdown(title)}]({group.first['plot']})"
    if choice is None:
        return name
    best = ", the best" if choice["best"] else ", not ranked"
    made_of = f": {markdown(group.first['repaint'])}," if group.first["repaint"] else ""
    count = count_words(choice["of"], choice["repaints"])
    return f"{name}, take {group.first['take']}{made_of} of {count}{best}"


def _not_usable(segment: JsonObject, groups: list[TakeGroup]) -> Iterator[str]:
    """A sentence for every model without a usable take."""
    titles = {group.first["model"]: markdown(group.first["model_title"]) for group in groups}
    for lack in segment["unusable"]:
        title = titles[lack["model"]]
        if lack["of"] == 1:
            yield f"**{title} is not usable**: it {lack['why']}."
        else:
            note = repaints_note(lack["of"], lack["repaints"])
            takes = f"{lack['of']} takes{f' ({note})' if note else ''}"
            yield f"**None of {title}'s {takes} is usable**: each {lack['why']}."


def _heard(groups: list[TakeGroup]) -> Iterator[str]:
    """What the recogniser understood of each take."""
    for group in groups:
        if lines := list(recognised_lines(group.first)):
            yield f"- {markdown(group.first['model_title'])}: {markdown(' '.join(lines))}"


def _scale(entries: Sequence[JsonObject]) -> str:
    """What 0 and 1 stand for, in the metric's own unit; "" without a floor."""
    entry = next((entry for entry in entries if entry["floor"] is not None), None)
    if entry is None:
        return ""
    ceiling = "" if entry["ceiling"] is None else f" to {format_number(entry['ceiling'])}"
    return f"{format_number(entry['floor'])}{ceiling} {markdown(entry['unit'])}".strip()
