"""What comparison_results.json says, read with care: it is another program's file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from secondtake_runner.phases.overview import Finding, Overview, read_findings, read_overview
from secondtake_runner.phases.verdicts import read_object

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
