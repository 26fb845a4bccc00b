"""The blocks of docs/metrics.md that follow from the code and the reference corpus.

    python -m secondtake.analysis.metrics.document docs/metrics.md

Each block stands between two comments, as `<!-- metrics: begin -->` and `<!-- metrics: end -->`;
what is outside of them is written by hand or put there by the benchmarks.
"""

import re
import sys
from itertools import groupby
from pathlib import Path

from secondtake.analysis.features.corpus import ReferenceCorpus, load_default
from secondtake.analysis.formatting import markdown_table
from secondtake.analysis.metrics import lyrics
from secondtake.analysis.metrics.evaluate import QUESTIONS
from secondtake.analysis.metrics.metric import Metric
from secondtake.analysis.metrics.overall import NEUTRAL, likeness

PARTS = ("Definition", "Range", "Source", "Fails")  # of a docstring, after its first sentence
CLOSER = {
    "higher": "higher is closer",
    "lower": "lower is closer",
    "zero": "nearer to 0 is closer",
    "": "no score",
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


def detection_block(detections: str) -> str:
    """The tables of docs/check-detection.md, which its benchmark writes."""
    tables = groupby(detections.splitlines(), key=lambda line: line.startswith("|"))
    return "\n\n".join("\n".join(lines) for is_table, lines in tables if is_table)


def with_block(page: str, name: str, text: str) -> str:
    """The page with that text between the comments of that name; ValueError if it has none."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    block = re.compile(rf"({begin}\n).*?({end})", re.DOTALL)
    if not block.search(page):
        raise ValueError(f"the page has no lines {begin} and {end}")
    return block.sub(lambda match: f"{match[1]}{text}\n{match[2]}", page)


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
    page = Path(arguments[0])
    text = page.read_text(encoding="utf-8")
    text = with_block(text, "metrics", metrics_block())
    text = with_block(text, "calibration", calibration_block(load_default()))
    detections = page.with_name("check-detection.md").read_text(encoding="utf-8")
    text = with_block(text, "detection", detection_block(detections))
    page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
