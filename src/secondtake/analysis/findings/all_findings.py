"""All findings of a comparison, the most important first."""

from collections.abc import Sequence

from secondtake.analysis.findings.finding import Comparison, most_important
from secondtake.analysis.findings.strengths import strengths, weaknesses
from secondtake.analysis.findings.surprises import surprises
from secondtake.analysis.findings.undecided import undecided
from secondtake.analysis.formatting import JsonObject


def findings(segments: Sequence[JsonObject], across: JsonObject) -> list[JsonObject]:
    """The findings of a comparison as JSON values; none where nothing was compared.

    The figures must be rounded already: what a sentence says is then what the file holds.
    """
    comparison = Comparison(segments, across)
    every = [
        *strengths(comparison),
        *weaknesses(comparison),
        *surprises(comparison),
        *undecided(comparison),
    ]
    return [finding.as_json() for finding in most_important(every)]
