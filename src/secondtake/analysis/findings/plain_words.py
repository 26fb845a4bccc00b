"""Three sentences for a musician that stand before all figures of a study.

Each says what the measurements say and no more. A take that is no music is named first.
"""

from collections.abc import Iterator, Sequence

from secondtake.analysis.findings.claims import (
    NOT_MUSIC,
    OVERALL,
    SPEECH,
    is_close,
    is_open,
    kind_of,
)
from secondtake.analysis.findings.finding import FURTHER, Comparison, Finding
from secondtake.analysis.findings.phrases import join_names
from secondtake.core.take_facts import repaints_note

SENTENCES = 3
NAMED = 3  # groups of takes that a sentence names
LOST = ("as other music", "behind the control", FURTHER)  # categories


def study_sentences(comparison: Comparison, findings: Sequence[Finding]) -> list[str]:
    """What cannot be used, how close the takes come overall, in what, and in what not.

    findings: all of them, the most important first.
    """
    sentences = [*_unusable(comparison), _overall(comparison), *_in_questions(comparison, findings)]
    return sentences[:SENTENCES]


def _in_questions(comparison: Comparison, findings: Sequence[Finding]) -> Iterator[str]:
    """The most important strength, or that there is none; then what is not close."""
    single = [f for f in findings if f.question not in ("", OVERALL)]
    close = next((f for f in single if f.category == "close"), None)
    if close:
        yield f"{close.claim}."
    elif comparison.across["answers"]:
        yield "In no single question of music is a take for certain closer than most other music."
    lost = next((f for f in single if f.category in LOST), None)
    if lost:
        yield f"{lost.claim}."


def _unusable(comparison: Comparison) -> Iterator[str]:
    """Baselines that are no music; takes of which none can be used."""
    for segment in comparison.segments:
        kind = kind_of(segment["baseline"])
        if kind in NOT_MUSIC and kind != SPEECH:
            yield f"The baseline of segment {segment['number']} is {NOT_MUSIC[kind]}."
    titles = {
        take["model"]: take["model_title"]
        for segment in comparison.segments
        for take in segment["takes"]
    }
    groups = [
        (titles[group["model"]], segment["number"], group)
        for segment in comparison.segments
        for group in segment.get("unusable", ())
    ]
    if len(groups) == 1:
        title, number, group = groups[0]
        if group["of"] == 1:
            yield f"The take of {title} in segment {number} {group['why']}: it is not usable."
        else:
            note = repaints_note(group["of"], group["repaints"])
            takes = f"None of the {group['of']} takes of {title} in segment {number}"
            yield f"{takes}{f' ({note})' if note else ''} is usable: each {group['why']}."
    elif groups:
        places: dict[str, list[str]] = {}
        for title, number, group in groups[:NAMED]:
            places.setdefault(title, []).append(f"segment {number} ({_lack(group['why'])})")
        names = [f"{title} has no usable take in {join_names(p)}" for title, p in places.items()]
        names += [f"nor is any in {len(groups) - NAMED} more"] if len(groups) > NAMED else []
        yield f"{'; '.join(names)}."


def _lack(why: str) -> str:
    """What takes lack, in brackets: "noise, not music", from "is noise, not music"."""
    reasons = why.split(" or ")
    return " or ".join(reason.removeprefix("is ").removeprefix("has ") for reason in reasons)


def _overall(comparison: Comparison) -> str:
    """How close the models come, all questions together."""
    answers = {model: comparison.answers(model, OVERALL) for model in comparison.subjects}
    every = [answer for of_model in answers.values() for answer in of_model]
    if not every:
        return "How close the takes come overall was not measured."
    close = [[answer for answer in of_model if is_close(answer)] for of_model in answers.values()]
    if any(close):
        names = [
            f"{comparison.titles[near[0]['model']]} ({comparison.where(near)})"
            for near in close
            if near
        ]
        comes = "comes" if len(names) == 1 else "come"
        return f"Overall, {join_names(names)} {comes} closer to the baseline than most other music."
    if all(is_open(answer) for answer in every):
        return "Overall, nothing could be decided."
    return "Overall, no take is for certain closer to the baseline than most other music."
