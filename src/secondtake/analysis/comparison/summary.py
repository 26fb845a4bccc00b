"""Over all segments: how close each model comes in each question, and which models differ.

Plain JSON values in, plain JSON values out. Only takes that were compared with an original count,
and of several takes of a segment the one that the ranking chose, without knowing the original.

A question is asked by one metric in the whole song, so that models and segments answer the same:
the first of the question's metrics that has a scale almost as often as any of them. The table is of
scaled values: 0 is other music, 1 the original itself.

Several takes of one segment by one model: which one the comparison speaks of, and how all lie.

The choice is that of ranking.json, which knows nothing of the baseline: a take that is chosen
because it comes close to the original would make every model look better than it is.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from secondtake.analysis.comparison.bootstrap import drawn, ends, possible, rivals
from secondtake.analysis.formatting import figure
from secondtake.core.ranking_file import Group, Rankings

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


ALMOST = 0.5  # as often as the question's other metrics, for the first to speak

Values = dict[str, Any]


def across(segments: Sequence[Values], order: Sequence[str]) -> Values:
    """Models, questions (in this order), every answer, their medians, and which models differ."""
    metrics = representatives([_met_original(segment) for segment in segments])
    answers = [one for segment in segments for one in _answers(segment, metrics)]
    models = dict.fromkeys(one["model"] for one in answers)
    asked = {one["question"] for one in answers}
    questions = [question for question in order if question in asked]
    cells = {
        model: {question: _cell(_of(answers, model, question)) for question in questions}
        for model in models
    }
    return {
        "models": [{"name": name, **_model(segments, name)} for name in models],
        "questions": questions,
        "metrics": {question: metrics[question] for question in questions},
        "cells": cells,
        "answers": answers,
        "pairs": rivals(questions, list(models), answers),
    }


def _model(segments: Sequence[Values], name: str) -> Values:
    take = next(t for one in segments for t in one["takes"] if t["model"] == name)
    return {"title": take["model_title"], "floor": take["floor"]}


def _met_original(segment: Values) -> list[Values]:
    """The chosen take of every model, as far as it was compared with the original."""
    return [one.first for one in groups(segment) if one.first["against"] == "baseline"]


def representatives(segments: Sequence[Sequence[Values]]) -> dict[str, str]:
    """By question, the metric that speaks for it in all these segments' takes.

    Where none has a scale, the first one that could have had one, whose note says why.
    """
    every = [one for takes in segments for take in takes for one in take["measurements"]]
    scored = {one["name"] for one in every if one["closer_is"]}
    often = Counter(
        name
        for takes in segments
        for name in {o["name"] for t in takes for o in t["measurements"] if o["scaled"] is not None}
    )
    chosen = {}
    for question in dict.fromkeys(one["question"] for one in every):
        names = dict.fromkeys(one["name"] for one in every if one["question"] == question)
        enough = ALMOST * max(often[name] for name in names)
        chosen[question] = min(
            names, key=lambda n: (not often[n] or often[n] < enough, n not in scored)
        )
    return chosen


def _answers(segment: Values, metrics: dict[str, str]) -> list[Values]:
    """What the chosen take of every model says to every question of a segment."""
    found = {one.first["name"]: one for one in groups(segment)}
    answers = []
    for take in _met_original(segment):
        for question, metric in metrics.items():
            one = _named(take, metric)
            if one is None:
                continue
            low, high = one["scaled_interval"] or (None, None)
            others = [_named(other, metric) for other in found[take["name"]].takes]
            answers.append(
                {
                    "segment": segment["number"],
                    "model": take["model"],
                    "question": question,
                    "metric": metric,
                    "take": take["name"],
                    "scaled": one["scaled"],
                    "low": low,
                    "high": high,
                    "verdict": one["verdict"],
                    "note": one["note"],
                    "takes": [other["scaled"] if other else None for other in others],
                }
            )
    return answers


def _named(take: Values, metric: str) -> Values | None:
    return next((one for one in take["measurements"] if one["name"] == metric), None)


def _of(answers: Sequence[Values], model: str, question: str) -> list[Values]:
    return [one for one in answers if (one["model"], one["question"]) == (model, question)]


def _cell(answers: list[Values]) -> Values:
    """One model in one question, over its segments."""
    known = [one for one in answers if one["scaled"] is not None]
    takes = [scaled for one in answers for scaled in one["takes"] if scaled is not None]
    several = len(takes) > len(known)
    cell: Values = {
        "scaled": None,
        "low": None,
        "high": None,
        "segments": len(known),
        "of": len(answers),
        "takes": len(takes),
        "takes_median": float(np.median(takes)) if several else None,
        "takes_least": min(takes) if several else None,
        "takes_most": max(takes) if several else None,
        "note": "",
    }
    if not known:
        reasons = list(dict.fromkeys(one["note"] or one["verdict"] for one in answers))
        return {**cell, "note": "; ".join(reasons) or "not asked"}
    cell["scaled"] = float(np.median([one["scaled"] for one in known]))
    if len(known) == 1:
        cell["low"], cell["high"] = known[0]["low"], known[0]["high"]
    else:
        cell["low"], cell["high"] = ends(drawn([possible(one) for one in known]))
    return {**cell, "note": _short(known, len(answers))}


def _short(known: list[Values], count: int) -> str:
    """What a cell does not show by itself; "" if there is nothing to say."""
    notes = []
    if len(known) < count:
        notes.append(f"decided in {len(known)} of {count} segments")
    if known[0]["low"] is None and len(known) == 1:
        notes.append("too short for an interval")
    return "; ".join(notes)
