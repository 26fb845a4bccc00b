"""What a comparison found, in sentences made from its figures alone, the most important first."""

from collections.abc import Sequence
from typing import Any

from secondtake.analysis.findings.finding import Study, most_important
from secondtake.analysis.findings.strengths import strengths, weaknesses
from secondtake.analysis.findings.surprises import surprises
from secondtake.analysis.findings.undecided import undecided


def findings(segments: Sequence[dict[str, Any]], across: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings of a comparison as JSON values; none where nothing was compared.

    The figures must be rounded already: what a sentence says is then what the file holds.
    """
    study = Study(segments, across)
    found = [*strengths(study), *weaknesses(study), *surprises(study), *undecided(study)]
    return [one.as_json() for one in most_important(found)]
