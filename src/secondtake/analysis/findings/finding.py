"""A finding is one sentence, the measurements it rests on, and how much it matters.

`Comparison` is what findings are drawn from: the figures of every model in every question.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import product

from secondtake.analysis.comparison.bootstrap import answers_of
from secondtake.analysis.findings.claims import OVERALL, measurement_of, relation_to_control
from secondtake.analysis.findings.phrases import in_segments
from secondtake.analysis.formatting import JsonObject


@dataclass(frozen=True)
class Evidence:
    """The source of a sentence's figures: a metric of a take."""

    segment: int
    model: str
    take: str
    metric: str

    def as_json(self) -> JsonObject:
        """Plain JSON values, with the name of its row in comparison_results.md."""
        return {**asdict(self), "anchor": anchor(self.segment, self.model, self.metric)}


def anchor(segment: int, model: str, metric: str) -> str:
    """The name of a row of figures on the page: letters, digits, - and _."""
    words = re.sub(r"[^a-z0-9]+", "-", metric.lower()).strip("-")
    return f"s{segment}-{model}-{words}"


@dataclass(frozen=True)
class Comparison:
    """The segments of comparison_results.json, and what `summarize` made of them."""

    segments: Sequence[JsonObject]
    across: JsonObject

    @property
    def titles(self) -> dict[str, str]:
        return {model["name"]: model["title"] for model in self.across["models"]}

    @property
    def subjects(self) -> list[str]:
        """The models that findings are about: no take that was made from the baseline, unless no
        other was made, and no control, unless it is alone.

        Such a take comes close because it was given what it is held against, and its title says so.
        """
        takes = (take for segment in self.segments for take in segment["takes"])
        marked = {take["model"] for take in takes if take["from_baseline"]}
        names = [model["name"] for model in self.across["models"] if not model["floor"]]
        independent = [name for name in names if name not in marked]
        return independent or names or [model["name"] for model in self.across["models"]]

    def answers(self, model: str, question: str, *verdicts: str) -> list[JsonObject]:
        """A model's answers to a question, those with one of these verdicts if any are named."""
        answers = answers_of(self.across["answers"], model, question)
        return [answer for answer in answers if not verdicts or answer["verdict"] in verdicts]

    def answers_in(
        self, segments: Sequence[int], question: str, models: Sequence[str]
    ) -> list[JsonObject]:
        """The answers of these models in these segments."""
        answers = [answer for model in models for answer in self.answers(model, question)]
        return [answer for answer in answers if answer["segment"] in segments]

    def against_control(
        self, model: str, question: str, relation: str
    ) -> list[tuple[JsonObject, float]]:
        """The answers "ahead" of the control or "behind" it, each with the control's score."""
        return [
            (answer, measurement["mark_scaled"])
            for answer in self.answers(model, question)
            if (measurement := self.measurement(answer))
            and relation_to_control(measurement, self.control(answer)) == relation
        ]

    def control(self, answer: JsonObject) -> JsonObject | None:
        """The measurement of the control (its first take) behind an answer's mark."""
        takes = self.segment(answer)["takes"]
        control = next((take for take in takes if take["floor"]), None)
        return measurement_of(control["measurements"], answer["metric"]) if control else None

    def overall(self, answer: JsonObject) -> JsonObject | None:
        """The answer of the same take to how close it is overall; None if that was not asked."""
        answers = self.answers(answer["model"], OVERALL)
        return next((other for other in answers if other["segment"] == answer["segment"]), None)

    def where(self, answers: Sequence[JsonObject]) -> str:
        """The segments in which a model answers a question like this, of all that it answers."""
        total = len(self.answers(answers[0]["model"], answers[0]["question"]))
        return in_segments([answer["segment"] for answer in answers], total)

    def where_most(self, answers: Sequence[JsonObject], example: JsonObject) -> str:
        """The segments in which something holds, and the one that the figures are of."""
        where, segment = self.where(answers), f"segment {example['segment']}"
        if len(answers) > 1:
            return f"{where}, most clearly in {segment}"
        is_only = len(self.answers(example["model"], example["question"])) == 1
        return where if is_only else f"{where} ({segment})"

    def further(self, model: str, question: str) -> dict[str, list[JsonObject]]:
        """By metric, its measurements that are further than other music, in the form of answers."""
        rows: dict[str, list[JsonObject]] = {}
        for answer in self.answers(model, question):
            for entry in self.take(answer)["measurements"]:
                if (entry["question"], entry["verdict"]) == (question, "further"):
                    low, high = entry["scaled_interval"]
                    figures = {"scaled": entry["scaled"], "low": low, "high": high}
                    row = {**answer, **figures, "metric": entry["name"], "verdict": "further"}
                    rows.setdefault(entry["name"], []).append(row)
        return rows

    def subjects_and_questions(self) -> list[tuple[str, str]]:
        return list(product(self.subjects, self.across["questions"]))

    def cell(self, model: str, question: str) -> JsonObject:
        return dict(self.across["cells"][model][question])

    def segment(self, answer: JsonObject) -> JsonObject:
        return next(segment for segment in self.segments if segment["number"] == answer["segment"])

    def take(self, answer: JsonObject) -> JsonObject:
        takes = self.segment(answer)["takes"]
        return dict(next(take for take in takes if take["name"] == answer["take"]))

    def measurement(self, answer: JsonObject, metric: str = "") -> JsonObject | None:
        """The measurement behind an answer, or another of the same take."""
        return measurement_of(self.take(answer)["measurements"], metric or answer["metric"])

    def baseline(self, answer: JsonObject) -> JsonObject:
        """Tempo, key and levels of the baseline of the answer's segment."""
        return dict(self.segment(answer)["baseline"]["measured"])


