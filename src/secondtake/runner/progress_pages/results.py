"""What verification.json says, read with care: it is another program's file.

What comparison_results.json says over all segments: findings, and a table of all models.

What comparison_results.json says, read with care: it is another program's file.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

MARKS = {"pass": "✅", "warn": "⚠️", "fail": "❌"}


@dataclass(frozen=True)
class FlaggedCheck:
    """One check that did not simply pass."""

    name: str
    verdict: str  # warn, fail
    figure: float | None
    unit: str
    threshold: str
    note: str

    def sentence(self) -> str:
        """What was measured, what is allowed, what that means. Not yet escaped."""
        digits = ".0f" if abs(self.figure or 0) >= 1000 else ".3g"
        measured = "" if self.figure is None else f" {self.figure:{digits}} {self.unit}".rstrip()
        meaning = f": {self.note}" if self.note else ""
        return f"{self.name}{measured} (allowed: {self.threshold}){meaning}"


@dataclass(frozen=True)
class Verdict:
    """One file's verdict: pass, warn or fail."""

    verdict: str
    kind: str  # take, baseline
    checks: int
    findings: tuple[FlaggedCheck, ...]
    figures: Mapping[str, float]  # by check, e.g. "true peak"
    sha256: str = ""  # of the file that was judged, where the verification says so


@dataclass(frozen=True)
class Verdicts:
    """Every verdict by file. `state` is ready, absent, unreadable or other song."""

    state: str
    why: str = ""
    files: Mapping[str, Verdict] = field(default_factory=dict)
    leftovers: tuple[str, ...] = ()  # wavs without a record

    def of(self, file: str, sha256: str = "") -> Verdict | None:
        """The verdict on a file, unless the file has changed since it was judged."""
        found = self.files.get(file)
        if found and sha256 and found.sha256 and found.sha256 != sha256:
            return None
        return found


def read_verdicts(path: Path, song: str) -> Verdicts:
    """Read verification.json."""
    value = read_object(path)
    if isinstance(value, str):
        return Verdicts("unreadable", value)
    if value is None:
        return Verdicts("absent")
    if value.get("song", song) != song:
        return Verdicts("other song", str(value["song"]))
    try:
        files = {str(entry["file"]): _verdict(entry) for entry in value["files"]}
        leftovers = tuple(map(str, value.get("wavs_without_record", ())))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Verdicts("unreadable", f"{type(error).__name__}: {error}")
    return Verdicts("ready", "", files, leftovers)


