"""A number with everything that gives it a meaning beside it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One metric of one estimate against one reference. None where there is no honest number."""

    name: str
    value: float | None
    unit: str
    floor: float | None = None  # what pink noise scores against the same reference
    mark: float | None = None  # what the sketch of the same segment scores
    ceiling: float | None = None  # what the reference scores against other parts of itself
    interval: tuple[float, float] | None = None  # 95 %, bootstrap over windows
    scaled: float | None = None  # 0 is the floor, 1 the ceiling
    closer_is: str = ""  # higher, lower; empty where nearer is not better
    note: str = ""

    @property
    def against_mark(self) -> str:
        """Whether the whole interval lies on one side of the sketch: ahead, behind, level, ""."""
        if self.mark is None or self.interval is None or not self.closer_is:
            return ""
        low, high = self.interval
        above, below = ("ahead", "behind") if self.closer_is == "higher" else ("behind", "ahead")
        return above if low > self.mark else below if high < self.mark else "level"
