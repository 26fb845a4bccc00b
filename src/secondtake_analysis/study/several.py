"""Several takes of one segment by one model: which one the comparison speaks of, and how all lie.

The choice is that of ranking.json, which knows nothing of the baseline: a take that is chosen
because it comes close to the original would make every model look better than it is.
"""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from secondtake.ranked import Group, Rankings
from secondtake_analysis.figures import figure

NOT_RANKED = "these files are not ranked yet; type: invoke rank"


@dataclass(frozen=True)
class Several:
    """The compared takes of a segment by a model, as JSON values (study.py)."""

    first: dict[str, Any]  # the take that the page speaks of
    takes: list[dict[str, Any]]
    choice: dict[str, Any] | None  # None where there is one take

    @property
    def median_label(self) -> str:
        return f"{self.first['model_title']}, median of {len(self.takes)}"


def chosen(rankings: Rankings, number: int, takes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For every model with several takes in a segment: which one is chosen, and why."""
    by_model: dict[str, list[dict[str, Any]]] = {}
    for take in takes:
        by_model.setdefault(take["model"], []).append(take)
    return [
        _choice(rankings.groups.get((number, model)), model, some)
        for model, some in by_model.items()
        if len(some) > 1
    ]


def _choice(group: Group | None, model: str, takes: list[dict[str, Any]]) -> dict[str, Any]:
    ranked = {one.take: one for one in group.takes} if group else {}
    known = all(
        take["name"] in ranked and ranked[take["name"]].sha256 == take["sha256"] for take in takes
    )
    first = min(takes, key=lambda take: ranked[take["name"]].place) if known else takes[0]
    return {
        "model": model,
        "take": first["name"],
        "of": len(takes),
        "best": bool(known and group and group.best == first["name"]),
        "why": ranked[first["name"]].reason if known else NOT_RANKED,
        "set_aside": list(group.set_aside) if known and group else [],
    }


def groups(segment: dict[str, Any]) -> list[Several]:
    """A segment's takes by model, in the order in which the models come."""
    choices = {one["model"]: one for one in segment["chosen"]}
    models = dict.fromkeys(take["model"] for take in segment["takes"])
    found = []
    for model in models:
        takes = [take for take in segment["takes"] if take["model"] == model]
        choice = choices.get(model)
        wanted = choice["take"] if choice else takes[0]["name"]
        found.append(Several(next(t for t in takes if t["name"] == wanted), takes, choice))
    return found


def median(figures: Iterable[float | None]) -> float | None:
    """Of what is known; None if nothing is."""
    known = [one for one in figures if one is not None]
    return statistics.median(known) if known else None


def spread(figures: Iterable[float | None], digits: int = 2) -> str:
    """The median, with the least and the most in brackets."""
    known = [one for one in figures if one is not None]
    if not known:
        return figure(None)
    least, most = figure(min(known), digits), figure(max(known), digits)
    return f"{figure(median(known), digits)} ({least} to {most})"
