"""The blocks of docs/lab/metrics.md that follow from the code and the reference corpus, and the
headlines of docs/metrics.md, which repeat rows of the tables that the benchmarks put there.

    python -m secondtake.analysis.metrics.document docs

Each block stands between two comments, as `<!-- metrics: begin -->` and `<!-- metrics: end -->`;
what is outside of them is written by hand or put there by the benchmarks.
"""

import re
import sys
from pathlib import Path

from secondtake.analysis.features.corpus import ReferenceCorpus, load_default
from secondtake.analysis.formatting import markdown_table
from secondtake.analysis.judged.distributions import METRIC as DISTANCE
from secondtake.analysis.judged.judge_scores import scale_metric
from secondtake.analysis.metrics import lyrics
from secondtake.analysis.metrics.evaluate import QUESTIONS
from secondtake.analysis.metrics.metric import Metric
from secondtake.analysis.metrics.overall import NEUTRAL, likeness
from secondtake.core.files import write_text
from secondtake.core.registry.all_judges import JUDGES

PARTS = ("Definition", "Range", "Source", "Fails")  # of a docstring, after its first sentence
CLOSER = {
    "higher": "higher is closer",
    "lower": "lower is closer",
    "zero": "nearer to 0 is closer",
    "": "no score",
}
SETS = "Sets of takes and of baselines, by the embeddings that a judge leaves."
INTERVAL = re.compile(r" \[.*?\]")
HEADLINES = {  # rows of the table in docs/lab/metrics.md, in a musician's words
    "sung": "another song, sung",
    "sung, same maker": "another song by the same band, or by the same model",
    "instrumental": "other music without a voice",
    "pink noise": "noise",
    "speech": "somebody speaking",
    "the sketch": "the sketch",
    "other half of the recording": "the other half of the same recording",
    "second take: drawn again, in six strengths": "the same song, drawn again by its model",
    "second take: same words by another model": "the same words, by another model",
    "itself, shuffled in time": "the baseline itself, cut up and shuffled",
}


def parse_docstring(metric: Metric) -> dict[str, str]:
    """A metric's docstring by its parts; "" is the sentence for a musician.

    ValueError if a part is missing: a metric that does not say how it fails is not finished.
    """
    text = " ".join(metric.doc.split())
    pieces = re.split(rf"\b({'|'.join(PARTS)}): ", text)
    parts = {"": pieces[0].strip()} | {
        name: words.strip() for name, words in zip(pieces[1::2], pieces[2::2], strict=True)
    }
    missing = [part for part in PARTS if not parts.get(part)]
    if missing:
        raise ValueError(f"the docstring of {metric.name!r} lacks: {', '.join(missing)}")
    return parts


def metrics_block() -> str:
    """All questions and their metrics."""
    combined = likeness(load_default())
    sections = ["### Overall\n\n" + _metric(combined)] if combined else []
    for name, module in (*QUESTIONS.items(), ("lyrics", lyrics)):
        heading = f"### {name.capitalize()}\n\n{_first_sentence(module.__doc__ or '')}"
        sections += [heading, *map(_metric, module.METRICS)]
    for judge in JUDGES.values():
        if judge.scales:
            heading = f"### {judge.question.capitalize()}\n\n{judge.title} tells {judge.asks}."
            sections += [heading, *(_metric(scale_metric(judge, s)) for s in judge.scales)]
    sections += [f"### {DISTANCE.question.capitalize()}\n\n{SETS}", _metric(DISTANCE)]
    return "\n\n".join(sections)


def calibration_block(calibration: ReferenceCorpus) -> str:
    """The makings of the reference corpus: sources, licences and weights."""
    source = {piece["name"]: piece for piece in calibration.provenance["pieces"]}
    songs: dict[tuple[str, ...], set[str]] = {}
    for piece in calibration.raw:
        origin = source[piece.name]
        if "package" in origin:
            place = f"`{origin['package']}` {origin['version']}"
        else:
            place = f"`{origin['repo']}` at {origin['commit'][:7]}, {origin['made_by']}"
        songs.setdefault((place, piece.kind, origin["licence"]), set()).add(piece.name)
    rows = [(*facts, str(len(names))) for facts, names in sorted(songs.items())]
    weights = ", ".join(
        f"{name} {value:+.2f}"
        for name, value in calibration.weights.items()
        if not name.startswith(NEUTRAL)
    )
    learned_on = len(calibration.provenance["learned_on"])
    return "\n\n".join(
        (
            markdown_table(("source", "kind", "licence", "songs"), rows),
            f"Standards, weights and the classifier of kinds were learned on {learned_on} other "
            f"recordings. Weights of the likeness: {weights}.",
        )
    )


def headline_block(page: str) -> str:
    """The shares that a musician wants to know of first, from the table of docs/lab/metrics.md."""
    table = block_of(page, "false closer")
    cells = {row[0]: row[1:3] for row in (split_row(line) for line in table.splitlines())}
    rows = [
        (words, *(INTERVAL.sub("", cell) for cell in cells[relation]))
        for relation, words in HEADLINES.items()
    ]
    return markdown_table(("the take is", "of a sung baseline", "of an instrumental one"), rows)


def split_row(line: str) -> list[str]:
    """The cells of a table's line."""
    return [cell.strip() for cell in line.strip("|").split("|")]


def block_of(page: str, name: str) -> str:
    """The text between the comments of that name; ValueError if the page has none."""
    begin, end = f"<!-- {name}: begin -->\n", f"\n<!-- {name}: end -->"
    if begin not in page or end not in page:
        raise ValueError(f"the page has no lines {begin.strip()} and {end.strip()}")
    return page.partition(begin)[2].partition(end)[0]


def with_block(page: str, name: str, text: str) -> str:
    """The page with that text between the comments of that name; ValueError if it has none."""
    block_of(page, name)
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, _, rest = page.partition(begin)
    return f"{before}{begin}{text}\n{end}{rest.partition(end)[2]}"


def _metric(metric: Metric) -> str:
    parts = parse_docstring(metric)
    facts = [f"**{metric.name}** ({metric.unit}; {CLOSER[metric.closer_is]}). {parts['']}"]
    facts += [f"- *{part}*: {parts[part]}" for part in PARTS]
    if metric.least_windows > 1:
        facts.append(f"- *Least length*: {3 * metric.least_windows} s on either side")
    if metric.closer_is:
        facts.append(f"- *No scale* if floor and ceiling are within {metric.least_span:g}.")
    return facts[0] + "\n\n" + "\n".join(facts[1:])


def _first_sentence(doc: str) -> str:
    """A module's first line about its question, without the name that the heading has."""
    line = doc.strip().partition("\n")[0]
    line = line.partition(": ")[2] or line
    return line[:1].upper() + line[1:]


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0])
    lab = folder / "lab" / "metrics.md"
    text = with_block(lab.read_text(encoding="utf-8"), "metrics", metrics_block())
    text = with_block(text, "calibration", calibration_block(load_default()))
    write_text(lab, text)
    page = folder / "metrics.md"
    short = with_block(page.read_text(encoding="utf-8"), "headlines", headline_block(text))
    write_text(page, short)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
