"""Results that nobody would have expected of a model of music, or of a similarity."""

import math
from collections.abc import Iterator

from secondtake.analysis.findings.claims import claimed_verdict, is_open
from secondtake.analysis.findings.finding import Comparison, Finding, evidence, finding_of
from secondtake.analysis.findings.phrases import about, answer_score, wording_of
from secondtake.analysis.formatting import JsonObject, format_number
from secondtake.analysis.metrics.rhythm import TOLERANCE

TEMPO = "tempo"  # the metric, whose value is in octaves
NAIVELY_ALIKE = 0.9  # a cosine that the first study would have called more than 90 % similar
NAIVE_QUESTION = "timbre"  # what that cosine claims to measure


def surprises(comparison: Comparison) -> Iterator[Finding]:
    """Behind the control, beyond the baseline itself, another octave of tempo."""
    for model, question in comparison.subjects_and_questions():
        yield from _behind(comparison, model, question)
        yield from _beyond(comparison, model, question)
        if question == NAIVE_QUESTION:
            yield from _naively_alike(comparison, model)
    for model in comparison.subjects:
        yield from _octaves(comparison, model)


def _behind(comparison: Comparison, model: str, question: str) -> Iterator[Finding]:
    """The control, which only follows rules, is closer than a model."""
    measured = comparison.against_control(model, question, "behind")
    if not measured:
        return
    worst, control = max(measured, key=lambda pair: pair[1] - pair[0]["high"])
    behind = [answer for answer, _ in measured]
    claim = (
        f"{about(question, worst['metric'])}, the control, which follows rules, "
        f"{wording_of(worst).over} {comparison.titles[model]} "
        f"{comparison.where_most(behind, worst)}"
    )
    figures = f": {format_number(control)} against {answer_score(worst)}"
    margin = control - worst["high"]
    yield finding_of(behind, "surprise", "behind the control", claim, figures, margin)


def _beyond(comparison: Comparison, model: str, question: str) -> Iterator[Finding]:
    """Closer to the baseline than the baseline's own other parts are."""
    beyond = [
        answer
        for answer in comparison.answers(model, question)
        if claimed_verdict(answer, comparison.overall(answer)) == "as itself" and answer["low"] > 1
    ]
    if not beyond:
        return
    most = max(beyond, key=lambda answer: answer["low"])
    claim = (
        f"{about(question, most['metric'])}, {comparison.titles[model]} is closer to the baseline "
        f"than the baseline's own other parts are, {comparison.where_most(beyond, most)}"
    )
    figures, category = f": {answer_score(most)}", "beyond the baseline itself"
    yield finding_of(beyond, "surprise", category, claim, figures, most["low"] - 1)


def _naively_alike(comparison: Comparison, model: str) -> Iterator[Finding]:
    """Alike by the first study's cosine, and yet not to be told from other music."""
    similar = [
        (answer, naive["mfcc_cosine"], naive["pink_mfcc_cosine"])
        for answer in comparison.answers(model, NAIVE_QUESTION, "as other music", "further")
        if (naive := comparison.take(answer)["naive_similarity"])
        and naive["mfcc_cosine"] > NAIVELY_ALIKE
    ]
    if not similar:
        return
    most, cosine, pink = max(similar, key=lambda entry: entry[1])
    answers = [answer for answer, _, _ in similar]
    claim = (
        f"By the first study's MFCC cosine, {comparison.titles[model]} would be "
        f"{format_number(cosine)} like the baseline {comparison.where_most(answers, most)}, and "
        f"pink noise {format_number(pink)}"
    )
    figures = f"; calibrated, its timbre scores {answer_score(most)}"
    margin = cosine - NAIVELY_ALIKE
    yield finding_of(answers, "surprise", "naively alike", claim, figures, margin)


def _octaves(comparison: Comparison, model: str) -> Iterator[Finding]:
    """The same pulse, counted twice as fast or half as fast."""
    questions = comparison.across["questions"]
    asked = [answer for name in questions for answer in comparison.answers(model, name)]
    by_segment = {answer["segment"]: answer for answer in asked}.values()
    for relation, octave in (("half", -1.0), ("double", 1.0)):
        answers = [answer for answer in by_segment if _is_octave(comparison, answer, octave)]
        if not answers:
            continue
        example, rows = answers[0], evidence(answers, TEMPO)
        tempo = format_number(comparison.take(example)["measured"]["tempo_bpm"], 1)
        baseline_tempo = format_number(comparison.baseline(example)["tempo_bpm"], 1)
        where, aside = f"segment {example['segment']}", ""
        if len(answers) > 1:
            where, aside = f"{len(answers)} segments", f", as in {where}"
        title, category = comparison.titles[model], "another octave of tempo"
        claim = f"{title} plays {where} at {relation} the baseline's tempo{aside}"
        figures = f": {tempo} against {baseline_tempo} BPM"
        yield Finding("surprise", category, claim, figures, "rhythm", rows, len(answers))


def _is_octave(comparison: Comparison, answer: JsonObject, octave: float) -> bool:
    measurement = comparison.measurement(answer, TEMPO)
    if measurement is None or is_open(measurement):
        return False
    return bool(abs(measurement["value"] - octave) <= math.log2(1 + TOLERANCE))
