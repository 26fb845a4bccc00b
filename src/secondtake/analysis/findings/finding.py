"""What a finding is: one sentence, the measurements it rests on, and how much it matters.

A comparison as findings are drawn from it: who answered what where, and in which figures.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

Values = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """Where the figures of a sentence stand: a metric of a take."""

    segment: int
    model: str
    take: str
    metric: str

    def as_json(self) -> Values:
        """Plain JSON values, with the name of its row in comparison_results.md."""
        return {**asdict(self), "anchor": anchor(self.segment, self.model, self.metric)}


def anchor(segment: int, model: str, metric: str) -> str:
    """The name of a row of figures on the page: letters, digits, - and _."""
    words = re.sub(r"[^a-z0-9]+", "-", metric.lower()).strip("-")
    return f"s{segment}-{model}-{words}"


@dataclass(frozen=True)
class Study:
    """The segments of comparison_results.json, and what `across` made of them."""

    segments: Sequence[Values]
    across: Values

    @property
    def titles(self) -> dict[str, str]:
        """The models' titles by name."""
        return {model["name"]: model["title"] for model in self.across["models"]}

    @property
    def subjects(self) -> list[str]:
        """The models that findings are about: without the sketch, unless it is alone."""
        models = [model["name"] for model in self.across["models"] if not model["floor"]]
        return models or [model["name"] for model in self.across["models"]]

    def answers(self, model: str, question: str, *verdicts: str) -> list[Values]:
        """A model's answers to a question, those with one of these verdicts if any are named."""
        return [
            one
            for one in self.across["answers"]
            if (one["model"], one["question"]) == (model, question)
            and (not verdicts or one["verdict"] in verdicts)
        ]

    def asked(self) -> list[tuple[str, str]]:
        """Every subject with every question."""
        questions = self.across["questions"]
        return [(model, question) for model in self.subjects for question in questions]

    def cell(self, model: str, question: str) -> Values:
        return dict(self.across["cells"][model][question])

    def take(self, answer: Values) -> Values:
        """The take that gave an answer."""
        return next(
            take
            for segment in self.segments
            if segment["number"] == answer["segment"]
            for take in segment["takes"]
            if take["name"] == answer["take"]
        )

    def measurement(self, answer: Values, metric: str = "") -> Values | None:
        """The measurement behind an answer, or another of the same take."""
        name = metric or answer["metric"]
        every = self.take(answer)["measurements"]
        return next((one for one in every if one["name"] == name), None)

    def baseline(self, answer: Values) -> Values:
        """What the original of the answer's segment is, by itself."""
        part = next(one for one in self.segments if one["number"] == answer["segment"])
        return dict(part["baseline"]["measured"])


def evidence(answers: Sequence[Values], metric: str = "") -> tuple[Evidence, ...]:
    """Where these answers stand, or another metric of the same takes."""
    return tuple(
        Evidence(one["segment"], one["model"], one["take"], metric or one["metric"])
        for one in answers
    )


KINDS = {
    "strength": "Strengths",
    "weakness": "Weaknesses",
    "surprise": "Surprises",
    "undecided": "What could not be decided",
}
OF_THE_MIX = ("spectrum", "level", "artefacts")  # questions
MOST = 3  # of a kind: twelve sentences are read, thirty are not


@dataclass(frozen=True)
class Finding:
    """A sentence that was made from figures."""

    kind: str  # one of KINDS
    sort: str  # what it is an example of, e.g. "behind the sketch"
    text: str  # plain text, one sentence with a full stop
    question: str  # "" where it is about several
    evidence: tuple[Evidence, ...]
    breadth: int  # how many segments it holds in
    reach: float = 0.0  # how far the nearer end of the interval lies beyond what is no finding

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "evidence": [one.as_json() for one in self.evidence]}


def most_important(found: Sequence[Finding]) -> list[Finding]:
    """At most MOST findings of each kind, the most important first.

    What is played and sung comes before how it is mixed; then what holds in many segments; then
    what lies far beyond doubt (`reach`, on the scale on which 0 is other music and 1 the original;
    more than that distance counts as that). But something of a sort and about a question that were
    not named yet comes before more of the same, so that a list says different things.
    """
    shown: list[Finding] = []
    for kind in KINDS:
        rest = sorted((one for one in found if one.kind == kind), key=_unimportance)
        turns: Counter[str] = Counter()
        while rest and turns.total() < 2 * MOST:
            one = min(rest, key=lambda one: turns[one.sort] + turns[one.question])
            rest.remove(one)
            turns.update((one.sort, one.question))
            shown.append(one)
    return shown


def _unimportance(one: Finding) -> tuple[bool, int, float]:
    return one.question in OF_THE_MIX, -one.breadth, -min(one.reach, 1.0)
