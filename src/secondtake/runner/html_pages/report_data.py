"""What a report tells beside the PHASE pages' values: figures of takes, examples, tempo and key.

All of it is read from comparison_results.json, as far as that speaks of the files that are there.
A figure whose verdict is in OPEN decides nothing: no example is chosen by it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from secondtake.core.serialization import JsonFileError, from_dict, read_json
from secondtake.runner.html_pages.judged_scales import Judge, JudgedScale, every_scale, parse_judges
from secondtake.runner.progress_pages.best_takes import TakeGroup, take_groups
from secondtake.runner.progress_pages.comparison_details import OPEN, UNDECIDABLE
from secondtake.runner.progress_pages.results import OVERALL, Unusable
from secondtake.runner.progress_pages.survey import JobStatus, SongStatus, group_by

MOST_FULL = 60  # models times segments; beyond, the table of figures keeps to OVERALL

Span = tuple[float, float]


@dataclass(frozen=True)
class Measurement:
    """One metric of one take, between its marks."""

    name: str
    question: str
    verdict: str
    value: float | None = None
    unit: str = ""
    interval: Span | None = None  # 95 %
    floor: float | None = None  # what other music scores
    mark: float | None = None  # what the control scores
    ceiling: float | None = None  # what the baseline scores against itself
    scaled: float | None = None  # 0 is the floor, 1 the ceiling
    scaled_interval: Span | None = None
    percentile: float | None = None  # of other music that is less close
    note: str = ""

    @property
    def is_open(self) -> bool:
        """True if it decides nothing."""
        return self.verdict in OPEN or self.scaled is None


@dataclass(frozen=True)
class MeasuredTake:
    """A take with its figures against the baseline, or against the control where there is none."""

    name: str
    against: str | None = None
    measurements: tuple[Measurement, ...] = ()
    from_baseline: str = ""  # what it owes to the baseline

    def answer(self, metric: str) -> Measurement | None:
        """The figure by a metric, if it was held against the baseline."""
        if self.against != "baseline":
            return None
        return next((entry for entry in self.measurements if entry.name == metric), None)


@dataclass(frozen=True)
class MeasuredSegment:
    """One segment of the comparison."""

    number: int
    takes: tuple[MeasuredTake, ...]
    unusable: tuple[Unusable, ...] = ()


@dataclass(frozen=True)
class Adherence:
    """Tempo and key of one take against what was asked."""

    take: str
    model: str
    tempo: str
    key: str
    repaint: bool = False  # of another take, and not counted


@dataclass(frozen=True)
class Cell:
    """Why a model has no figure in a question, or one from fewer segments."""

    note: str = ""


@dataclass(frozen=True)
class Figures:
    """The comparison's figures on files that are there and unchanged."""

    takes: Mapping[str, MeasuredTake] = field(default_factory=dict)  # by name
    unusable: Mapping[tuple[int, str], str] = field(default_factory=dict)  # by segment and model
    adherence: tuple[Adherence, ...] = ()
    notes: Mapping[str, Mapping[str, Cell]] = field(default_factory=dict)  # by model, question
    overall_metric: str = ""  # that answers OVERALL; "" without a comparison against a baseline
    judges: tuple[Judge, ...] = ()
    why: str = ""  # they could not be read

    @property
    def scales(self) -> dict[str, tuple[Judge, JudgedScale]]:
        """By name, the scales on which a judge says something, with the judge."""
        return {scale.name: (judge, scale) for judge, scale in every_scale(self.judges)}

    def verdict(self, answer: Measurement) -> str:
        """The verdict of a figure; of a judge's scale, in its words."""
        says = self.scales[answer.name][1].says if answer.name in self.scales else {}
        plain = "undecided" if answer.verdict == "unknown" else answer.verdict
        return says.get(answer.verdict, plain)

    def overall(self, name: str) -> Measurement | None:
        """How close a take comes altogether; None if nothing says so."""
        answer = self.takes[name].answer(self.overall_metric) if name in self.takes else None
        return None if answer is None or answer.is_open else answer


@dataclass(frozen=True)
class Example:
    """A take to play, and why it was chosen."""

    take: JobStatus
    why: str
    measurement: Measurement | None  # how close it comes, where that is decided
    unusable: str  # what it is instead of the music that was asked for; "" if nothing is known

    @property
    def segment(self) -> int:
        return self.take.job.segment


@dataclass(frozen=True)
class Kept:
    """How many takes of a model keep what was asked, of those in which it can be told."""

    kept: int
    known: int
    undecidable: int


