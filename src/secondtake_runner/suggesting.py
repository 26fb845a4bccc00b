"""Which other checkpoint of a model suits this machine better. Suggested, never chosen."""

from dataclasses import dataclass

from secondtake.model import Checkpoint, Model
from secondtake_runner import machine
from secondtake_runner.display import size

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
