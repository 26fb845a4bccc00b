"""Results that nobody would have expected of a model of music, or of a similarity."""

import math
from collections.abc import Iterator

from secondtake.analysis.findings.finding import Comparison, Finding, evidence
from secondtake.analysis.findings.phrases import about, format_score, in_segments
from secondtake.analysis.formatting import JsonObject, format_number
from secondtake.analysis.metrics.rhythm import TOLERANCE

TEMPO = "tempo"  # the metric, whose value is in octaves
NAIVELY_ALIKE = 0.9  # a cosine that the first study would have called more than 90 % similar
NAIVE_QUESTION = "timbre"  # what that cosine claims to measure


def surprises(comparison: Comparison) -> Iterator[Finding]:
    """Behind the control, beyond other music or the baseline itself, another octave of tempo."""
    for model, question in comparison.subjects_and_questions():
        yield from _behind(comparison, model, question)
        yield from _further(comparison, model, question)
        yield from _beyond(comparison, model, question)
        if question == NAIVE_QUESTION:
            yield from _naively_alike(comparison, model)
    for model in comparison.subjects:
        yield from _octaves(comparison, model)


def _behind(comparison: Comparison, model: str, question: str) -> Iterator[Finding]:
    """The control, which only follows rules, is closer than a model."""
    measured = [
        (answer, measurement["mark_scaled"])
        for answer in comparison.answers(model, question)
        if (measurement := comparison.measurement(answer))
        and measurement["against_mark"] == "behind"
    ]
    if not measured:
        return
    worst, control = max(measured, key=lambda pair: pair[1] - pair[0]["high"])
    behind = [answer for answer, _ in measured]
    yield Finding(
        "surprise",
        "behind the sketch",
        f"{about(question)}, the control, which follows rules, comes closer than "
        f"{comparison.titles[model]} {_where(comparison, behind, worst)}: "
        f"{format_number(control)} against "
        f"{format_score(worst['scaled'], worst['low'], worst['high'])}.",
        question,
        evidence(behind),
        len(behind),
        control - worst["high"],
    )


def _further(comparison: Comparison, model: str, question: str) -> Iterator[Finding]:
    """Beyond doubt further away than music that has nothing to do with the baseline."""
    further = comparison.answers(model, question, "further")
    if not further:
        return
    worst = min(further, key=lambda answer: answer["scaled"])
    yield Finding(
        "surprise",
        "further than other music",
        f"{about(question)}, {comparison.titles[model]} is further from the baseline than other "
        f"music is, {_where(comparison, further, worst)}: "
        f"{format_score(worst['scaled'], worst['low'], worst['high'])}.",
        question,
        evidence(further),
        len(further),
        -(worst["high"] if worst["high"] is not None else worst["scaled"]),
    )


def _beyond(comparison: Comparison, model: str, question: str) -> Iterator[Finding]:
    """Closer to the baseline than the baseline's own other parts are."""
    beyond = [
        answer
        for answer in comparison.answers(model, question)
        if answer["low"] is not None and answer["low"] > 1
    ]
    if not beyond:
        return
    most = max(beyond, key=lambda answer: answer["low"])
    yield Finding(
        "surprise",
        "beyond the original itself",
        f"{about(question)}, {comparison.titles[model]} is closer to the baseline than the "
        f"baseline's own other parts are, {_where(comparison, beyond, most)}: "
        f"{format_score(most['scaled'], most['low'], most['high'])}.",
        question,
        evidence(beyond),
        len(beyond),
        most["low"] - 1,
    )


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
    yield Finding(
        "surprise",
        "naively alike",
        f"By the first study's MFCC cosine, {comparison.titles[model]} would be "
        f"{format_number(cosine)} like the baseline {_where(comparison, answers, most)}, and pink "
        f"noise {format_number(pink)}; calibrated, its timbre scores "
        f"{format_score(most['scaled'], most['low'], most['high'])}.",
        NAIVE_QUESTION,
        evidence(answers),
        len(answers),
        cosine - NAIVELY_ALIKE,
    )


def _octaves(comparison: Comparison, model: str) -> Iterator[Finding]:
    """The same pulse, counted twice as fast or half as fast."""
    by_segment = {answer["segment"]: answer for question in comparison.across["questions"]
                  for answer in comparison.answers(model, question)}  # fmt: skip
    for relation, octave in (("half", -1.0), ("double", 1.0)):
        answers = [
            answer for answer in by_segment.values() if _is_octave(comparison, answer, octave)
        ]
        if not answers:
            continue
        example = answers[0]
        tempo = comparison.take(example)["measured"]["tempo_bpm"]
        baseline_tempo = comparison.baseline(example)["tempo_bpm"]
        number = example["segment"]
        where = f"segment {number}" if len(answers) == 1 else f"{len(answers)} segments"
        aside = f", as in segment {number}" if len(answers) > 1 else ""
        yield Finding(
            "surprise",
            "another octave of tempo",
            f"{comparison.titles[model]} plays {where} at {relation} the baseline's tempo{aside}: "
            f"{format_number(tempo, 1)} against {format_number(baseline_tempo, 1)} BPM.",
            "rhythm",
            evidence(answers, TEMPO),
            len(answers),
        )


def _is_octave(comparison: Comparison, answer: JsonObject, octave: float) -> bool:
    measurement = comparison.measurement(answer, TEMPO)
    if measurement is None or measurement["value"] is None:
        return False
    return bool(abs(measurement["value"] - octave) <= math.log2(1 + TOLERANCE))


def _where(comparison: Comparison, answers: list[JsonObject], example: JsonObject) -> str:
    """The segments in which something holds, and the one that the figures are of."""
    total = len(comparison.answers(example["model"], example["question"]))
    where = in_segments([answer["segment"] for answer in answers], total)
    clearly = f", most clearly in segment {example['segment']}" if len(answers) > 1 else ""
    named = f" (segment {example['segment']})" if len(answers) == 1 < total else ""
    return f"{where}{clearly}{named}"
