"""What judges say of a song's takes, as comparison_results.json has it: scale by scale."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from secondtake.core.serialization import from_dict

Span = tuple[float, float]


@dataclass(frozen=True)
class JudgedRow:
    """A take on a scale, in the scale's unit."""

    segment: int
    model: str
    model_title: str
    take: str
    chosen: bool  # of several takes of a model, the one that counts
    verdict: str
    value: float | None = None
    interval: Span | None = None  # 95 %
    floor: float | None = None  # what the scale's `others` score
    ceiling: float | None = None  # what the baseline scores
    note: str = ""


@dataclass(frozen=True)
class JudgedScale:
    """One scale of a judge, with its rows."""

    name: str
    unit: str
    closer_is: str  # "" for one that is no score
    others: str  # what the floor is made of
    about: str  # a sentence
    rows: tuple[JudgedRow, ...]
    says: Mapping[str, str] = field(default_factory=dict)  # by verdict, its words

    @property
    def chosen(self) -> list[JudgedRow]:
        return [row for row in self.rows if row.chosen]

    def row(self, take: str) -> JudgedRow | None:
        """What is said of a take; None if nothing is."""
        return next((row for row in self.rows if row.take == take), None)


@dataclass(frozen=True)
class Judge:
    """A judge that has heard some take of the song."""

    name: str
    title: str
    checkpoint: str
    scales: tuple[JudgedScale, ...]


def parse_judges(across: Mapping[str, Any], is_current: Callable[[str], bool]) -> tuple[Judge, ...]:
    """The judges of a comparison, without the rows of takes that are others now; () in a
    comparison that is older than judges."""
    judges = [from_dict(Judge, entry, strict=False) for entry in across.get("judges", ())]
    return tuple(
        replace(judge, scales=tuple(_current(scale, is_current) for scale in judge.scales))
        for judge in judges
    )


def _current(scale: JudgedScale, is_current: Callable[[str], bool]) -> JudgedScale:
    return replace(scale, rows=tuple(row for row in scale.rows if is_current(row.take)))


def every_scale(judges: tuple[Judge, ...]) -> Iterator[tuple[Judge, JudgedScale]]:
    """Every scale on which something is said, with its judge."""
    return ((judge, scale) for judge in judges for scale in judge.scales if scale.rows)
