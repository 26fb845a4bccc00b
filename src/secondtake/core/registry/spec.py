"""What the house knows of a model: its checkpoints, their weight files, and its parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from secondtake.core.environ import switched_on
from secondtake.core.errors import UserError
from secondtake.core.project import Project
from secondtake.core.prompts.bark_prompt import Asked, AskedJob
from secondtake.core.prompts.melody import HasBaseline
from secondtake.core.validation import did_you_mean, shown

GIB = 1 << 30
DEVICES = ("auto", "cpu", "cuda", "mps")
KINDS: dict[type, str] = {str: "text", int: "a whole number", float: "a number"}
LONGEST_TEXT = 1000  # characters of a parameter that is text


@dataclass(frozen=True)
class Parameter:
    """Something a song file or a command line may set for one model."""

    name: str
    default: str | int | float | None
    help: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    kind: type = str  # what a value must be; an int is a float too
    # From what a person writes to what a job says, where that is more: a file's hash, for example.
    settled: Callable[[Any, Project, str], Any] | None = None
    # From what was asked to what it means for a segment: its baseline, for example.
    resolved: Callable[[Any, HasBaseline, str], Any] | None = None
    only: tuple[str, ...] = ()  # checkpoints that know of it, if not all do

    def settle(self, value: Any, project: Project, where: str) -> Any:
        """The value as a job names it; UserError naming `where` if it is not acceptable."""
        checked = self.check(value, where)
        return self.settled(checked, project, where) if self.settled else checked

    def check(self, value: Any, where: str) -> Any:
        """Return `value` if it is acceptable; UserError naming `where` otherwise."""
        fits = isinstance(value, (int, float) if self.kind is float else self.kind)
        if isinstance(value, bool) or not fits:
            raise UserError(f"{where}: expected {KINDS[self.kind]}, got {shown(value)}")
        if self.choices and value not in self.choices:
            chosen = f"{shown(value)} is no choice"
            raise UserError(f"{where}: {chosen}; {did_you_mean(value, self.choices)}")
        if isinstance(value, str) and (len(value) > LONGEST_TEXT or not value.isprintable()):
            raise UserError(
                f"{where}: {shown(value)} is no line of at most {LONGEST_TEXT} visible characters"
            )
        if self.low is not None and self.high is not None and not self.low <= value <= self.high:
            raise UserError(f"{where}: {shown(value)} is outside {self.low:g} to {self.high:g}")
        return self.kind(value)


@dataclass(frozen=True)
class Weight:
    """One file that a checkpoint is made of, on the hub or at a plain address."""

    key: str  # how the model's page asks for it
    file: str
    repository: str = ""
    revision: str = "main"
    url: str = ""  # instead of a repository
    sha256: str = ""  # where the true value is known; else the first fetch records the hub's
    optional: bool = False

    @property
    def source(self) -> str:
        return self.url or f"{self.repository}/{self.file}"


@dataclass(frozen=True)
class Checkpoint:
    """One set of weights that a model's page can load."""

    name: str
    title: str
    weights: tuple[Weight, ...] = ()
    licence: str = ""
    longest_seconds: float = 600.0  # the longest take that its page makes
    converted_bytes: int = 0  # room for safetensors made of its pickles
    memory_bytes: int = GIB  # peak while loading and generating on the CPU
    low_memory_bytes: int = 0  # the same with SECONDTAKE_LOW_MEMORY=1, where that saves some
    gate: str = ""  # page where a person accepts the licence, if the repository is gated
    defaults: Mapping[str, Any] = field(default_factory=dict)  # over the parameters' own

    def needed_memory(self, *, low: bool) -> int:
        """Bytes of memory it takes on the CPU; low: one stage at a time."""
        return self.low_memory_bytes if low and self.low_memory_bytes else self.memory_bytes


@dataclass(frozen=True)
class Model:
    """What the rest of the house knows about a model."""

    name: str
    title: str
    roles: tuple[str, ...]  # vocal, instrumental
    sample_rate: int  # Hz
    channels: int
    bandwidth_hz: float  # the highest frequency it can make
    exact_length: bool  # makes exactly the seconds it is asked for
    code_licence: str
    devices: tuple[str, ...]
    imports: tuple[str, ...]  # what must import in a fresh environment
    checkpoints: tuple[Checkpoint, ...]  # the first is the default, unless a switch says otherwise
    parameters: tuple[Parameter, ...] = ()
    honours: tuple[str, ...] = ("prompt", "seed")  # of a job's facts; its parameters always
    environment_bytes: int = GIB  # room its environment takes
    recipe: int = 1  # raised when the same job would sound different
    floor: bool = False  # no model of music: the mark that the others must beat
    note: str = ""
    # What it reads where the song file gives it no prompt of its own; None: lyrics, or style.
    prompt: Callable[[Asked], str] | None = None
    # What a person should know of a job of it that need not stop it, in sentences.
    remarks: Callable[[AskedJob], tuple[str, ...]] | None = None
    switches: Mapping[str, str] = field(default_factory=dict)  # variable -> the default if it is on

    @property
    def default(self) -> Checkpoint:
        """The checkpoint where nobody chose one: the first, or what a switch of the user's says."""
        names = [name for variable, name in self.switches.items() if switched_on(variable)]
        known = {checkpoint.name: checkpoint for checkpoint in self.checkpoints}
        return known[names[0]] if names else self.checkpoints[0]

    def checkpoint(self, name: str, where: str = "checkpoint") -> Checkpoint:
        """The checkpoint of that name ("" for the default); UserError naming `where`."""
        known = {checkpoint.name: checkpoint for checkpoint in self.checkpoints}
        if name and name not in known:
            raise UserError(f"{where}: no checkpoint {name!r}; {did_you_mean(name, known)}")
        return known[name] if name else self.default

    def resolve(
        self, settings: Mapping[str, Any], checkpoint: Checkpoint, segment: HasBaseline, where: str
    ) -> dict[str, Any]:
        """The settings as they are meant for one segment. UserError naming `where` if they cannot
        be, or if one of them is nothing that the checkpoint knows of."""
        found = dict(settings)
        for parameter in self.parameters:
            value = settings[parameter.name]
            elsewhere = bool(parameter.only) and checkpoint.name not in parameter.only
            if elsewhere and value != parameter.default:
                raise UserError(
                    f"{where}: {parameter.name}: the checkpoint {checkpoint.name} has none; "
                    f"choose it with --checkpoint {self.name}={parameter.only[0]}"
                )
            if parameter.resolved:
                found[parameter.name] = parameter.resolved(value, segment, where)
        return found

    def settings(self, checkpoint: Checkpoint, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter's value: as chosen, else the checkpoint's, else the model's own."""
        defaults = {parameter.name: parameter.default for parameter in self.parameters}
        return {**defaults, **checkpoint.defaults, **chosen}
