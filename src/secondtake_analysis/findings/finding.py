"""What a finding is: one sentence, the measurements it rests on, and how much it matters."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from secondtake_analysis.findings.evidence import Evidence

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