def read_figures(status: SongStatus) -> Figures:
    """The figures that are about the very files of this status; none where there are none."""
    if status.comparison.state != "ready":
        return Figures()
    path = status.folder / "analysis" / "comparison_results.json"
    try:
        return read_json(path, lambda value: _parse(value, status))
    except JsonFileError as error:
        return Figures(why=str(error))


def _parse(value: Any, status: SongStatus) -> Figures:
    parts = [from_dict(MeasuredSegment, entry, strict=False) for entry in value["segments"]]
    is_current = status.comparison.take
    takes = {take.name: take for p in parts for take in p.takes if is_current(p.number, take.name)}
    across = value.get("across") or {}
    kept = (across.get("adherence") or {}).get("takes", ())
    adherence = [from_dict(Adherence, entry, strict=False) for entry in kept]
    overview = status.comparison.overview
    cells = across.get("cells", {}) if overview else {}
    return Figures(
        takes=takes,
        unusable={(p.number, lack.model): lack.why for p in parts for lack in p.unusable},
        adherence=tuple(entry for entry in adherence if entry.take in takes),
        notes={
            model: {name: from_dict(Cell, cell, strict=False) for name, cell in row.items()}
            for model, row in cells.items()
        },
        overall_metric=overview.metrics.get(OVERALL, OVERALL) if overview else "",
        judges=parse_judges(across, takes.__contains__),
    )


def choose_examples(status: SongStatus, figures: Figures) -> list[Example]:
    """At most two takes of each model, the closest and the furthest, in order of importance.

    All closest come before all furthest; then what was made from the baseline, by a name of its
    own; the control comes last, and has two only where nothing else was made.
    """
    makers = group_by(status.judged, lambda entry: entry.maker)
    groups = {group.first.name: group for group in take_groups(status, status.jobs)}
    by_model = [
        _examples(status, figures, takes, groups)
        for takes in sorted(makers.values(), key=_importance)
    ]
    closest = [examples[0] for examples in by_model]
    furthest = [examples[1] for examples in by_model if len(examples) > 1]
    alone = all(example.take.model.is_control for example in closest)
    return closest + [example for example in furthest if alone or not example.take.model.is_control]


def _importance(takes: Sequence[JobStatus]) -> tuple[bool, bool]:
    return takes[0].model.is_control, bool(takes[0].baseline_mark)


def _examples(
    status: SongStatus, figures: Figures, takes: list[JobStatus], groups: Mapping[str, TakeGroup]
) -> list[Example]:
    """One model's closest take, and its furthest; or one, where nothing orders them."""

    def example(take: JobStatus, why: str) -> Example:
        lack = figures.unusable.get((take.job.segment, take.maker), "")
        return Example(take, why, figures.overall(take.name), lack)

    answers = {take.name: answer for take in takes if (answer := figures.overall(take.name))}
    if not answers:
        first = next((take for take in takes if take.name in groups), takes[0])
        return [example(first, _reason_without_figures(groups.get(first.name), len(takes)))]
    measured = sorted(
        (take for take in takes if take.name in answers),
        key=lambda take: answers[take.name].scaled or 0.0,
    )
    furthest, closest = measured[0], measured[-1]
    if closest is furthest:
        only = "its only take" if len(takes) == 1 else "the only take with a decided figure"
        return [example(closest, only)]
    is_sure = _lies_above(answers[closest.name], answers[furthest.name])
    doubt = "" if is_sure else " (the intervals overlap, so the order is not certain)"
    return [
        example(closest, f"its closest take{doubt}"),
        example(furthest, f"its furthest take{doubt}"),
    ]


def _reason_without_figures(group: TakeGroup | None, takes: int) -> str:
    if takes == 1:
        return "its only take; nothing says how close it comes"
    if group and group.ranking and group.several:
        return "chosen by the ranking; nothing says how close it comes"
    return "the first of its takes; nothing says which is closest"


def _lies_above(upper: Measurement, lower: Measurement) -> bool:
    """True if the whole interval of one lies above that of the other."""
    if upper.scaled_interval is None or lower.scaled_interval is None:
        return False
    return upper.scaled_interval[0] > lower.scaled_interval[1]


def kept_by_model(adherence: Iterable[Adherence]) -> dict[str, tuple[Kept, Kept]]:
    """Tempo and key by model, without repaints."""
    own = (entry for entry in adherence if not entry.repaint)
    return {
        model: (_kept([e.tempo for e in entries], "kept"), _kept([e.key for e in entries], "same"))
        for model, entries in group_by(own, lambda entry: entry.model).items()
    }


def _kept(outcomes: list[str], wanted: str) -> Kept:
    known = [outcome for outcome in outcomes if outcome != UNDECIDABLE]
    return Kept(known.count(wanted), len(known), len(outcomes) - len(known))
