"""What the figures do not say, and why: as much a result as the others."""

from collections.abc import Iterator

from secondtake.analysis.findings.finding import Finding, Study, Values, evidence
from secondtake.analysis.findings.phrases import about, holding, listed, many
from secondtake.analysis.metrics.metric import VERDICTS

UNDECIDED = ("unknown", "no scale")

Alike = tuple[str, tuple[int, ...], tuple[str, ...]]  # a reason, segments, models


def undecided(study: Study) -> Iterator[Finding]:
    """Originals that are not here, questions without a number, models that look alike."""
    yield from _absent(study)
    yield from _unanswered(study)
    yield from _alike(study)


def _absent(study: Study) -> Iterator[Finding]:
    """Segments with takes whose originals are not here."""
    bare = [
        str(one["number"])
        for one in study.segments
        if one["baseline"]["state"] != "ready" and one["takes"]
    ]
    if not bare:
        return
    played = sum(bool(one["takes"]) for one in study.segments)
    one = len(bare) == 1
    noun, their = ("Segment", "its original is") if one else ("Segments", "their originals are")
    yield Finding(
        "undecided",
        "no original",
        f"{noun} {listed(bare)}, of {many(played, 'segment')} with takes: {their} not here, and "
        "nothing says how close a take comes.",
        "",
        (),
        len(bare),
    )


def _unanswered(study: Study) -> Iterator[Finding]:
    """Answers without a number; questions and models of which the same holds together."""
    asked = len({one["segment"] for one in study.across["answers"]})
    for (reason, numbers, models), answers in _alike_unanswered(study).items():
        questions = list(dict.fromkeys(one["question"] for one in answers))
        start = about(questions[0]) if len(questions) == 1 else f"In {listed(questions)}"
        if len(questions) == len(study.across["questions"]) > 1:
            start = "In all questions"
        titles = listed(study.titles[model] for model in models)
        yield Finding(
            "undecided",
            "no number",
            f"{start}, {titles} could not be placed between other music and the original "
            f"{holding(numbers, asked)}: {reason}.",
            questions[0] if len(questions) == 1 else "",
            evidence(answers),
            len(answers),
        )


def _alike_unanswered(study: Study) -> dict[Alike, list[Values]]:
    """Answers without a number by reason, segments and models that all of them share."""
    found: dict[tuple[str, str, str], list[Values]] = {}
    for model, question in study.asked():
        for one in study.answers(model, question, *UNDECIDED):
            found.setdefault((_reason(study, one), question, model), []).append(one)
    by_model: dict[tuple[str, str, tuple[int, ...]], list[Values]] = {}
    for (reason, question, _), answers in found.items():
        numbers = tuple(one["segment"] for one in answers)
        by_model.setdefault((reason, question, numbers), []).extend(answers)
    alike: dict[Alike, list[Values]] = {}
    for (reason, _, numbers), answers in by_model.items():
        models = tuple(dict.fromkeys(one["model"] for one in answers))
        alike.setdefault((reason, numbers, models), []).extend(answers)
    return alike


def _reason(study: Study, answer: Values) -> str:
    """Why there is no number, in words, without a full stop."""
    one = study.measurement(answer)
    if answer["verdict"] == "unknown" or (one and one["ceiling"] is None):
        why = [part for part in answer["note"].split("; ") if not part.startswith("no interval")]
        return "; ".join(why) or VERDICTS[answer["verdict"]]
    return VERDICTS[answer["verdict"]]


def _alike(study: Study) -> Iterator[Finding]:
    """Two models whose differences all lie within their intervals."""
    pairs: dict[tuple[str, str], list[Values]] = {}
    for pair in study.across["pairs"]:
        if {pair["first"], pair["second"]} <= set(study.subjects) and pair["segments"]:
            pairs.setdefault((pair["first"], pair["second"]), []).append(pair)
    for (first, second), found in pairs.items():
        alike = [pair for pair in found if not pair["decided"]]
        if not alike:
            continue
        both = [
            one
            for pair in alike
            for model in (first, second)
            for one in study.answers(model, pair["question"])
            if one["segment"] in pair["segments"]
        ]
        segments = {number for pair in alike for number in pair["segments"]}
        yield Finding(
            "undecided",
            "models not told apart",
            f"{study.titles[first]} and {study.titles[second]} are not to be told apart in "
            f"{len(alike)} of {many(len(found), 'question')}: "
            f"{listed(pair['question'] for pair in alike)}.",
            alike[0]["question"] if len(alike) == 1 else "",
            evidence(both),
            len(segments),
        )
