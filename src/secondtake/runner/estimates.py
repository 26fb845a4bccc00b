"""How much memory a checkpoint will take, beside how much there is, before anything is loaded.

Which other checkpoint of a model suits this machine better. Suggested, never chosen.

How long takes took on this machine, from the records of those that were made here.

Nothing is estimated from another machine: where no take was made yet, nothing is known.
"""

import platform
from collections.abc import Iterator
from dataclasses import dataclass

from secondtake.core.environ import LOW_MEMORY
from secondtake.core.errors import UserError
from secondtake.core.progress import number
from secondtake.core.project import Project
from secondtake.core.registry.spec import Checkpoint, Model
from secondtake.core.takes import Take, read_record, work_seconds
from secondtake.runner import machine
from secondtake.runner.display import size
from secondtake.runner.progress_pages.markdown import many


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


MANY_TIMES = 2  # as many steps, or more: worth a word where no accelerator takes them


@dataclass(frozen=True)
class Room:
    """What a model may use here."""

    memory: int  # bytes that are available
    cores: int
    devices: frozenset[str]  # beside the processor: cuda, mps


def room_here() -> Room:
    """As it is now."""
    devices = frozenset(machine.accelerators())
    return Room(machine.available_memory_bytes(), machine.cores(), devices)


def suggestion(
    model: Model, checkpoint: Checkpoint, room: Room, *, low: bool, no_room_for: frozenset[str]
) -> str:
    """What suits this machine better than `checkpoint`; "" if nothing does.

    low: models keep one of their stages in memory at a time. no_room_for: names of checkpoints
    that the disk has no room for.
    """
    fitting = [
        other
        for other in model.checkpoints
        if other.needed_memory(low=low) <= room.memory and other.name not in no_room_for
    ]
    if checkpoint in fitting:
        return _quicker(model, checkpoint, fitting, room)
    others = [other for other in fitting if other is not checkpoint]
    if not others:
        return ""
    best = max(others, key=lambda other: other.needed_memory(low=low))
    way = _how(model, checkpoint, best)
    return f"{_short_of(checkpoint, room, low)}; {best.title} would fit{way}"


def _short_of(checkpoint: Checkpoint, room: Room, low: bool) -> str:
    needed = checkpoint.needed_memory(low=low)
    if needed <= room.memory:
        return f"the disk has no room for {checkpoint.title}"
    there = f"{size(room.memory)} are available"
    return f"{checkpoint.title} needs {size(needed)} of memory, {there}"


def _quicker(model: Model, checkpoint: Checkpoint, fitting: list[Checkpoint], room: Room) -> str:
    """Where only the processor computes, a checkpoint of far fewer steps is worth knowing."""
    if room.devices & set(model.devices):
        return ""
    steps = {other.name: _steps(model, other) for other in fitting}
    enough = checkpoint.longest_seconds
    fewest = min(fitting, key=lambda o: (steps[o.name], -min(enough, o.longest_seconds)))
    if steps[checkpoint.name] < MANY_TIMES * max(1, steps[fewest.name]):
        return ""
    cores = f"{room.cores} core{'' if room.cores == 1 else 's'}"
    return (
        f"with {cores} and no other device, {fewest.title} has less to do: {steps[fewest.name]} "
        f"steps a take instead of {steps[checkpoint.name]}{_how(model, checkpoint, fewest)}"
    )


def _steps(model: Model, checkpoint: Checkpoint) -> int:
    """Passes through the network for a take; 0 where they are no setting of the model's."""
    return int(model.settings(checkpoint, {}).get("steps") or 0)


def _how(model: Model, instead_of: Checkpoint, other: Checkpoint) -> str:
    """What it cannot do, and what to type for it."""
    longest = f"{other.longest_seconds:g} s"
    shorter = other.longest_seconds < instead_of.longest_seconds
    limit = f" (takes of at most {longest})" if shorter else ""
    return f"{limit}: --checkpoint {model.name}={other.name}"


@dataclass(frozen=True)
class Experience:
    """What the takes of one checkpoint cost on one device."""

    device: str
    takes: int
    work: float  # seconds of work for a second of sound, without loading
    load_seconds: float  # the longest that loading took

    def __str__(self) -> str:
        made = f"{many(self.takes, 'take')} made here on {self.device}"
        return f"{number(self.work)} s of work for a second of sound, going by {made}"


def experiences(project: Project) -> dict[tuple[str, str], Experience]:
    """By model and checkpoint, on the device that was last used. Reads records, no wavs."""
    together: dict[tuple[str, str], list[Take]] = {}
    for take in _takes_made_here(project):
        together.setdefault((take.job.model, take.job.checkpoint), []).append(take)
    return {key: _experience(takes) for key, takes in together.items()}


def _experience(takes: list[Take]) -> Experience:
    device = max(takes, key=lambda take: take.made.started).made.device
    alike = [take for take in takes if take.made.device == device]
    sound = sum(take.wav.seconds for take in alike)
    load = max(take.made.load_seconds for take in alike)
    return Experience(device, len(alike), work_seconds(alike) / sound, load)


def _takes_made_here(project: Project) -> Iterator[Take]:
    """Of all songs. A damaged record teaches nothing; the study says so where it matters."""
    here = f"{platform.system()} {platform.machine()}"
    for path in sorted(project.results.glob("**/local_models/*.json")):
        try:
            take = read_record(path)
        except UserError:
            continue
        if take.made.platform == here and take.wav.frames:
            yield take
