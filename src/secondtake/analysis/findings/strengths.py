"""Questions in which models come close to the baseline, and those in which they do not."""

from collections.abc import Iterator

from secondtake.analysis.findings.finding import Comparison, Finding, evidence, finding_of
from secondtake.analysis.findings.phrases import about, answer_score, format_score
from secondtake.analysis.formatting import JsonObject, format_number
from secondtake.core.formatting import plural


def strengths(comparison: Comparison) -> Iterator[Finding]:
    """Close to the baseline, ahead of the control, closer than another model."""
    for model, question in comparison.subjects_and_questions():
        yield from _close(comparison, model, question)
        yield from _ahead(comparison, model, question)
    for pair in comparison.across["pairs"]:
        if pair["decided"] and {pair["first"], pair["second"]} <= set(comparison.subjects):
            yield _closer(comparison, pair)


def weaknesses(comparison: Comparison) -> Iterator[Finding]:
    """Not to be told from other music."""
    for model, question in comparison.subjects_and_questions():
        lost = comparison.answers(model, question, "as other music")
        if not lost:
            continue
        start = f"{about(question)}, {comparison.titles[model]} cannot be told from other music"
        text = f"{start} {comparison.where(lost)}; {_scores(comparison, lost)}."
        nearest = max(lost, key=lambda answer: answer["scaled"])
        margin = 1 - (nearest["high"] if nearest["high"] is not None else nearest["scaled"])
        yield finding_of(lost, "weakness", "as other music", question, text, margin)


def _close(comparison: Comparison, model: str, question: str) -> Iterator[Finding]:
    near = comparison.answers(model, question, "closer", "as itself")
    if not near:
        return
    verdict = "comes closer to the baseline than most other music"
    if all(answer["verdict"] == "as itself" for answer in near):
        verdict = "cannot be told from the baseline itself"
    start = f"{about(question)}, {comparison.titles[model]} {verdict} {comparison.where(near)}"
    text = f"{start}; {_scores(comparison, near)}."
    margin = min(answer["low"] if answer["low"] is not None else 0.0 for answer in near)
    yield finding_of(near, "strength", "close", question, text, margin)


def _ahead(comparison: Comparison, model: str, question: str) -> Iterator[Finding]:
    measured = comparison.against_control(model, question, "ahead")
    if not measured:
        return
    best, control = max(measured, key=lambda pair: pair[0]["low"] - pair[1])
    ahead = [answer for answer, _ in measured]
    clearly = f", most clearly in segment {best['segment']}" if len(ahead) > 1 else ""
    text = (
        f"{about(question)}, {comparison.titles[model]} is ahead of the control "
        f"{comparison.where(ahead)}{clearly}: {answer_score(best)} against "
        f"{format_number(control)}."
    )
    margin = best["low"] - control
    yield finding_of(ahead, "strength", "ahead of the sketch", question, text, margin)


def _closer(comparison: Comparison, pair: JsonObject) -> Finding:
    """One model beyond doubt closer than another."""
    is_second = pair["difference"] < 0
    models = (pair["second"], pair["first"]) if is_second else (pair["first"], pair["second"])
    low, high = (-pair["high"], -pair["low"]) if is_second else (pair["low"], pair["high"])
    question, shared = pair["question"], pair["segments"]
    where = f"over {plural(len(shared), 'segment')}"
    if len(shared) == 1:
        where = f"in segment {shared[0]}"
    closer, other = (comparison.titles[model] for model in models)
    score = format_score(abs(pair["difference"]), low, high)
    text = f"{about(question)}, {closer} comes closer than {other} {where}, by {score}."
    rows = evidence(comparison.answers_in(shared, question, models))
    category = "closer than another model"
    return Finding("strength", category, text, question, rows, len(shared), low)


def _scores(comparison: Comparison, answers: list[JsonObject]) -> str:
    """The score of the only segment, of the only one among several, or the median of all."""
    model, question = answers[0]["model"], answers[0]["question"]
    if len(answers) > 1:
        return f"its median is {answer_score(comparison.cell(model, question))}"
    is_only = len(comparison.answers(model, question)) == 1
    place = "" if is_only else f"in segment {answers[0]['segment']} "
    return f"{place}it scores {answer_score(answers[0])}"
