"""Questions in which models come close to the baseline, and those in which they do not."""

from collections.abc import Iterator

from secondtake.analysis.findings.finding import Comparison, Finding, evidence
from secondtake.analysis.findings.phrases import about, format_score, in_segments
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
        where = _where(comparison, lost, model, question)
        start = f"{about(question)}, {comparison.titles[model]} cannot be told from other music"
        nearest = max(lost, key=lambda answer: answer["scaled"])
        yield Finding(
            "weakness",
            "as other music",
            f"{start} {where}; {_scores(comparison, lost, model, question)}.",
            question,
            evidence(lost),
            len(lost),
            1 - (nearest["high"] if nearest["high"] is not None else nearest["scaled"]),
        )


def _close(comparison: Comparison, model: str, question: str) -> Iterator[Finding]:
    near = comparison.answers(model, question, "closer", "as itself")
    if not near:
        return
    where = _where(comparison, near, model, question)
    title = comparison.titles[model]
    start = f"{about(question)}, {title} comes closer to the baseline than most other music {where}"
    if all(answer["verdict"] == "as itself" for answer in near):
        start = f"{about(question)}, {title} cannot be told from the baseline itself {where}"
    yield Finding(
        "strength",
        "close",
        f"{start}; {_scores(comparison, near, model, question)}.",
        question,
        evidence(near),
        len(near),
        min(answer["low"] if answer["low"] is not None else 0.0 for answer in near),
    )


def _ahead(comparison: Comparison, model: str, question: str) -> Iterator[Finding]:
    measured = [
        (answer, measurement["mark_scaled"])
        for answer in comparison.answers(model, question)
        if (measurement := comparison.measurement(answer))
        and measurement["against_mark"] == "ahead"
    ]
    if not measured:
        return
    best, control = max(measured, key=lambda pair: pair[0]["low"] - pair[1])
    ahead = [answer for answer, _ in measured]
    where = _where(comparison, ahead, model, question)
    clearly = f", most clearly in segment {best['segment']}" if len(ahead) > 1 else ""
    yield Finding(
        "strength",
        "ahead of the sketch",
        f"{about(question)}, {comparison.titles[model]} is ahead of the control {where}{clearly}: "
        f"{format_score(best['scaled'], best['low'], best['high'])} against "
        f"{format_number(control)}.",
        question,
        evidence(ahead),
        len(ahead),
        best["low"] - control,
    )


def _closer(comparison: Comparison, pair: JsonObject) -> Finding:
    """One model beyond doubt closer than another."""
    is_second = pair["difference"] < 0
    models = (pair["second"], pair["first"]) if is_second else (pair["first"], pair["second"])
    low, high = (-pair["high"], -pair["low"]) if is_second else (pair["low"], pair["high"])
    question, shared = pair["question"], pair["segments"]
    where = (
        f"in segment {shared[0]}" if len(shared) == 1 else f"over {plural(len(shared), 'segment')}"
    )
    answers = [
        answer
        for model in models
        for answer in comparison.answers(model, question)
        if answer["segment"] in shared
    ]
    closer, other = (comparison.titles[model] for model in models)
    return Finding(
        "strength",
        "closer than another model",
        f"{about(question)}, {closer} comes closer than {other} "
        f"{where}, by {format_score(abs(pair['difference']), low, high)}.",
        question,
        evidence(answers),
        len(shared),
        low,
    )


def _where(comparison: Comparison, answers: list[JsonObject], model: str, question: str) -> str:
    total = len(comparison.answers(model, question))
    return in_segments([answer["segment"] for answer in answers], total)


def _scores(comparison: Comparison, answers: list[JsonObject], model: str, question: str) -> str:
    """The score of the only segment, of the only one among several, or the median of all."""
    if len(answers) == 1:
        answer = answers[0]
        is_only = len(comparison.answers(model, question)) == 1
        place = "" if is_only else f"in segment {answer['segment']} "
        score = format_score(answer["scaled"], answer["low"], answer["high"])
        return f"{place}it scores {score}"
    cell = comparison.cell(model, question)
    return f"its median is {format_score(cell['scaled'], cell['low'], cell['high'])}"