def evidence(answers: Sequence[JsonObject], metric: str = "") -> tuple[Evidence, ...]:
    """The measurements behind these answers, or another metric of the same takes."""
    return tuple(
        Evidence(answer["segment"], answer["model"], answer["take"], metric or answer["metric"])
        for answer in answers
    )


KINDS = {
    "strength": "Strengths",
    "weakness": "Weaknesses",
    "surprise": "Surprises",
    "undecided": "What could not be decided",
}
FURTHER = "further than other music"  # the category that says most
OF_THE_MIX = ("spectrum", "level", "artefacts")  # questions
MAX_PER_KIND = 3  # twelve sentences are read, thirty are not


@dataclass(frozen=True)
class Finding:
    """A sentence that was made from figures."""

    kind: str  # one of KINDS
    category: str  # what it is an example of, e.g. "behind the control"
    claim: str  # plain text without a full stop, and without figures on the scale
    figures: str  # those; "" where there are none
    question: str  # "" where it is about several
    evidence: tuple[Evidence, ...]
    n_segments: int  # that it holds in
    margin: float = 0.0  # how far the nearer end of the interval lies beyond what is no finding

    @property
    def text(self) -> str:
        """One sentence with a full stop."""
        return f"{self.claim}{self.figures}."

    def as_json(self) -> JsonObject:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "sort": self.category,
            "text": self.text,
            "question": self.question,
            "evidence": [entry.as_json() for entry in self.evidence],
            "breadth": self.n_segments,
            "reach": self.margin,
        }


def finding_of(
    rows: list[JsonObject],
    kind: str,
    category: str,
    claim: str,
    figures: str = "",
    margin: float = 0.0,
) -> Finding:
    """The finding that rests on these answers to a question, each of another segment."""
    question = rows[0]["question"]
    return Finding(kind, category, claim, figures, question, evidence(rows), len(rows), margin)


def most_important(findings: Sequence[Finding]) -> list[Finding]:
    """At most MAX_PER_KIND findings of each kind, the most important first.

    What is further away than other music comes first, as much of it as there is room for. Music
    comes before the mix; then what holds in many segments; then a large `margin`, on the scale on
    which 0 is other music and 1 the baseline (a margin above 1 counts as 1). A category and a
    question that were not named yet come before more of the same, so that a list says different
    things.
    """
    chosen: list[Finding] = []
    for kind in KINDS:
        rest = by_importance(finding for finding in findings if finding.kind == kind)
        named: Counter[str] = Counter()
        while rest and named.total() < 2 * MAX_PER_KIND:
            finding = min(
                rest,
                key=lambda other: (
                    other.category != FURTHER,
                    named[other.category] + named[other.question],
                ),
            )
            rest.remove(finding)
            named.update((finding.category, finding.question))
            chosen.append(finding)
    return chosen


def by_importance(findings: Iterable[Finding]) -> list[Finding]:
    """What is further away than other music, the furthest first; then music before the mix, many
    segments before few, a large margin before a small one.
    """
    return sorted(findings, key=_sort_key)


def _sort_key(finding: Finding) -> tuple[bool, float, bool, int, float]:
    is_further = finding.category == FURTHER
    furthest = -finding.margin if is_further else 0.0
    return (
        not is_further,
        furthest,
        finding.question in OF_THE_MIX,
        -finding.n_segments,
        -min(finding.margin, 1.0),
    )
