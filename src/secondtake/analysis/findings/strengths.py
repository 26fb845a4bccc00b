"""Questions in which models come close to the baseline, and those in which they do not.

No figure is quoted as a strength and as a weakness: strengths rest on measurements above what
other music scores, weaknesses on those that cannot be told from it or lie further away.
"""

from collections.abc import Iterator
from dataclasses import replace

from secondtake.analysis.findings.claims import (
    OF_THE_FILE,
    OVERALL,
    claimed_verdict,
    is_above_floor,
    is_close,
    is_open,
)
from secondtake.analysis.findings.finding import (
    FURTHER,
    Comparison,
    Finding,
    evidence,
    finding_of,
)
from secondtake.analysis.findings.phrases import (
    WORDS,
    about,
    answer_score,
    format_score,
    subject,
    verdict_words,
    wording_of,
)
from secondtake.analysis.findings.wording import LYRICS, MUSIC
from secondtake.analysis.formatting import JsonObject, format_number
from secondtake.analysis.lyrics.transcripts import NONE_UNDERSTOOD
from secondtake.analysis.metrics.metric import CLOSE
from secondtake.core.formatting import plural


def strengths(comparison: Comparison) -> Iterator[Finding]:
    """Close to the baseline, ahead of the control, closer than another model."""
    for model, question in comparison.subjects_and_questions():
        yield from _close(comparison, model, question)
        yield from _ahead(comparison, model, question)
    for pair in comparison.across["pairs"]:
        if pair["decided"] and {pair["first"], pair["second"]} <= set(comparison.subjects):
            yield from _closer(comparison, pair)


def weaknesses(comparison: Comparison) -> Iterator[Finding]:
    """Further away than other music, or not to be told from it; of words, not understood."""
    for model, question in comparison.subjects_and_questions():
        for further in comparison.further(model, question).values():
            yield _further(comparison, further)
        lost = comparison.answers(model, question, "as other music")
        if not lost:
            continue
        title, words = comparison.titles[model], wording_of(lost[0])
        if {verdict_words(answer) for answer in lost} == {NONE_UNDERSTOOD}:
            words = replace(words, claims={"as other music": NONE_UNDERSTOOD})
        start = words.claim(about(question, lost[0]["metric"]), title, "as other music")
        claim = f"{start} {comparison.where(lost)}"
        margin = 1 - max(answer["high"] for answer in lost)
        scores = _scores(comparison, lost)
        yield finding_of(lost, "weakness", "as other music", claim, scores, margin)


def _further(comparison: Comparison, further: list[JsonObject]) -> Finding:
    """Beyond doubt further away than music that has nothing to do with the baseline, by one metric.

    It counts whether or not it is the metric that speaks for its question.
    """
    worst = min(further, key=lambda answer: answer["scaled"])
    question, metric = worst["question"], worst["metric"]
    speaks = metric == comparison.across["metrics"][question]
    name = subject(question, metric) if speaks else metric
    title, where = comparison.titles[worst["model"]], comparison.where_most(further, worst)
    start = about(question) if question == OVERALL and speaks else f"In {WORDS.get(name, name)}"
    words = MUSIC if question == LYRICS and not speaks else wording_of(worst)
    claim = f"{words.claim(start, title, 'further')} {where}"
    figures, margin = f": {answer_score(worst)}", -worst["high"]
    return finding_of(further, "weakness", FURTHER, claim, figures, margin)


def _close(comparison: Comparison, model: str, question: str) -> Iterator[Finding]:
    near = comparison.answers(model, question, *CLOSE)
    if not near or question in OF_THE_FILE:
        return
    claimed = {claimed_verdict(answer, comparison.overall(answer)) for answer in near}
    verdict = "as itself" if claimed == {"as itself"} else "closer"
    words, start = wording_of(near[0]), about(question, near[0]["metric"])
    start = words.claim(start, comparison.titles[model], verdict)
    claim = f"{start} {comparison.where(near)}{_limits(comparison, near)}"
    margin = min(answer["low"] for answer in near)
    yield finding_of(near, "strength", "close", claim, _scores(comparison, near), margin)


def _limits(comparison: Comparison, near: list[JsonObject]) -> str:
    """What a close answer does not mean: overall closeness."""
    question, limits = near[0]["question"], ""
    overall = [answer for one in near if (answer := comparison.overall(one))]
    if question != OVERALL and overall and wording_of(near[0]).is_likeness:
        close = [answer for answer in overall if is_close(answer)]
        if not close and all(is_open(answer) for answer in overall):
            limits = ", though overall nothing could be decided"
        elif not close:
            limits = ", and no more: overall it does not"
        elif len(close) < len(near):
            limits = f", and overall in {len(close)} of them"
    return limits


def _ahead(comparison: Comparison, model: str, question: str) -> Iterator[Finding]:
    measured = comparison.against_control(model, question, "ahead")
    if not measured:
        return
    best, control = max(measured, key=lambda pair: pair[0]["low"] - pair[1])
    ahead = [answer for answer, _ in measured]
    claim = (
        f"{about(question, best['metric'])}, {comparison.titles[model]} is ahead of the control "
        f"{comparison.where(ahead)}"
    )
    clearly = f", most clearly in segment {best['segment']}" if len(ahead) > 1 else ""
    figures = f"{clearly}: {answer_score(best)} against {format_number(control)}"
    margin = best["low"] - control
    yield finding_of(ahead, "strength", "ahead of the control", claim, figures, margin)


def _closer(comparison: Comparison, pair: JsonObject) -> Iterator[Finding]:
    """One model beyond doubt closer than another, which is above other music itself.

    Where the other is not, the weakness says it.
    """
    is_second = pair["difference"] < 0
    models = (pair["second"], pair["first"]) if is_second else (pair["first"], pair["second"])
    low, high = (-pair["high"], -pair["low"]) if is_second else (pair["low"], pair["high"])
    question, shared = pair["question"], pair["segments"]
    answers = comparison.answers_in(shared, question, models)
    if not all(is_above_floor(answer) for answer in answers):
        return
    where = f"over {plural(len(shared), 'segment')}"
    if len(shared) == 1:
        where = f"in segment {shared[0]}"
    closer, other = (comparison.titles[model] for model in models)
    start = about(question, answers[0]["metric"])
    claim = f"{start}, {closer} {wording_of(answers[0]).over} {other} {where}"
    figures = f", by {format_score(abs(pair['difference']), low, high)}"
    category, rows = "closer than another model", evidence(answers)
    yield Finding("strength", category, claim, figures, question, rows, len(shared), low)


def _scores(comparison: Comparison, answers: list[JsonObject]) -> str:
    """The score of the only segment, of the only one among several, or the range of all."""
    if len(answers) > 1:
        scores = [answer["scaled"] for answer in answers]
        least, most = format_number(min(scores)), format_number(max(scores))
        return f"; it scores {least}" + (f" at least and {most} at most" if most != least else "")
    answer = answers[0]
    is_only = len(comparison.answers(answer["model"], answer["question"])) == 1
    place = "" if is_only else f"in segment {answer['segment']} "
    return f"; {place}it scores {answer_score(answer)}"
