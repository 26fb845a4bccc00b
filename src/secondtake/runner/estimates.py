"""Estimates before anything is loaded: memory, time, and a checkpoint that fits better.

Memory is the registry's figure beside what this machine has available. Time comes from the records
of takes made on this machine; without any, there is no estimate. Another checkpoint is suggested,
never chosen.
"""

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.core.environ import LOW_MEMORY
from secondtake.core.errors import UserError
from secondtake.core.formatting import format_bytes, format_rate, plural
from secondtake.core.project import Project
from secondtake.core.registry.spec import BaseSpec, Checkpoint
from secondtake.core.takes import Take, read_record, work_seconds
from secondtake.runner import machine
from secondtake.runner.graphics_cards import GraphicsMemory, graphics_memories

MANY_TIMES = 2  # as many steps, or more: worth a word where no accelerator takes them


@dataclass(frozen=True)
class MemoryEstimate:
    """A checkpoint's need on the CPU, and what this machine has available now (bytes)."""

    title: str
    needed: int
    available: int
    hint: str  # what helps; "" if it fits

    def __str__(self) -> str:
        available = f"{format_bytes(self.available)} are available"
        return f"{self.title} needs about {format_bytes(self.needed)} of memory, {available}"


def estimate_memory(
    model: BaseSpec, checkpoint: Checkpoint, available: int, *, low: bool
) -> MemoryEstimate:
    """The memory that a checkpoint needs. low: it keeps one of its stages in memory at a time."""
    needed = checkpoint.needed_memory(low=low)
    ways = ["close other programs"]
    for option in memory_advice(model, checkpoint, low=low, available=available):
        verb, slower = ("set", ", slower") if option.slower else ("take", "")
        ways.append(f"{verb} {option.setting} (about {format_bytes(option.bytes)}{slower})")
    hint = f"{', '.join(ways)}, or set SECONDTAKE_IGNORE_MEMORY=1" if needed > available else ""
    return MemoryEstimate(model.title_of(checkpoint), needed, available, hint)


@dataclass(frozen=True)
class MemoryOption:
    """A way to need less memory: what to type or set, and the bytes that are needed then."""

    setting: str  # --checkpoint bark=small, or a variable as in .env
    bytes: int
    slower: bool = False


def memory_advice(
    model: BaseSpec, checkpoint: Checkpoint, *, low: bool = False, available: int = 0
) -> list[MemoryOption]:
    """The ways to need less memory than a checkpoint does, the mildest first.

    The smaller checkpoints that fit into `available` bytes are named; where none does, all of
    them, since one may fit once other programs are closed. low: models keep one of their stages
    in memory at a time already.
    """
    needed = checkpoint.needed_memory(low=low)
    smaller = [
        MemoryOption(f"--checkpoint {model.name}={other.name}", other.needed_memory(low=low))
        for other in model.checkpoints
        if other.needed_memory(low=low) < needed
    ]
    options = [option for option in smaller if option.bytes <= available] or smaller
    if (lower := checkpoint.needed_memory(low=True)) < needed:
        options = [*options, MemoryOption(f"{LOW_MEMORY}=1", lower, slower=True)]
    return options


@dataclass(frozen=True)
class GraphicsEstimate:
    """A checkpoint's need of graphics memory, for one take, beside what there is (bytes)."""

    needed: int | None  # None: it runs on no such device
    memory: GraphicsMemory | None  # of this machine, if the model runs there
    hint: str = ""  # what will happen, and what helps; "" if it fits, or nobody knows

    @property
    def text(self) -> str:
        """The need, for a table."""
        nothing = "unknown" if self.memory else "none"
        return format_bytes(self.needed) if self.needed else nothing

    @property
    def warnings(self) -> list[str]:
        """A sentence if it does not fit."""
        if not (self.hint and self.memory and self.memory.free is not None):
            return []
        need = f"a take needs about {self.text} of graphics memory"
        return [f"{need}, {format_bytes(self.memory.free)} are free: {self.hint}"]

    def to_json(self) -> dict[str, object]:
        """null: unknown, or it runs on no such device."""
        free = self.memory.free if self.memory else None
        return {
            "graphics_bytes": self.needed,
            "graphics_free_bytes": free,
            "graphics_hint": self.hint,
        }


