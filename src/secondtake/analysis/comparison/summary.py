"""Over all segments: how close each model comes in each question, and which models differ.

Plain JSON values in, plain JSON values out. Only takes that were compared with a baseline count,
and of several takes of a segment by one model the one that ranking.json chose. The ranking knows
nothing of the baseline: a take that is chosen because it comes close to the baseline would make
every model look better than it is. For the same reason takes that were made from the baseline (a
cover, a melody) count under a name of their own, in no pair, and behind those that were not. A
repaint shares most of its sound with another take: it may be chosen, but where takes are counted or
spread, it is none.

A question is asked by one metric in the whole song, so that models and segments answer the same:
the first of the question's metrics that has a scale almost as often as any of them. The table is of
scaled values: 0 is other music, 1 the baseline itself. An answer whose verdict decides nothing
(metric.OPEN) has no part in any median or pair.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from secondtake.analysis.comparison.bootstrap import (
    answers_of,
    bootstrap_medians,
    bootstrap_values,
    compare_models,
    percentile_interval,
)
from secondtake.analysis.findings.claims import (
    NO_VOICE_FOUND,
    is_open,
    kind_of,
    measurement_of,
    unusable_because,
)
from secondtake.analysis.findings.phrases import open_reason
from secondtake.analysis.formatting import JsonObject
from secondtake.core.ranking_file import RankedGroup, RankingFile
from secondtake.core.registry.all_models import MODELS
from secondtake.core.take_facts import FROM_BASELINE

NOT_RANKED = "these files are not ranked yet; type: invoke rank"
FAILED = "failed a check"
ALMOST = 0.5  # as often as the question's other metrics, for the first to speak


@dataclass(frozen=True)
class TakeGroup:
    """The compared takes of a segment by a model, as JSON values (compare.py)."""

    first: JsonObject  # the take that the page speaks of
    takes: list[JsonObject]
    choice: JsonObject | None  # None where there is one take

    @property
    def median_label(self) -> str:
        return f"{self.first['model_title']}, median of {len(self.independent)}"

    @property
    def independent(self) -> list[JsonObject]:
        """The takes that are draws of their own; the chosen one where all are repaints."""
        return [take for take in self.takes if not take["repaint"]] or [self.first]


def choose_takes(
    rankings: RankingFile, number: int, takes: Sequence[JsonObject]
) -> list[JsonObject]:
    """For every model with several takes in a segment: which one is chosen, and why."""
    by_model: dict[str, list[JsonObject]] = {}
    for take in takes:
        by_model.setdefault(take["model"], []).append(take)
    return [
        _choice(rankings.groups.get((number, model)), model, model_takes)
        for model, model_takes in by_model.items()
        if len(model_takes) > 1
    ]


def _choice(group: RankedGroup | None, model: str, takes: list[JsonObject]) -> JsonObject:
    ranked = {take.take: take for take in group.takes} if group else {}
    is_ranked = all(
        take["name"] in ranked and ranked[take["name"]].sha256 == take["sha256"] for take in takes
    )
    first = min(takes, key=lambda take: ranked[take["name"]].place) if is_ranked else takes[0]
    return {
        "model": model,
        "take": first["name"],
        "of": len(takes),
        "repaints": _repaints(takes),
        "best": bool(is_ranked and group and group.best == first["name"]),
        "why": ranked[first["name"]].reason if is_ranked else NOT_RANKED,
        "set_aside": list(group.set_aside) if is_ranked and group else [],
    }


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
            counts = {"of": len(model_takes), "repaints": _repaints(model_takes)}
            groups.append({"model": model, **counts, "why": why})
    return groups


def _repaints(takes: Sequence[JsonObject]) -> int:
    return sum(bool(take["repaint"]) for take in takes)


def _lacks(take: JsonObject) -> str:
    wants_voice = take["asked"].get("voice", False)
    if wants_voice and take.get("heard") == "":  # the recogniser listened, and found nobody
        return NO_VOICE_FOUND
    return unusable_because(kind_of(take), wants_voice)


def take_groups(segment: JsonObject) -> list[TakeGroup]:
    """A segment's takes by model, in the order of `in_order`."""
    choices = {choice["model"]: choice for choice in segment["chosen"]}
    models = in_order(take["model"] for take in segment["takes"])
    groups = []
    for model in models:
        takes = [take for take in segment["takes"] if take["model"] == model]
        choice = choices.get(model)
        name = choice["take"] if choice else takes[0]["name"]
        groups.append(TakeGroup(next(t for t in takes if t["name"] == name), takes, choice))
    return groups


def in_order(names: Iterable[str]) -> list[str]:
    """Models, each once, as the registry lists them, the control last, so that columns and colours
    do not change with the song. What was made from the baseline follows its model; a model that is
    listed no longer follows all others."""
    places = {name: place for place, name in enumerate(MODELS)}

    def key(name: str) -> tuple[bool, int, str]:
        model = MODELS.get(name.removesuffix(FROM_BASELINE))
        place = places[model.name] if model else len(places)
        return bool(model and model.is_control), place, name

    return sorted(set(names), key=key)