def read_object(path: Path) -> dict[str, Any] | str | None:
    """A JSON object; None if there is no such file; what is wrong, in words, otherwise."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        return str(error.strerror)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return value if isinstance(value, dict) else "not a JSON object"


def _verdict(entry: Mapping[str, Any]) -> Verdict:
    checks = list(entry["checks"])
    verdict = str(entry["verdict"])
    if verdict not in MARKS:
        raise ValueError(f"no verdict {verdict!r}")
    return Verdict(
        verdict=verdict,
        kind=str(entry["kind"]),
        checks=len(checks),
        findings=tuple(_flagged_check(check) for check in checks if check["verdict"] != "pass"),
        figures={
            str(check["name"]): float(check["figure"])
            for check in checks
            if check["figure"] is not None
        },
        sha256=str(entry.get("sha256", "")),
    )


def _flagged_check(check: Mapping[str, Any]) -> FlaggedCheck:
    figure = check["figure"]
    return FlaggedCheck(
        name=str(check["name"]),
        verdict=str(check["verdict"]),
        figure=None if figure is None else float(figure),
        unit=str(check["unit"]),
        threshold=str(check["threshold"]),
        note=str(check["note"]),
    )


KINDS = {
    "strength": "Strengths",
    "weakness": "Weaknesses",
    "surprise": "Surprises",
    "undecided": "What could not be decided",
}
ANCHOR = re.compile(r"[\w-]+", re.ASCII)  # of a row in comparison_results.md


@dataclass(frozen=True)
class Row:
    """Where a figure of a finding stands."""

    segment: int
    model: str
    take: str
    metric: str
    anchor: str


@dataclass(frozen=True)
class Finding:
    """A sentence, and the rows that it was made from."""

    kind: str  # one of KINDS
    text: str
    rows: tuple[Row, ...]

    @property
    def takes(self) -> set[str]:
        return {row.take for row in self.rows}


@dataclass(frozen=True)
class Cell:
    """One model in one question: 0 is other music, 1 the original itself."""

    scaled: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Overview:
    """All models and questions, over all segments with an original."""

    titles: Mapping[str, str]  # of the models, by name
    questions: tuple[str, ...]
    cells: Mapping[str, Mapping[str, Cell]]  # by model, then by question
    takes: frozenset[str]  # those that it was made from


def read_findings(entries: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """The findings; KeyError, TypeError, ValueError or AttributeError where they are damaged."""
    return tuple(_finding(entry) for entry in entries)


def read_overview(across: Mapping[str, Any]) -> Overview | None:
    """The table; None where nothing was compared. Errors as for the findings."""
    if not across.get("models"):
        return None
    return Overview(
        {str(model["name"]): str(model["title"]) for model in across["models"]},
        tuple(map(str, across["questions"])),
        {
            str(model): {str(question): _cell(one) for question, one in cells.items()}
            for model, cells in across["cells"].items()
        },
        frozenset(str(one["take"]) for one in across["answers"]),
    )


def _finding(entry: Mapping[str, Any]) -> Finding:
    kind = str(entry["kind"])
    if kind not in KINDS:
        raise ValueError(f"no finding is a {kind!r}")
    return Finding(kind, str(entry["text"]), tuple(_row(one) for one in entry["evidence"]))


def _row(one: Mapping[str, Any]) -> Row:
    anchor = str(one["anchor"])
    if not ANCHOR.fullmatch(anchor):
        raise ValueError(f"no row is called {anchor!r}")
    return Row(int(one["segment"]), str(one["model"]), str(one["take"]), str(one["metric"]), anchor)


def _cell(one: Mapping[str, Any]) -> Cell:
    if one["scaled"] is None:
        return Cell(None, None)
    low, high = one.get("low"), one.get("high")
    known = None if low is None or high is None else (float(low), float(high))
    return Cell(float(one["scaled"]), known)


FORMAT = 2  # of the file; 1 had pink noise for a floor


@dataclass(frozen=True)
class Metric:
    """One scaled similarity with what gives it a meaning beside it."""

    name: str
    question: str
    unit: str
    value: float | None
    interval: tuple[float, float] | None
    floor: float | None  # other music against the same reference
    mark: float | None  # the sketch against it
    ceiling: float | None  # the reference against other parts of itself
    scaled: float | None
    verdict: str  # in the words of docs/metrics.md
    against_mark: str  # ahead, behind, level, ""


@dataclass(frozen=True)
class Compared:
    """One take in the comparison."""

    name: str
    sha256: str  # of the file that was compared
    against: str  # baseline, the sketch's name, ""
    plot: str
    measured: Mapping[str, Any]  # seconds, tempo_bpm, key, lufs, … as far as there is a number
    metrics: tuple[Metric, ...]

    @property
    def speaking(self) -> tuple[Metric, ...]:
        """The first metric of each question."""
        first: dict[str, Metric] = {}
        for one in self.metrics:
            first.setdefault(one.question, one)
        return tuple(first.values())


@dataclass(frozen=True)
class Reference:
    """What the takes of a segment were held against: a file, or a stretch of it."""

    sha256: str = ""  # "" without a file
    start: float | None = None  # s
    end: float | None = None


@dataclass(frozen=True)
class Part:
    """One segment of the comparison."""

    reference: Reference
    baseline_state: str  # ready, absent, unnamed, unreadable
    baseline_why: str
    baseline_measured: Mapping[str, Any]
    takes: Mapping[str, Compared]
    skipped: Mapping[str, str]  # take -> why it was not compared

    def of_files(self, files: Mapping[str, str], reference: Reference) -> "Part":
        if reference != self.reference:
            return replace(self, takes={})
        same = {n: t for n, t in self.takes.items() if files.get(n, t.sha256) == t.sha256}
        return replace(self, takes=same)


@dataclass(frozen=True)
class Comparison:
    """The comparison by segment. `state` is ready, absent, unreadable or other song."""

    state: str
    why: str = ""
    parts: Mapping[int, Part] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    overview: Overview | None = None
    outdated: bool = False  # whether files behind findings or overview are others now

    def take(self, segment: int, name: str) -> Compared | None:
        part = self.parts.get(segment)
        return part.takes.get(name) if part else None

    def of_files(
        self, files: Mapping[str, str], references: Mapping[int, Reference]
    ) -> "Comparison":
        """Without what rests on files that are others now.

        files: take -> sha256; references: segment -> its baseline.
        """
        parts = {
            number: part.of_files(files, references.get(number, Reference()))
            for number, part in self.parts.items()
        }
        kept = [take for part in parts.values() for take in part.takes.values()]
        same = {take.name for take in kept if take.name in files}
        findings = tuple(one for one in self.findings if one.takes <= same)
        overview = self.overview if self.overview and self.overview.takes <= same else None
        return replace(
            self,
            parts=parts,
            findings=findings,
            overview=overview,
            outdated=(len(findings), overview) != (len(self.findings), self.overview),
        )


def read_comparison(path: Path, song: str) -> Comparison:
    """Read comparison_results.json."""
    value = read_object(path)
    if isinstance(value, str):
        return Comparison("unreadable", value)
    if value is None:
        return Comparison("absent")
    if value.get("song", song) != song:
        return Comparison("other song", str(value["song"]))
    if value.get("format") != FORMAT:
        return Comparison("unreadable", f"format {value.get('format')}, this reads {FORMAT}")
    try:
        return Comparison(
            "ready",
            "",
            {int(entry["number"]): _part(entry) for entry in value["segments"]},
            read_findings(value.get("findings", ())),
            read_overview(value.get("across") or {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Comparison("unreadable", f"{type(error).__name__}: {error}")


def _part(entry: Mapping[str, Any]) -> Part:
    baseline = entry["baseline"]
    return Part(
        reference=_reference(baseline),
        baseline_state=str(baseline["state"]),
        baseline_why=str(baseline.get("why") or ""),
        baseline_measured=dict(baseline.get("measured") or {}),
        takes={str(take["name"]): _take(take) for take in entry["takes"]},
        skipped={str(one["take"]): str(one["why"]) for one in entry.get("skipped", ())},
    )


def _reference(baseline: Mapping[str, Any]) -> Reference:
    if not baseline.get("sha256"):
        return Reference()
    return Reference(
        str(baseline["sha256"]), _number(baseline.get("start")), _number(baseline.get("end"))
    )


def _take(entry: Mapping[str, Any]) -> Compared:
    return Compared(
        name=str(entry["name"]),
        sha256=str(entry.get("sha256", "")),
        against=str(entry.get("against") or ""),
        plot=Path(str(entry.get("plot") or "")).name,  # a file beside the comparison, no more
        measured=dict(entry.get("measured") or {}),
        metrics=tuple(
            _metric(one) for one in entry.get("measurements", ()) if one.get("scaled") is not None
        ),
    )


def _metric(one: Mapping[str, Any]) -> Metric:
    interval = one.get("interval")
    return Metric(
        name=str(one["name"]),
        question=str(one["question"]),
        unit=str(one.get("unit", "")),
        value=_number(one["value"]),
        interval=(float(interval[0]), float(interval[1])) if interval else None,
        floor=_number(one.get("floor")),
        mark=_number(one.get("mark")),
        ceiling=_number(one.get("ceiling")),
        scaled=_number(one["scaled"]),
        verdict=str(one.get("verdict") or ""),
        against_mark=str(one.get("against_mark") or ""),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
