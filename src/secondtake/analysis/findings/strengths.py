"""Where models come close to the original, and where they do not."""

from collections.abc import Iterator

from secondtake.analysis.findings.finding import Finding, Study, Values, evidence
from secondtake.analysis.findings.phrases import about, holding, many, scored
from secondtake.analysis.formatting import figure


def strengths(study: Study) -> Iterator[Finding]:
    """Close to the original, ahead of the sketch, closer than another model."""
    for model, question in study.asked():
        yield from _close(study, model, question)
        yield from _ahead(study, model, question)
    for pair in study.across["pairs"]:
        if pair["decided"] and {pair["first"], pair["second"]} <= set(study.subjects):
            yield _closer(study, pair)


def weaknesses(study: Study) -> Iterator[Finding]:
    """Not to be told from other music."""
    for model, question in study.asked():
        lost = study.answers(model, question, "as other music")
        if not lost:
            continue
        where = _where(study, lost, model, question)
        start = f"{about(question)}, {study.titles[model]} cannot be told from other music"
        nearest = max(lost, key=lambda one: one["scaled"])
        yield Finding(
            "weakness",
            "as other music",
            f"{start} {where}; {_figures(study, lost, model, question)}.",
            question,
            evidence(lost),
            len(lost),
            1 - (nearest["high"] if nearest["high"] is not None else nearest["scaled"]),
        )


def _close(study: Study, model: str, question: str) -> Iterator[Finding]:
    near = study.answers(model, question, "closer", "as itself")
    if not near:
        return
    where = _where(study, near, model, question)
    title = study.titles[model]
    start = f"{about(question)}, {title} comes closer to the original than most other music {where}"
    if all(one["verdict"] == "as itself" for one in near):
        start = f"{about(question)}, {title} cannot be told from the original itself {where}"
    yield Finding(
        "strength",
        "close",
        f"{start}; {_figures(study, near, model, question)}.",
        question,
        evidence(near),
        len(near),
        min(one["low"] if one["low"] is not None else 0.0 for one in near),
    )


def _ahead(study: Study, model: str, question: str) -> Iterator[Finding]:
    ahead = [one for one in study.answers(model, question) if _against_mark(study, one) == "ahead"]
    if not ahead:
        return
    best = max(ahead, key=lambda one: one["low"] - _mark(study, one))
    gap = best["low"] - _mark(study, best)
    where = _where(study, ahead, model, question)
    clearly = f", most clearly in segment {best['segment']}" if len(ahead) > 1 else ""
    yield Finding(
        "strength",
        "ahead of the sketch",
        f"{about(question)}, {study.titles[model]} is ahead of the sketch {where}{clearly}: "
        f"{scored(best['scaled'], best['low'], best['high'])} against "
        f"{figure(_mark(study, best))}.",
        question,
        evidence(ahead),
        len(ahead),
        gap,
    )


def _closer(study: Study, pair: Values) -> Finding:
    """One model beyond doubt closer than another."""
    turned = pair["difference"] < 0
    first, second = (pair["second"], pair["first"]) if turned else (pair["first"], pair["second"])
    low, high = (-pair["high"], -pair["low"]) if turned else (pair["low"], pair["high"])
    question, shared = pair["question"], pair["segments"]
    where = (
        f"in segment {shared[0]}" if len(shared) == 1 else f"over {many(len(shared), 'segment')}"
    )
    both = [
        one
        for model in (first, second)
        for one in study.answers(model, question)
        if one["segment"] in shared
    ]
    return Finding(
        "strength",
        "closer than another model",
        f"{about(question)}, {study.titles[first]} comes closer than {study.titles[second]} "
        f"{where}, by {scored(abs(pair['difference']), low, high)}.",
        question,
        evidence(both),
        len(shared),
        low,
    )


def _where(study: Study, holds: list[Values], model: str, question: str) -> str:
    asked = len(study.answers(model, question))
    return holding([one["segment"] for one in holds], asked)


def _figures(study: Study, holds: list[Values], model: str, question: str) -> str:
    """Of the one segment, or of the one among several, or the median of all."""
    cell, asked = study.cell(model, question), study.answers(model, question)
    if len(holds) == 1:
        one = holds[0]
        there = f"in segment {one['segment']} " if len(asked) > 1 else ""
        return f"{there}it scores {scored(one['scaled'], one['low'], one['high'])}"
    return f"its median is {scored(cell['scaled'], cell['low'], cell['high'])}"


def _against_mark(study: Study, answer: Values) -> str:
    one = study.measurement(answer)
    return str(one["against_mark"]) if one else ""


def _mark(study: Study, answer: Values) -> float:
    one = study.measurement(answer)
    assert one is not None  # the caller knows that there is a mark
    return float(one["mark_scaled"])
