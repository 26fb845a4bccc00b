"""verification.json and comparison_results.json as far as the pages show them.

Both are other programs' files: they may be absent, damaged, of another song or of older sound.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from secondtake.core.formatting import check_sentence
from secondtake.core.serialization import JsonFileError, from_dict, read_json

OVERALL = "overall"  # the question
FORMAT = 2  # of comparison_results.json; 1 had pink noise for a floor
MARKS = {"pass": "✅", "warn": "⚠️", "fail": "❌"}
ANCHOR = re.compile(r"[\w-]+", re.ASCII)  # of a row in comparison_results.md

VerdictWord = Literal["pass", "warn", "fail"]
FileState = Literal["ready", "absent", "unreadable", "other song"]


@dataclass(frozen=True)
class CheckResult:
    """One check of a file."""

    name: str
    verdict: VerdictWord
    figure: float | None
    unit: str
    threshold: str
    note: str

    def sentence(self) -> str:
        """The measured figure, what is allowed, and what that means. Not escaped."""
        passes = self.verdict == "pass"
        figures = (self.name, self.figure, self.unit, self.threshold)
        return ("hint: " if passes else "") + check_sentence(*figures, self.note, passes=passes)


@dataclass(frozen=True)
class FileVerdict:
    """One file's verdict and the checks that it rests on."""

    file: str
    kind: str  # take, baseline
    verdict: VerdictWord
    checks: tuple[CheckResult, ...]
    sha256: str = ""  # of the file that was judged, where the verification says so

    @property
    def mark(self) -> str:
        return MARKS[self.verdict]

    @property
    def findings(self) -> list[str]:
        """A sentence for every check that did not simply pass, hints last."""
        checks = [check for check in self.checks if check.verdict != "pass" or check.note]
        checks.sort(key=lambda check: check.verdict == "pass")
        return [check.sentence() for check in checks]

    def figure(self, name: str) -> float | None:
        """The figure of the check of this name, e.g. "true peak"; None without one."""
        return next((check.figure for check in self.checks if check.name == name), None)


@dataclass(frozen=True)
class Verdicts:
    """Every verdict by file."""

    state: FileState
    why: str = ""
    files: Mapping[str, FileVerdict] = field(default_factory=dict)
    leftovers: tuple[str, ...] = ()  # wavs without a record
    foreign: tuple[str, ...] = ()  # files among the takes that are not ours

    def of(self, file: str, sha256: str = "") -> FileVerdict | None:
        """The verdict on a file, unless the file has changed since it was judged."""
        verdict = self.files.get(file)
        changed = verdict and sha256 and verdict.sha256 and verdict.sha256 != sha256
        return None if changed else verdict


@dataclass(frozen=True)
class FindingRow:
    """The row of comparison_results.md in which a figure of a finding stands."""

    segment: int
    model: str
    take: str
    metric: str
    anchor: str

    def __post_init__(self) -> None:
        if not ANCHOR.fullmatch(self.anchor):
            raise ValueError(f"no row is called {self.anchor!r}")


@dataclass(frozen=True)
class Finding:
    """A sentence, and the rows that it was made from."""

    kind: Literal["strength", "weakness", "surprise", "undecided"]
    text: str
    evidence: tuple[FindingRow, ...]


@dataclass(frozen=True)
class ComparedModel:
    """A model of the overview."""

    name: str
    title: str


@dataclass(frozen=True)
class Cell:
    """One model in one question: 0 is other music, 1 the baseline itself."""

    scaled: float | None
    low: float | None = None  # of the interval
    high: float | None = None


@dataclass(frozen=True)
class Answer:
    """A take that the overview was made from."""

    take: str


@dataclass(frozen=True)
class Overview:
    """All models and questions, over all segments with a baseline."""

    models: tuple[ComparedModel, ...]
    questions: tuple[str, ...]
    cells: Mapping[str, Mapping[str, Cell]]  # by model, then by question
    answers: tuple[Answer, ...]
    metrics: Mapping[str, str] = field(default_factory=dict)  # by question, the one that answers it

    def __post_init__(self) -> None:
        for model in self.models:
            if missing := set(self.questions) - set(self.cells[model.name]):
                raise ValueError(f"{model.name} has no {sorted(missing)}")

    @property
    def columns(self) -> list[str]:
        """The questions, each with the metric that answers it where that has another name."""
        names = [(question, self.metrics.get(question, question)) for question in self.questions]
        return [name if name == metric else f"{name} ({metric})" for name, metric in names]


@dataclass(frozen=True)
class Measured:
    """Measurements of a recording by itself."""

    lufs: float | None = None
    tempo_bpm: float | None = None  # 0 or None where it cannot be told
    key: str | None = None


@dataclass(frozen=True)
class Score:
    """One metric of a take: 0 is other music, 1 the baseline itself."""

    name: str
    question: str
    verdict: str = ""
    scaled: float | None = None
    scaled_interval: tuple[float | None, float | None] | None = None


@dataclass(frozen=True)
class ComparedTake:
    """One take in the comparison."""

    name: str
    sha256: str = ""  # of the file that was compared
    against: str | None = None  # baseline, the control's name
    measured: Measured | None = None
    measurements: tuple[Score, ...] = ()

    @property
    def overall(self) -> Score | None:
        """How close it comes to the baseline, of all that was measured together."""
        if self.against != "baseline":
            return None
        return next((score for score in self.measurements if score.question == OVERALL), None)


