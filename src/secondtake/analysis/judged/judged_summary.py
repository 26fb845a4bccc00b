"""What each judge says of a song: every scale by itself, take by take, and which models differ.

Plain JSON values in, plain JSON values out. Scales are never added up. A row is a compared take by
name; of several takes of a segment by one model, `chosen` is the one that ranking.json chose.
"""

from collections.abc import Sequence

from secondtake.analysis.comparison.bootstrap import compare_models
from secondtake.analysis.comparison.summary import TakeGroup, answers_to, in_order, take_groups
from secondtake.analysis.findings.claims import measurement_of
from secondtake.analysis.findings.wording import JUDGED
from secondtake.analysis.formatting import JsonObject
from secondtake.analysis.judged.readings import SongJudge
from secondtake.core.registry.judge import JudgeScale

FIGURES = ("value", "interval", "floor", "near", "ceiling", "verdict", "note")


def judges_across(judges: Sequence[SongJudge], segments: Sequence[JsonObject]) -> list[JsonObject]:
    """Every judge with its scales, in the order of the registry."""
    return [
        {
            "name": judge.judge.name,
            "title": judge.judge.title,
            "question": judge.judge.question,
            "checkpoint": judge.judge.checkpoint(judge.checkpoint).title,
            "identity": dict(judge.identity),
            "scales": [_scale(scale, segments) for scale in judge.judge.scales],
        }
        for judge in judges
    ]


def _scale(scale: JudgeScale, segments: Sequence[JsonObject]) -> JsonObject:
    groups = [(part["number"], group) for part in segments for group in take_groups(part)]
    return {
        "name": scale.name,
        "unit": scale.unit,
        "closer_is": scale.closer_is,
        "others": scale.others,
        "about": first_sentence(scale.doc),
        "says": dict(JUDGED[scale.name].says) if scale.closer_is else {},
        "rows": [row for number, group in groups for row in _rows(scale, number, group)],
        "pairs": _pairs(scale, segments) if scale.closer_is else [],
    }


def _rows(scale: JudgeScale, number: int, group: TakeGroup) -> list[JsonObject]:
    """The takes of a segment by a model that have a measurement on a scale."""
    measured = [(take, measurement_of(take["measurements"], scale.name)) for take in group.takes]
    return [
        {
            "segment": number,
            "scale": scale.name,
            "model": take["model"],
            "model_title": take["model_title"],
            "take": take["name"],
            "chosen": take is group.first,
            **{name: entry[name] for name in FIGURES},
        }
        for take, entry in measured
        if entry is not None
    ]


def _pairs(scale: JudgeScale, segments: Sequence[JsonObject]) -> list[JsonObject]:
    """Which independent models differ on a scale, as `across.pairs` says it of a question."""
    answers = [answer for part in segments for answer in answers_to(part, {scale.name: scale.name})]
    marked = {t["model"] for part in segments for t in part["takes"] if t["from_baseline"]}
    models = [name for name in in_order(a["model"] for a in answers) if name not in marked]
    return compare_models([scale.name], models, answers)


def first_sentence(doc: str) -> str:
    """The sentence for a musician, with its full stop."""
    return " ".join(doc.split("\n\n")[0].split())
