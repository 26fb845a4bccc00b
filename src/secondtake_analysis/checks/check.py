"""The result of one look at one file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "warn", "fail"]
SEVERITY: dict[Verdict, int] = {"pass": 0, "warn": 1, "fail": 2}


@dataclass(frozen=True)
class Check:
    """What was measured, against what, and what follows."""

    name: str
    verdict: Verdict
    figure: float | None  # None where nothing could be measured
    unit: str
    threshold: str  # in words, with its unit: "at most 0.01"
    note: str = ""  # for a person; empty when the file passes


def judge(
    name: str,
    figure: float,
    unit: str,
    threshold: str,
    *,
    fails: bool = False,
    warns: bool = False,
    note: str = "",
) -> Check:
    """A check whose worse condition decides; the note is kept only if one holds."""
    verdict: Verdict = "fail" if fails else "warn" if warns else "pass"
    return Check(name, verdict, figure, unit, threshold, note if verdict != "pass" else "")


def worst(checks: Iterable[Check]) -> Verdict:
    """The verdict on the file: that of its worst check; "pass" for none."""
    return max((check.verdict for check in checks), key=SEVERITY.__getitem__, default="pass")