@dataclass(frozen=True)
class BaselineKey:
    """The file, or the stretch of it, that the takes of a segment were compared with."""

    sha256: str = ""  # "" without a file
    start: float | None = None  # s
    end: float | None = None


@dataclass(frozen=True)
class ComparedBaseline:
    """A segment's baseline in the comparison."""

    state: str  # ready, absent, unnamed, unreadable
    why: str | None = None
    sha256: str | None = None
    start: float | None = None  # s
    end: float | None = None
    measured: Measured | None = None

    @property
    def key(self) -> BaselineKey:
        return BaselineKey(self.sha256, self.start, self.end) if self.sha256 else BaselineKey()


@dataclass(frozen=True)
class SkippedTake:
    """A take that was not compared."""

    take: str
    why: str


@dataclass(frozen=True)
class Unusable:
    """A model of which no take of a segment is of any use."""

    model: str
    why: str  # after "it"


@dataclass(frozen=True)
class ComparedSegment:
    """One segment of the comparison."""

    number: int
    baseline: ComparedBaseline
    takes: tuple[ComparedTake, ...]
    skipped: tuple[SkippedTake, ...] = ()
    unusable: tuple[Unusable, ...] = ()

    def take(self, name: str) -> ComparedTake | None:
        return next((take for take in self.takes if take.name == name), None)

    def current(self, files: Mapping[str, str], baseline: BaselineKey) -> "ComparedSegment":
        """Without the takes whose file, or whose baseline, is another now."""
        if baseline != self.baseline.key:
            return replace(self, takes=())
        same = [take for take in self.takes if files.get(take.name, take.sha256) == take.sha256]
        return replace(self, takes=tuple(same))


@dataclass(frozen=True)
class Comparison:
    """The comparison by segment, and what it says over all of them."""

    state: FileState
    why: str = ""
    segments: Mapping[int, ComparedSegment] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    overview: Overview | None = None
    summary: tuple[str, ...] = ()  # three sentences on all of it
    outdated: bool = False  # files behind findings or overview are others now

    def take(self, segment: int, name: str) -> ComparedTake | None:
        compared = self.segments.get(segment)
        return compared.take(name) if compared else None

    def judges(self, segment: int, name: str) -> bool:
        """True if it has a take's figures against the baseline, or says why there are none."""
        compared, take = self.segments.get(segment), self.take(segment, name)
        if take:
            return take.against == "baseline"
        return bool(compared and any(skipped.take == name for skipped in compared.skipped))

    def current(
        self, files: Mapping[str, str], baselines: Mapping[int, BaselineKey]
    ) -> "Comparison":
        """Without what rests on files that are others now (sha256 by take, keys by segment)."""
        segments = {
            number: segment.current(files, baselines.get(number, BaselineKey()))
            for number, segment in self.segments.items()
        }
        takes = {take.name for segment in segments.values() for take in segment.takes}
        same = takes & files.keys()
        findings = tuple(f for f in self.findings if {row.take for row in f.evidence} <= same)
        answers = self.overview.answers if self.overview else ()
        overview = self.overview if {answer.take for answer in answers} <= same else None
        outdated = (findings, overview) != (self.findings, self.overview)
        return replace(
            self,
            segments=segments,
            findings=findings,
            overview=overview,
            summary=() if outdated else self.summary,
            outdated=outdated,
        )


F = TypeVar("F", Verdicts, Comparison)


def read_verdicts(path: Path, song: str) -> Verdicts:
    """Read verification.json. What is wrong with it is a state, not an error."""
    return _read(Verdicts, path, song, _parse_verdicts)


def read_comparison(path: Path, song: str) -> Comparison:
    """Read comparison_results.json. What is wrong with it is a state, not an error."""
    return _read(Comparison, path, song, _parse_comparison)


def _read(kind: type[F], path: Path, song: str, parse: Callable[[Any], F]) -> F:
    def parse_own(value: Any) -> F:
        if not isinstance(value, dict):
            raise TypeError("not a JSON object")
        other = str(value.get("song", song))
        return parse(value) if other == song else kind("other song", other)

    try:
        return read_json(path, parse_own)
    except JsonFileError as error:
        return kind("absent") if error.is_absent else kind("unreadable", str(error))


def _parse_verdicts(value: Any) -> Verdicts:
    files = [from_dict(FileVerdict, entry, strict=False) for entry in value["files"]]
    lists = (value.get(key, ()) for key in ("wavs_without_record", "foreign_files"))
    leftovers, foreign = (tuple(map(str, names)) for names in lists)
    return Verdicts("ready", "", {verdict.file: verdict for verdict in files}, leftovers, foreign)


def _parse_comparison(value: Any) -> Comparison:
    if value.get("format") != FORMAT:
        return Comparison("unreadable", f"format {value.get('format')}, this reads {FORMAT}")
    segments = [from_dict(ComparedSegment, entry, strict=False) for entry in value["segments"]]
    findings = [from_dict(Finding, entry, strict=False) for entry in value.get("findings", ())]
    across = value.get("across") or {}
    overview = from_dict(Overview, across, strict=False) if across.get("models") else None
    by_number = {segment.number: segment for segment in segments}
    summary = tuple(map(str, value.get("summary", ())))
    return Comparison("ready", "", by_number, tuple(findings), overview, summary)