def median(figures: Iterable[float | None]) -> float | None:
    """The median of the figures that are not None; None without any."""
    numbers = [figure for figure in figures if figure is not None]
    return statistics.median(numbers) if numbers else None


def summarize(segments: Sequence[JsonObject], order: Sequence[str]) -> JsonObject:
    """Models, questions (in this order), every answer, their medians, and which models differ."""
    compared = [[group.first for group in _compared_groups(segment)] for segment in segments]
    metrics = headline_metrics(compared)
    answers = [answer for segment in segments for answer in answers_to(segment, metrics)]
    models = in_order(answer["model"] for answer in answers)
    answered = {answer["question"] for answer in answers}
    questions = [question for question in order if question in answered]
    cells = {
        model: {question: _cell(answers_of(answers, model, question)) for question in questions}
        for model in models
    }
    takes = {take["model"]: take for segment in segments for take in segment["takes"]}
    independent = [name for name in models if not takes[name]["from_baseline"]]
    return {
        "models": [
            {"name": name, "title": takes[name]["model_title"], "floor": takes[name]["floor"]}
            for name in models
        ],
        "questions": questions,
        "metrics": {question: metrics[question] for question in questions},
        "cells": cells,
        "answers": answers,
        "pairs": compare_models(questions, independent, answers),
    }


def _compared_groups(segment: JsonObject) -> list[TakeGroup]:
    """The groups whose chosen take was compared with the baseline."""
    return [group for group in take_groups(segment) if group.first["against"] == "baseline"]


def headline_metrics(segments: Sequence[Sequence[JsonObject]]) -> dict[str, str]:
    """By question, the metric that speaks for it in the takes of all these segments.

    Where none has a scale, the first one that could have had one, whose note says why. A metric
    that is undecided of a take keeps its place: which one speaks is no matter of what it says.
    """
    measurements = [
        measurement for takes in segments for take in takes for measurement in take["measurements"]
    ]
    scored = {entry["name"] for entry in measurements if entry["closer_is"]}
    segments_with_scale = Counter(name for takes in segments for name in _scaled_metrics(takes))
    headline = {}
    for question in dict.fromkeys(entry["question"] for entry in measurements):
        names = dict.fromkeys(
            entry["name"] for entry in measurements if entry["question"] == question
        )
        enough = ALMOST * max(segments_with_scale[name] for name in names)
        headline[question] = min(
            names,
            key=lambda name: (
                not segments_with_scale[name] or segments_with_scale[name] < enough,
                name not in scored,
            ),
        )
    return headline


def _scaled_metrics(takes: Sequence[JsonObject]) -> set[str]:
    """The metrics that have a scale in any of these takes."""
    return {
        measurement["name"]
        for take in takes
        for measurement in take["measurements"]
        if measurement["scaled"] is not None or measurement["verdict"] == "undecided"
    }


def answers_to(segment: JsonObject, metrics: dict[str, str]) -> list[JsonObject]:
    """The answers of every model's chosen take to questions of a segment, by these metrics."""
    answers = []
    for group, (question, metric) in product(_compared_groups(segment), metrics.items()):
        take = group.first
        measurement = measurement_of(take["measurements"], metric)
        if measurement is not None:
            low, high = measurement["scaled_interval"] or (None, None)
            others = [measurement_of(other["measurements"], metric) for other in group.independent]
            answers.append(
                {
                    "segment": segment["number"],
                    "model": take["model"],
                    "question": question,
                    "metric": metric,
                    "take": take["name"],
                    "scaled": measurement["scaled"],
                    "low": low,
                    "high": high,
                    "verdict": measurement["verdict"],
                    "note": measurement["note"],
                    "why": open_reason(measurement) if is_open(measurement) else "",
                    "takes": [
                        other["scaled"] if other and not is_open(other) else None
                        for other in others
                    ],
                }
            )
    return answers


def _cell(answers: list[JsonObject]) -> JsonObject:
    """One model in one question, over the segments in which it is decided."""
    scored = [answer for answer in answers if not is_open(answer)]
    takes = [scaled for answer in answers for scaled in answer["takes"] if scaled is not None]
    has_several = len(takes) > len(scored)
    cell: JsonObject = {
        "scaled": None,
        "low": None,
        "high": None,
        "segments": len(scored),
        "of": len(answers),
        "takes": len(takes),
        "takes_median": float(np.median(takes)) if has_several else None,
        "takes_least": min(takes) if has_several else None,
        "takes_most": max(takes) if has_several else None,
        "note": "",
    }
    if not scored:
        reasons = list(dict.fromkeys(answer["why"] for answer in answers))
        return {**cell, "note": "; ".join(reasons) or "not asked"}
    cell["scaled"] = float(np.median([answer["scaled"] for answer in scored]))
    if len(scored) == 1:
        cell["low"], cell["high"] = scored[0]["low"], scored[0]["high"]
    else:
        medians = bootstrap_medians([bootstrap_values(answer) for answer in scored])
        cell["low"], cell["high"] = percentile_interval(medians)
    if len(scored) < len(answers):
        cell["note"] = f"decided in {len(scored)} of {len(answers)} segments"
    return cell
