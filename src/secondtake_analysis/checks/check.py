"""The result of one look at one file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "warn", "fail"]
SEVERITY: dict[Verdict, int] = {"pass": 0, "warn": 1, "fail": 2}

# Where thresholds come from, as `Check.source` says it.
CONVENTION = "convention"
MEASURED = "measured (docs/check-detection.md)"
R128 = "EBU R 128"
REGISTRY = "the model's entry in the registry"
RECORD = "the take's record"


@dataclass(frozen=True)
class Check:
    """What was measured, against what, and what follows."""

    name: str
    verdict: Verdict
    figure: float | None  # None where nothing could be measured
    unit: str
    threshold: str  # in words, with its unit: "at most 0.01"
    note: str = ""  # for a person; a check that passes has one only if it is a hint
    source: str = ""  # of the threshold


def judge(
    name: str,
    figure: float | None,
    unit: str,
    threshold: str,
    *,
    fails: bool = False,
    warns: bool = False,
    hints: bool = False,
    note: str = "",
    source: str = CONVENTION,
) -> Check:
    """A check whose worst condition decides; the note is kept only if one holds.

    hints: worth a sentence, and no more, because as much is true of many sound recordings.
    """
    verdict: Verdict = "fail" if fails else "warn" if warns else "pass"
    said = fails or warns or hints
    return Check(name, verdict, figure, unit, threshold, note if said else "", source)


def worst(checks: Iterable[Check]) -> Verdict:
    """The verdict on the file: that of its worst check; "pass" for none."""
    return max((check.verdict for check in checks), key=SEVERITY.__getitem__, default="pass")
