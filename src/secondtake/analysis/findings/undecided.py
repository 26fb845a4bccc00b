"""Questions that the figures leave open, and why: as much a result as the others."""

from collections.abc import Iterator
from dataclasses import replace

from secondtake.analysis.findings.claims import OVERALL
from secondtake.analysis.findings.finding import Comparison, Finding, evidence, finding_of
from secondtake.analysis.findings.phrases import column, in_segments, join_names
from secondtake.analysis.formatting import JsonObject
from secondtake.analysis.metrics.metric import OPEN
from secondtake.core.formatting import plural

Shared = tuple[str, tuple[int, ...], tuple[str, ...]]  # a reason, segments, models


def undecided(comparison: Comparison) -> Iterator[Finding]:
    """Baselines that are missing, questions without a number, models that look alike."""
    yield from _missing_baselines(comparison)
    yield from _unanswered(comparison)
    yield from _models_alike(comparison)


def _missing_baselines(comparison: Comparison) -> Iterator[Finding]:
    """Segments with takes whose baselines are not there."""
    missing = [
        str(segment["number"])
        for segment in comparison.segments
        if segment["baseline"]["state"] != "ready" and segment["takes"]
    ]
    if not missing:
        return
    with_takes = sum(bool(segment["takes"]) for segment in comparison.segments)
    noun, their = "Segments", "their baselines are"
    if len(missing) == 1:
        noun, their = "Segment", "its baseline is"
    claim = (
        f"{noun} {join_names(missing)}, of {plural(with_takes, 'segment')} with takes: {their} not "
        "here, and nothing says how close a take comes"
    )
    yield Finding("undecided", "no baseline", claim, "", "", (), len(missing))


def _unanswered(comparison: Comparison) -> Iterator[Finding]:
    """Answers without a number; questions and models of which the same holds together."""
    total = len({answer["segment"] for answer in comparison.across["answers"]})
    for (reason, numbers, models), answers in _by_reason(comparison).items():
        questions = list(dict.fromkeys(answer["question"] for answer in answers))
        others = [question for question in questions if question != OVERALL]
        start = f"In {join_names(others)}" if others else "Overall"
        if others and OVERALL in questions:
            start = f"Overall and in {join_names(others)}"
        if len(questions) == len(comparison.across["questions"]) > 1:
            start = "In all questions"
        titles = join_names(comparison.titles[model] for model in models)
        claim = f"{start}, {titles} could not be judged {in_segments(numbers, total)}"
        finding = finding_of(answers, "undecided", "no number", claim, f": {reason}")
        yield finding if len(questions) == 1 else replace(finding, question="")


def _by_reason(comparison: Comparison) -> dict[Shared, list[JsonObject]]:
    """Answers without a number by reason, segments and models that all of them share."""
    by_question: dict[tuple[str, str, str], list[JsonObject]] = {}
    for model, question in comparison.subjects_and_questions():
        for answer in comparison.answers(model, question, *OPEN):
            key = (answer["why"], question, model)
            by_question.setdefault(key, []).append(answer)
    by_segments: dict[tuple[str, str, tuple[int, ...]], list[JsonObject]] = {}
    for (reason, question, _), answers in by_question.items():
        numbers = tuple(answer["segment"] for answer in answers)
        by_segments.setdefault((reason, question, numbers), []).extend(answers)
    shared: dict[Shared, list[JsonObject]] = {}
    for (reason, _, numbers), answers in by_segments.items():
        models = tuple(dict.fromkeys(answer["model"] for answer in answers))
        shared.setdefault((reason, numbers, models), []).extend(answers)
    return shared


def _models_alike(comparison: Comparison) -> Iterator[Finding]:
    """Two models whose differences all lie within their intervals."""
    by_models: dict[tuple[str, str], list[JsonObject]] = {}
    for pair in comparison.across["pairs"]:
        if {pair["first"], pair["second"]} <= set(comparison.subjects) and pair["segments"]:
            by_models.setdefault((pair["first"], pair["second"]), []).append(pair)
    for (first, second), pairs in by_models.items():
        alike = [pair for pair in pairs if not pair["decided"] and not pair["note"]]
        if not alike:
            continue
        answers = [
            answer
            for pair in alike
            for answer in comparison.answers_in(pair["segments"], pair["question"], (first, second))
        ]
        segments = {number for pair in alike for number in pair["segments"]}
        names, metrics = [pair["question"] for pair in alike], comparison.across["metrics"]
        claim = (
            f"{comparison.titles[first]} and {comparison.titles[second]} are not to be told apart "
            f"in {len(alike)} of {plural(len(pairs), 'question')}: "
            f"{join_names(column(name, metrics[name]) for name in names)}"
        )
        question, rows = alike[0]["question"] if len(alike) == 1 else "", evidence(answers)
        category = "models not told apart"
        yield Finding("undecided", category, claim, "", question, rows, len(segments))
