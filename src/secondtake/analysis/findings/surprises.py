"""What one would not have expected of a model of music, or of a similarity."""

import math
from collections.abc import Iterator

from secondtake.analysis.findings.finding import Finding, Study, Values, evidence
from secondtake.analysis.findings.phrases import about, holding, scored
from secondtake.analysis.formatting import figure
from secondtake.analysis.metrics.rhythm import TOLERANCE

TEMPO = "tempo"  # the metric, whose value is in octaves
NAIVELY_ALIKE = 0.9  # a cosine that the first study would have called more than 90 % similar
NAIVE_QUESTION = "timbre"  # what that cosine claims to measure


def surprises(study: Study) -> Iterator[Finding]:
    """Behind the sketch, beyond other music or the original itself, another octave of tempo."""
    for model, question in study.asked():
        yield from _behind(study, model, question)
        yield from _further(study, model, question)
        yield from _beyond(study, model, question)
        if question == NAIVE_QUESTION:
            yield from _naively(study, model)
    for model in study.subjects:
        yield from _octaves(study, model)


def _behind(study: Study, model: str, question: str) -> Iterator[Finding]:
    """The sketch, which only follows rules, is closer than a model."""
    found = [
        (one, measured)
        for one in study.answers(model, question)
        if (measured := study.measurement(one)) and measured["against_mark"] == "behind"
    ]
    if not found:
        return
    worst, measured = max(found, key=lambda pair: pair[1]["mark_scaled"] - pair[0]["high"])
    behind = [one for one, _ in found]
    yield Finding(
        "surprise",
        "behind the sketch",
        f"{about(question)}, the sketch, which follows rules, comes closer than "
        f"{study.titles[model]} {_where(study, behind, worst)}: "
        f"{figure(measured['mark_scaled'])} against "
        f"{scored(worst['scaled'], worst['low'], worst['high'])}.",
        question,
        evidence(behind),
        len(behind),
        measured["mark_scaled"] - worst["high"],
    )


def _further(study: Study, model: str, question: str) -> Iterator[Finding]:
    """Beyond doubt further away than music that has nothing to do with the original."""
    found = study.answers(model, question, "further")
    if not found:
        return
    worst = min(found, key=lambda one: one["scaled"])
    yield Finding(
        "surprise",
        "further than other music",
        f"{about(question)}, {study.titles[model]} is further from the original than other music "
        f"is, {_where(study, found, worst)}: "
        f"{scored(worst['scaled'], worst['low'], worst['high'])}.",
        question,
        evidence(found),
        len(found),
        -(worst["high"] if worst["high"] is not None else worst["scaled"]),
    )


def _beyond(study: Study, model: str, question: str) -> Iterator[Finding]:
    """Closer to the original than the original's own other parts are."""
    found = [
        one for one in study.answers(model, question) if one["low"] is not None and one["low"] > 1
    ]
    if not found:
        return
    most = max(found, key=lambda one: one["low"])
    yield Finding(
        "surprise",
        "beyond the original itself",
        f"{about(question)}, {study.titles[model]} is closer to the original than the original's "
        f"own other parts are, {_where(study, found, most)}: "
        f"{scored(most['scaled'], most['low'], most['high'])}.",
        question,
        evidence(found),
        len(found),
        most["low"] - 1,
    )


def _naively(study: Study, model: str) -> Iterator[Finding]:
    """Alike by the first study's cosine, and yet not to be told from other music."""
    found = [
        (one, naive["mfcc_cosine"], naive["pink_mfcc_cosine"])
        for one in study.answers(model, NAIVE_QUESTION, "as other music", "further")
        if (naive := study.take(one)["naive_similarity"]) and naive["mfcc_cosine"] > NAIVELY_ALIKE
    ]
    if not found:
        return
    one, cosine, pink = max(found, key=lambda entry: entry[1])
    alike = [answer for answer, _, _ in found]
    yield Finding(
        "surprise",
        "naively alike",
        f"By the first study's MFCC cosine, {study.titles[model]} would be {figure(cosine)} like "
        f"the original {_where(study, alike, one)}, and pink noise {figure(pink)}; calibrated, "
        f"its timbre scores {scored(one['scaled'], one['low'], one['high'])}.",
        NAIVE_QUESTION,
        evidence(alike),
        len(alike),
        cosine - NAIVELY_ALIKE,
    )


def _octaves(study: Study, model: str) -> Iterator[Finding]:
    """The same pulse, counted twice as fast or half as fast."""
    seen = {one["segment"]: one for question in study.across["questions"]
            for one in study.answers(model, question)}  # fmt: skip
    for relation, octave in (("half", -1.0), ("double", 1.0)):
        found = [one for one in seen.values() if _is_octave(study, one, octave)]
        if not found:
            continue
        one = found[0]
        ours = study.take(one)["measured"]["tempo_bpm"]
        theirs = study.baseline(one)["tempo_bpm"]
        where = f"segment {one['segment']}" if len(found) == 1 else f"{len(found)} segments"
        example = f", as in segment {one['segment']}" if len(found) > 1 else ""
        yield Finding(
            "surprise",
            "another octave of tempo",
            f"{study.titles[model]} plays {where} at {relation} the original's tempo{example}: "
            f"{figure(ours, 1)} against {figure(theirs, 1)} BPM.",
            "rhythm",
            evidence(found, TEMPO),
            len(found),
        )


def _is_octave(study: Study, answer: Values, octave: float) -> bool:
    one = study.measurement(answer, TEMPO)
    if one is None or one["value"] is None:
        return False
    return bool(abs(one["value"] - octave) <= math.log2(1 + TOLERANCE))


def _where(study: Study, holds: list[Values], example: Values) -> str:
    """In which segments, and of which of them the figures are."""
    asked = len(study.answers(example["model"], example["question"]))
    where = holding([one["segment"] for one in holds], asked)
    clearly = f", most clearly in segment {example['segment']}" if len(holds) > 1 else ""
    named = f" (segment {example['segment']})" if len(holds) == 1 < asked else ""
    return f"{where}{clearly}{named}"