def estimate_graphics(
    model: BaseSpec, checkpoint: Checkpoint, settings: Sequence[Mapping[str, Any]]
) -> GraphicsEstimate:
    """The need of takes of these settings, or of a usual one, beside what is free now."""
    modes = {each.get("mode") for each in settings or [model.settings(checkpoint, {})]}
    mode = "fast" if modes == {"fast"} else "exact"
    needed = checkpoint.needed_graphics(mode)
    memory = next((m for m in graphics_memories() if m.device in model.devices), None)
    if memory is None or memory.free is None or needed is None or needed <= memory.free:
        return GraphicsEstimate(needed, memory)
    outcome, ways = "it will run on the processor, slower", ["close what else uses it"]
    if 0 < checkpoint.graphics_fast_bytes <= memory.free:  # it is loaded there, for mode fast
        fast = format_bytes(checkpoint.graphics_fast_bytes)
        outcome = "mode exact will end without memory"
        ways += ["use --device cpu", f"use --mode fast (about {fast})"]
    smaller = [(other.needed_graphics(mode) or 0, other.name) for other in model.checkpoints]
    if fitting := [each for each in smaller if 0 < each[0] <= memory.free]:
        count, name = max(fitting)
        ways.append(f"take --checkpoint {model.name}={name} (about {format_bytes(count)})")
    hint = f"{outcome}; to avoid that, {' or '.join(ways)}"
    return GraphicsEstimate(needed, memory, hint)


@dataclass(frozen=True)
class MachineResources:
    """The memory, cores and devices that a model may use on this machine."""

    memory: int  # bytes that are available
    cores: int
    devices: frozenset[str]  # beside the processor: cuda, mps


def machine_resources() -> MachineResources:
    """The resources that are available now."""
    devices = frozenset(machine.accelerators())
    return MachineResources(machine.available_memory_bytes(), machine.cores(), devices)


def suggest_checkpoint(
    model: BaseSpec,
    checkpoint: Checkpoint,
    room: MachineResources,
    *,
    low: bool,
    no_room_for: frozenset[str],
) -> str:
    """A sentence that names a checkpoint better suited to this machine; "" if there is none.

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
    if not fitting:
        return ""
    best = max(fitting, key=lambda other: other.needed_memory(low=low))
    needed = checkpoint.needed_memory(low=low)
    lack = f"the disk has no room for {checkpoint.title}"
    if needed > room.memory:
        available = f"{format_bytes(room.memory)} are available"
        lack = f"{checkpoint.title} needs {format_bytes(needed)} of memory, {available}"
    return f"{lack}; {best.title} would fit{_option(model, checkpoint, best)}"


def _quicker(
    model: BaseSpec, checkpoint: Checkpoint, fitting: list[Checkpoint], room: MachineResources
) -> str:
    """A checkpoint of far fewer steps, suggested where only the processor computes."""
    if room.devices & set(model.devices):
        return ""
    steps = {other.name: _steps(model, other) for other in fitting}
    enough = checkpoint.longest_seconds
    fewest = min(fitting, key=lambda o: (steps[o.name], -min(enough, o.longest_seconds)))
    if steps[checkpoint.name] < MANY_TIMES * max(1, steps[fewest.name]):
        return ""
    return (
        f"with {plural(room.cores, 'core')} and no other device, {fewest.title} has less to do: "
        f"{steps[fewest.name]} steps a take instead of {steps[checkpoint.name]}"
        f"{_option(model, checkpoint, fewest)}"
    )


def _steps(model: BaseSpec, checkpoint: Checkpoint) -> int:
    """Passes through the network for a take; 0 where they are no setting of the model's."""
    return int(model.settings(checkpoint, {}).get("steps") or 0)


def _option(model: BaseSpec, instead_of: Checkpoint, other: Checkpoint) -> str:
    """The limit of another checkpoint, and what to type for it."""
    shorter = other.longest_seconds < instead_of.longest_seconds
    limit = f" (takes of at most {other.longest})" if shorter else ""
    return f"{limit}: --checkpoint {model.name}={other.name}"


@dataclass(frozen=True)
class TimingHistory:
    """The cost of a checkpoint's takes on one device."""

    device: str
    takes: int
    work: float  # seconds of work for a second of sound, without loading
    load_seconds: float  # the longest that loading took

    @property
    def source(self) -> str:
        return f"{plural(self.takes, 'take')} made here on {self.device}"

    def __str__(self) -> str:
        return f"{format_rate(self.work)} s of work for a second of sound, going by {self.source}"


def timing_histories(project: Project) -> dict[tuple[str, str], TimingHistory]:
    """By model and checkpoint, on the device that was last used. Reads records, no wavs."""
    groups: dict[tuple[str, str], list[Take]] = {}
    for take in _takes_made_here(project):
        groups.setdefault((take.job.model, take.job.checkpoint), []).append(take)
    return {key: _timing_history(takes) for key, takes in groups.items()}


def _timing_history(takes: list[Take]) -> TimingHistory:
    device = max(takes, key=lambda take: take.made.started).made.device
    alike = [take for take in takes if take.made.device == device]
    sound = sum(take.wav.seconds for take in alike)
    load = max(take.made.load_seconds for take in alike)
    return TimingHistory(device, len(alike), work_seconds(alike) / sound, load)


def _takes_made_here(project: Project) -> Iterator[Take]:
    """The takes of all songs. Damaged records are left out; the study reports them."""
    this_platform = f"{platform.system()} {platform.machine()}"
    for path in sorted(project.results.glob("**/local_models/*.json")):
        try:
            take = read_record(path)
        except UserError:
            continue
        if take.made.platform == this_platform and take.wav.frames:
            yield take
