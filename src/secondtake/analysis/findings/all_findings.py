"""All findings of a comparison, and the three sentences that come before them."""

from collections.abc import Sequence

from secondtake.analysis.findings.disagreements import disagreements
from secondtake.analysis.findings.finding import Comparison, by_importance, most_important
from secondtake.analysis.findings.plain_words import study_sentences
from secondtake.analysis.findings.strengths import strengths, weaknesses
from secondtake.analysis.findings.surprises import surprises
from secondtake.analysis.findings.undecided import undecided
from secondtake.analysis.formatting import JsonObject


def conclusions(segments: Sequence[JsonObject], across: JsonObject) -> JsonObject:
    """`findings` of a comparison, the most important first, and its `summary`, as JSON values.

    The figures must be rounded already: what a sentence says is then what the file holds.
    """
    comparison = Comparison(segments, across)
    every = [
        *strengths(comparison),
        *weaknesses(comparison),
        *surprises(comparison),
        *disagreements(comparison),
        *undecided(comparison),
    ]
    return {
        "summary": study_sentences(comparison, by_importance(every)),
        "findings": [finding.as_json() for finding in most_important(every)],
    }
