"""The result of a check, and a file with the results of all its checks.

A check measures one thing about one file and compares it with a threshold.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Literal

from secondtake.analysis.formatting import JsonObject, format_number
from secondtake.core.formatting import check_sentence

Verdict = Literal["pass", "warn", "fail"]
SEVERITY: dict[Verdict, int] = {"pass": 0, "warn": 1, "fail": 2}

# Sources of thresholds, for `Check.source`.
CONVENTION = "convention"
MEASURED = "measured (docs/lab/check-detection.md)"
R128 = "EBU R 128"
REGISTRY = "the model's entry in the registry"
RECORD = "the take's record"


@dataclass(frozen=True)
class Check:
    """A figure, the threshold it was compared with, and the verdict."""

    name: str
    verdict: Verdict
    figure: float | None  # None where nothing could be measured
    unit: str
    threshold: str  # in words, with its unit: "at most 0.01"
    note: str = ""  # for a person; a check that passes has one only if it is a hint
    source: str = ""  # of the threshold


def make_check(
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
    has_note = fails or warns or hints
    return Check(name, verdict, figure, unit, threshold, note if has_note else "", source)


measured_check = partial(make_check, source=MEASURED)


def worst(checks: Iterable[Check]) -> Verdict:
    """The verdict on the file: that of its worst check; "pass" for none."""
    return max((check.verdict for check in checks), key=SEVERITY.__getitem__, default="pass")


@dataclass(frozen=True)
class CheckedFile:
    """A file and its checks."""

    file: str  # as people name it; a take's or baseline's is relative to the project
    kind: str  # take, baseline, file
    sha256: str  # of the whole file that was judged; "" if there is none
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        return worst(self.checks)

    def to_json(self) -> JsonObject:
        return {
            "file": self.file,
            "kind": self.kind,
            "sha256": self.sha256,
            "verdict": self.verdict,
            "checks": [asdict(check) for check in self.checks],
        }


def report_lines(files: Sequence[CheckedFile]) -> Iterator[str]:
    """A line a file: verdict, name, length, peak; then a line for each note, worst first."""
    width = max((len(file.file) for file in files), default=0)
    for file in files:
        yield f"{file.verdict.upper():<4}  {file.file:<{width}}  {_summary(file)}".rstrip()
        for verdict in ("fail", "warn", "pass"):
            for check in file.checks:
                if check.verdict == verdict and check.note:
                    yield f"      {'hint' if verdict == 'pass' else verdict}: {_explanation(check)}"


def _summary(file: CheckedFile) -> str:
    """Length and peak of a file that could be read."""
    figures = {check.name: check.figure for check in file.checks if check.figure is not None}
    units = {"decodes": "s", "true peak": "dBTP"}
    names = [name for name in units if name in figures]
    return "  ".join(f"{format_number(figures[name]):>7} {units[name]}" for name in names)


def _explanation(check: Check) -> str:
    figures = (check.name, check.figure, check.unit, check.threshold)
    return check_sentence(*figures, check.note, passes=check.verdict == "pass")
