"""Two models that one metric orders one way and another the other way, both beyond doubt."""

from collections.abc import Iterator

from secondtake.analysis.findings.claims import OVERALL
from secondtake.analysis.findings.finding import Comparison, Evidence, Finding, evidence
from secondtake.analysis.findings.phrases import WORDS, subject
from secondtake.analysis.findings.wording import wording
from secondtake.analysis.formatting import JsonObject

CATEGORY = "the metrics disagree"


def disagreements(comparison: Comparison) -> Iterator[Finding]:
    """One for every two models that are so ordered, by the most certain metric of either side."""
    by_models: dict[tuple[str, str], list[JsonObject]] = {}
    for pair in _decided(comparison):
        by_models.setdefault((pair["first"], pair["second"]), []).append(pair)
    for models, pairs in by_models.items():
        sides = [
            [pair for pair in pairs if (pair["difference"] > 0) is side] for side in (True, False)
        ]
        if all(sides):
            best = [max(side, key=_certainty) for side in sides]
            yield _disagreement(comparison, models, sorted(best, key=_certainty, reverse=True))


def _decided(comparison: Comparison) -> Iterator[JsonObject]:
    """The differences that are decided, by every question and by every scale of a judge."""
    across, subjects = comparison.across, set(comparison.subjects)
    scales = [scale for judge in across.get("judges", ()) for scale in judge["scales"]]
    pairs = [
        *across["pairs"],
        *(p for s in scales if s["name"] not in across["metrics"].values() for p in s["pairs"]),
    ]
    for pair in pairs:
        if pair["decided"] and {pair["first"], pair["second"]} <= subjects:
            yield pair


def _certainty(pair: JsonObject) -> float:
    """How far the nearer end of the interval of a difference lies from 0."""
    return float(min(abs(pair["low"]), abs(pair["high"])))


def _disagreement(
    comparison: Comparison, models: tuple[str, str], pairs: list[JsonObject]
) -> Finding:
    """pairs: two, which order the models oppositely, the more certain one first."""
    closer, other = (
        comparison.titles[pair["first" if pair["difference"] > 0 else "second"]] for pair in pairs
    )
    metrics = [_metric(comparison, pair["question"]) for pair in pairs]
    first, second = map(_by, metrics)
    is_likeness = wording(*metrics[0]).is_likeness
    names = " and ".join(comparison.titles[model] for model in models)
    claim = (
        f"The metrics disagree about {names}: {first} {closer} is "
        f"{'closer' if is_likeness else 'ahead'}, {second} {other}"
    )
    rows = tuple(row for pair in pairs for row in _rows(comparison, pair))
    segments = {row.segment for row in rows}
    margin = min(map(_certainty, pairs))
    return Finding("surprise", CATEGORY, claim, "", "", rows, len(segments), margin)


def _metric(comparison: Comparison, question: str) -> tuple[str, str]:
    """A question and its metric; a judge's scale is its own question here."""
    return question, comparison.across["metrics"].get(question, question)


def _by(metric: tuple[str, str]) -> str:
    """by timbre, by prompt adherence, overall."""
    name = subject(*metric)
    return OVERALL if name == OVERALL else f"by {WORDS.get(name, name)}"


def _rows(comparison: Comparison, pair: JsonObject) -> tuple[Evidence, ...]:
    """The measurements behind a difference."""
    models = (pair["first"], pair["second"])
    if pair["question"] in comparison.across["questions"]:
        return evidence(comparison.answers_in(pair["segments"], pair["question"], models))
    return tuple(
        Evidence(row["segment"], row["model"], row["take"], scale["name"])
        for judge in comparison.across["judges"]
        for scale in judge["scales"]
        if scale["name"] == pair["question"]
        for row in scale["rows"]
        if row["chosen"] and row["model"] in models and row["segment"] in pair["segments"]
    )
