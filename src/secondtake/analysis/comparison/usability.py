"""Takes of which none can be used: each fails a minimum, however close it may come."""

from collections.abc import Sequence

from secondtake.analysis.findings.claims import NO_VOICE_FOUND, kind_of, unusable_because
from secondtake.analysis.formatting import JsonObject
from secondtake.core.ranking_file import RankingFile

FAILED = "failed a check"


def unusable_groups(
    rankings: RankingFile, number: int, takes: Sequence[JsonObject]
) -> list[JsonObject]:
    """The models without a usable take in a segment: how many takes, and what each lacks.

    The control is none of them: it is a mark, and not for use.
    """
    by_model: dict[str, list[JsonObject]] = {}
    for take in (take for take in takes if not take["floor"]):
        by_model.setdefault(take["model"], []).append(take)
    groups = []
    for model, model_takes in by_model.items():
        reasons = [_lacks(take) for take in model_takes]
        ranked = rankings.of(number, model, {take["name"]: take["sha256"] for take in model_takes})
        if ranked and ranked.best is None:  # the best one failed, and so did every other
            reasons = [FAILED]
        if all(reasons):
            why = " or ".join(dict.fromkeys(reasons))
            groups.append({"model": model, "of": len(model_takes), "why": why})
    return groups


def _lacks(take: JsonObject) -> str:
    wants_voice = take["asked"].get("voice", False)
    if wants_voice and take.get("heard") == "":  # the recogniser listened, and found nobody
        return NO_VOICE_FOUND
    return unusable_because(kind_of(take), wants_voice)
