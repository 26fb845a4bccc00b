"""What comparison_results.json says beside the findings: what can be told, and how fairly.

Whether the tempo and the key of a recording can be told at all, in which segments the ceiling is
not fair, and that takes are too short for any answer. A file that cannot be read tells nothing
here; `survey` has its state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from secondtake.core.serialization import JsonFileError, from_dict, read_json
from secondtake.runner.progress_pages.results import Score
from secondtake.runner.progress_pages.survey import SongStatus

UNDECIDABLE = "undecidable"  # of tempo and key
OPEN = ("unknown", "no floor", "no scale", "undecided")  # verdicts that decide nothing
SHORT_CEILING = "the baseline is too short for a fair ceiling"  # begins a metric's note
LEAST_FIT, LEAST_MARGIN = 0.7, 0.05  # of a key, and over the second best: below, none can be told
MOST_NUMBERS = 6  # of segments that a sentence lists
LEAST_SECONDS = 5.0  # shorter sound has too few windows of 3 s, and no tempo


@dataclass(frozen=True)
class TempoAndKey:
    """How a take keeps the tempo and the key that were asked for, each maybe UNDECIDABLE."""

    take: str
    tempo: str
    key: str


@dataclass(frozen=True)
class KeyEvidence:
    """How certainly a recording is in the key that was measured."""

    key_fit: float | None = None  # correlation with the key's profile
    key_margin: float | None = None  # over the second best key

    @property
    def is_clear(self) -> bool:
        """False if the key cannot be told."""
        fits = self.key_fit is None or self.key_fit >= LEAST_FIT
        return fits and (self.key_margin is None or self.key_margin >= LEAST_MARGIN)


@dataclass(frozen=True)
class ComparisonDetails:
    """What the comparison says of files that are there and unchanged."""

    kept: Mapping[str, TempoAndKey] = field(default_factory=dict)  # by take
    unclear_baselines: frozenset[int] = frozenset()  # segments whose baseline's key is untold
    short_ceilings: tuple[int, ...] = ()  # segments whose overall score has no fair ceiling
    judges: tuple[str, ...] = ()  # titles of those that have heard some take

    def has_tempo(self, take: str) -> bool:
        """False if the tempo of a take cannot be told."""
        return take not in self.kept or self.kept[take].tempo != UNDECIDABLE

    def has_key(self, take: str) -> bool:
        """False if the key of a take cannot be told."""
        return take not in self.kept or self.kept[take].key != UNDECIDABLE


def read_details(status: SongStatus) -> ComparisonDetails:
    """The details of this status' comparison."""
    if status.comparison.state != "ready":
        return ComparisonDetails()
    path = status.folder / "analysis" / "comparison_results.json"
    try:
        return read_json(path, lambda value: _parse(value, status))
    except JsonFileError:
        return ComparisonDetails()


def _parse(value: Any, status: SongStatus) -> ComparisonDetails:
    across = value.get("across") or {}
    kept = (across.get("adherence") or {}).get("takes", ())
    outcomes = [from_dict(TempoAndKey, entry, strict=False) for entry in kept]
    parts = value["segments"]
    return ComparisonDetails(
        {outcome.take: outcome for outcome in outcomes},
        frozenset(part["number"] for part in parts if not _baseline_key(part).is_clear),
        tuple(part["number"] for part in parts if _has_short_ceiling(part, status)),
        tuple(str(judge["title"]) for judge in across.get("judges", ())),
    )


def _baseline_key(part: Any) -> KeyEvidence:
    return from_dict(KeyEvidence, part["baseline"].get("measured") or {}, strict=False)


def _has_short_ceiling(part: Any, status: SongStatus) -> bool:
    """True if some take's overall score, that the pages show, has no fair ceiling."""
    for take in part["takes"]:
        compared = status.comparison.take(part["number"], take["name"])
        score = compared.overall if compared else None
        if score is None or is_open(score):
            continue
        notes = (m.get("note", "") for m in take["measurements"] if m["name"] == score.name)
        if any(SHORT_CEILING in note for note in notes):
            return True
    return False


def is_open(score: Score) -> bool:
    """True if a score decides nothing."""
    return score.scaled is None or score.verdict in OPEN


def ceiling_caveat(numbers: Sequence[int], segments: int) -> str:
    """A sentence on the segments without a fair ceiling, of so many; "" where there are none."""
    if not numbers:
        return ""
    count = len(numbers)
    *others, last = map(str, numbers)
    where = f"segments {', '.join(others)} and {last}" if others else f"segment {last}"
    if count > MOST_NUMBERS or (count == segments and count > 1):
        where = f"all {count} segments" if count == segments else f"{count} of {segments} segments"
    return (
        f"In {where} {SHORT_CEILING}: comparisons with other music stand, but how near a take "
        "comes to 1 is uncertain."
    )


def too_short(status: SongStatus) -> str:
    """A sentence where nothing could be decided because all takes are short; else ""."""
    longest = max((e.playable.wav.seconds for e in status.judged if e.playable), default=0.0)
    compared = (status.comparison.take(e.job.segment, e.name) for e in status.judged)
    scores = [take.overall for take in compared if take and take.overall]
    if not scores or not all(map(is_open, scores)) or longest >= LEAST_SECONDS:
        return ""
    return f"Takes of {longest:.3g} s are too short to judge."
