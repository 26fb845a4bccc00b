"""A number with everything that gives it a meaning beside it."""

from dataclasses import dataclass

Interval = tuple[float, float]


@dataclass(frozen=True)
class Measurement:
    """One metric of an estimate against a reference. None where there is no honest number."""

    name: str
    question: str  # level, timbre, spectrum, rhythm, harmony, voice, lyrics, artefacts, overall
    value: float | None
    unit: str
    floor: float | None = None  # what other music scores against the same reference (median)
    ceiling: float | None = None  # what the reference scores against other parts of itself
    interval: Interval | None = None  # of the value; 95 %, bootstrap over windows
    percentile: float | None = None  # 0 to 100: share of other music that is less close
    scaled: float | None = None  # 0 is the floor, 1 the ceiling
    scaled_interval: Interval | None = None  # the interval on that scale, low end first
    verdict: str = "unknown"  # one of VERDICTS
    closer_is: str = ""  # higher, lower, zero; empty where nearer is not better
    mark: float | None = None  # what the sketch of the same segment scores
    mark_scaled: float | None = None
    note: str = ""

    @property
    def against_mark(self) -> str:
        """Whether the whole interval lies on one side of the sketch: ahead, behind, level, ""."""
        if self.mark_scaled is None or self.scaled_interval is None:
            return ""
        low, high = self.scaled_interval
        return (
            "ahead" if low > self.mark_scaled else "behind" if high < self.mark_scaled else "level"
        )


VERDICTS = {
    "unknown": "there is no honest number",
    "no scale": "the original is hardly closer to itself than other music is: no scale here",
    "as itself": "the interval reaches what the original scores against itself",
    "closer": "beyond doubt closer than most other music (90 of 100 pieces)",
    "between": "somewhere between other music and the original",
    "as other music": "not to be told from other music",
    "further": "beyond doubt further away than other music usually is",
}
