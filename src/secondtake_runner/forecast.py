"""How much memory a checkpoint will take, beside how much there is, before anything is loaded."""

from dataclasses import dataclass

from secondtake.model import Checkpoint, Model
from secondtake.switches import LOW_MEMORY
from secondtake_runner.display import size


@dataclass(frozen=True)
class Forecast:
    """One checkpoint's need on the CPU, and what this machine has available now (bytes)."""

    title: str
    needed: int
    available: int
    hint: str  # what helps; "" if it fits

    def __str__(self) -> str:
        there = f"{size(self.available)} are available"
        return f"{self.title} needs about {size(self.needed)} of memory, {there}"


def forecast(model: Model, checkpoint: Checkpoint, available: int, *, low: bool) -> Forecast:
    """What to expect of a checkpoint. low: it keeps one of its stages in memory at a time."""
    needed = checkpoint.needed_memory(low=low)
    hint = _advice(model, checkpoint, available, low) if needed > available else ""
    return Forecast(checkpoint.title, needed, available, hint)


def _advice(model: Model, checkpoint: Checkpoint, available: int, low: bool) -> str:
    """What helps where memory is short, the mildest first."""
    needed = checkpoint.needed_memory(low=low)
    smaller = [other for other in model.checkpoints if other.needed_memory(low=low) < needed]
    # Those that fit as things are; where none does, those that may once there is a little more.
    fitting = [other for other in smaller if other.needed_memory(low=low) <= available] or smaller
    ways = ["close other programs"]
    for other in fitting:
        less = size(other.needed_memory(low=low))
        ways.append(f"take --checkpoint {model.name}={other.name} (about {less})")
    if (lower := checkpoint.needed_memory(low=True)) < needed:
        ways.append(f"set {LOW_MEMORY}=1 (about {size(lower)}, slower)")
    return f"{', '.join(ways)}, or set SECONDTAKE_IGNORE_MEMORY=1"
