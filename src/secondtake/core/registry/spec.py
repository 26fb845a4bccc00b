"""Registry entries: a model or a judge, its checkpoints, their weight files, its parameters."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from secondtake.core.environ import switched_on
from secondtake.core.errors import UserError
from secondtake.core.project import Project
from secondtake.core.prompts.bark_prompt import PromptInput, PromptJob
from secondtake.core.prompts.instrumental import style_and_tempo
from secondtake.core.prompts.source_audio import HasBaseline
from secondtake.core.validation import did_you_mean, match_name, shorten_repr

GIB = 1 << 30
EPYC = "an EPYC with AVX-512 and VNNI, 2 threads"
XEON = "a Xeon with AVX-512 and VNNI, 2 threads"  # of docs/lab/performance.md
DEVICES = ("auto", "cpu", "cuda", "mps")
MAIN = "main"  # the branch that a hub serves where no commit is named
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
    kind: type = str  # of a value; an int is a float too
    # From a written value to a job's, where that says more: a file's hash, for example.
    parse: Callable[[Any, Project, str], Any] | None = None
    # From a job's value to its meaning for one segment: its baseline, for example.
    resolve_for_segment: Callable[[Any, HasBaseline, str], Any] | None = None
    only: tuple[str, ...] = ()  # checkpoints that have it, if not all do
    devices: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # of values that not all do
    from_baseline: bool = False  # its value, if any, is the segment's recording
    # The option of a command line that sets it, where no song file may: it is about one take.
    option: str = ""
    # UnsupportedError, of its name, if a job's value cannot be had for its segment, whose files it
    # may look at. It gets the command that brings in the segment's baseline, too.
    check_for_segment: Callable[[str, Any, HasBaseline, str], None] | None = None

    @classmethod
    def number(cls, name: str, default: float, help: str, low: float, high: float) -> "Parameter":
        """A parameter that is a number; a whole one if its default is."""
        return cls(name, default, help, low=low, high=high, kind=type(default))

    def job_value(self, value: Any, project: Project, where: str) -> Any:
        """The value as a job names it; UserError naming `where` if it is not acceptable."""
        checked = self.check(value, where)
        return self.parse(checked, project, where) if self.parse else checked

    def check(self, value: Any, where: str) -> Any:
        """Return `value` if it is acceptable; UserError naming `where` otherwise."""
        fits = isinstance(value, (int, float) if self.kind is float else self.kind)
        shown = shorten_repr(value)
        if isinstance(value, bool) or not fits:
            raise UserError(f"{where}: expected {KINDS[self.kind]}, got {shown}")
        if self.choices and value not in self.choices:
            raise UserError(f"{where}: {shown} is no choice; {did_you_mean(value, self.choices)}")
        if isinstance(value, str) and (len(value) > LONGEST_TEXT or not value.isprintable()):
            line = f"line of at most {LONGEST_TEXT} visible characters"
            raise UserError(f"{where}: {shown} is no {line}")
        if self.low is not None and self.high is not None and not self.low <= value <= self.high:
            raise UserError(f"{where}: {shown} is outside {self.low:g} to {self.high:g}")
        return self.kind(value)


@dataclass(frozen=True)
class WeightFile:
    """One file that a checkpoint is made of, on the hub or at a plain address.

    One that ends in .index.json lists the shards of a file, which are fetched with it.
    """

    key: str  # by which the model's script asks for it
    file: str
    repository: str = ""
    revision: str = MAIN  # a commit: that of every file of the repository
    url: str = ""  # instead of a repository
    sha256: str = ""  # the true value, if known; else the first fetch records the hub's
    git_id: str = ""  # of its git blob, where that alone was published
    optional: bool = False
    bytes: int | None = None  # to download, an index's shards with it; None: not known
    alternatives: tuple[str, ...] = ()  # further names, each asked for where the last is absent

    @property
    def source(self) -> str:
        return self.url or f"{self.repository}/{self.file}"

    @property
    def variants(self) -> tuple["WeightFile", ...]:
        """The file by each of its names, in the order of asking; the hash is the first one's."""
        others = (replace(self, file=name, sha256="", git_id="") for name in self.alternatives)
        return (self, *others)


@dataclass(frozen=True)
class Speed:
    """Seconds of work for a second of sound, measured on one processor, loading not counted."""

    processor: str
    work: float
    step_work: float = 0.0  # more for each step, where a setting "steps" says how many there are
    load_seconds: float = 0.0

    def work_seconds(self, sound_seconds: float, settings: Mapping[str, Any]) -> float:
        """The work for a take of so many seconds with these settings."""
        return sound_seconds * (self.work + self.step_work * (settings.get("steps") or 0))


@dataclass(frozen=True)
class Checkpoint:
    """One set of weights that a model's script can load."""

    name: str
    title: str
    weights: tuple[WeightFile, ...] = ()
    licence: str = ""
    longest_seconds: float = 600.0  # the longest take that it makes at once
    shortest_seconds: float = 0.0
    continued_seconds: float = 0.0  # the longest with longer = "continue"; 0: it has no such
    # Values of a parameter, where it has not all of the model's.
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    converted_bytes: int = 0  # room for safetensors made of its pickles
    memory_bytes: int = GIB  # peak while loading and generating on the CPU
    low_memory_bytes: int = 0  # the same with SECONDTAKE_LOW_MEMORY=1, where that saves some
    # Of graphics memory, for one take: what its loader reckons from the shapes, and half a GiB of
    # the libraries' own. More takes at once take what there is.
    graphics_bytes: int | None = None
    graphics_fast_bytes: int = 0  # the same in mode fast, where nothing is there in float32
    speed: Speed | None = None  # on a processor; None: not measured yet
    gate: str = ""  # page where a person accepts the licence, if the repository is gated
    defaults: Mapping[str, Any] = field(default_factory=dict)  # over the parameters' own
    prompt: Callable[[PromptInput], str] | None = None  # the default prompt, over its model's
    note: str = ""  # a sentence for whoever sets it up

    @property
    def longest(self) -> str:
        """The seconds of its longest take at once, rounded down to a tenth."""
        return f"{math.floor(self.longest_seconds * 10) / 10:g} s"

    def conversion_bytes(self, weights: int) -> int:
        """Room for what is converted of so many bytes of weights: never more than twice as many."""
        return min(self.converted_bytes, 2 * weights)

    def needed_memory(self, *, low: bool) -> int:
        """Bytes of memory it takes on the CPU; low: one stage at a time."""
        return self.low_memory_bytes if low and self.low_memory_bytes else self.memory_bytes

    def needed_graphics(self, mode: str) -> int | None:
        """Bytes of graphics memory that a take needs in a mode; None: it runs on no card."""
        return (self.graphics_fast_bytes if mode == "fast" else 0) or self.graphics_bytes


class CheckedJob(PromptJob, Protocol):
    """The part of a job that a model's rules read."""

    @property
    def checkpoint(self) -> str: ...
    @property
    def seconds(self) -> float: ...


@dataclass(frozen=True, kw_only=True)
class BaseSpec:
    """What a model and a judge have in common: an environment, and checkpoints to load in it."""

    name: str
    title: str
    code_licence: str
    devices: tuple[str, ...]
    imports: tuple[str, ...]  # that must succeed in a fresh environment
    checkpoints: tuple[Checkpoint, ...]  # the first is the default, unless a switch says otherwise
    parameters: tuple[Parameter, ...] = ()
    environment_bytes: int = GIB  # on disk at most; requirements/sizes.json has what it measures
    note: str = ""
    switches: Mapping[str, str] = field(default_factory=dict)  # variable -> the default if it is on

    @property
    def default(self) -> Checkpoint:
        """The checkpoint where nobody chose one: the first, or that of a switch that is on."""
        names = [name for variable, name in self.switches.items() if switched_on(variable)]
        return self.checkpoint(names[0]) if names else self.checkpoints[0]

    def checkpoint(self, name: str, where: str = "checkpoint") -> Checkpoint:
        """The checkpoint of that name in any spelling ("" for the default); UserError."""
        by_name = {checkpoint.name: checkpoint for checkpoint in self.checkpoints}
        known = match_name(name, by_name)
        if name and known is None:
            hint = did_you_mean(name, by_name)
            raise UserError(f"{where}: no checkpoint {shorten_repr(name)}; {hint}")
        return by_name[known] if known else self.default

    @property
    def setup_command(self) -> str:
        """The command that builds its environment."""
        return f"invoke setup --models {self.name}"

    @property
    def fetch_command(self) -> str:
        """The command that fetches its weights."""
        return f"invoke fetch --models {self.name}"

    def title_of(self, checkpoint: Checkpoint) -> str:
        """A checkpoint's title; its model's own, where that has but one."""
        return checkpoint.title if len(self.checkpoints) > 1 else self.title

    def settings(self, checkpoint: Checkpoint, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter's value: the chosen one, else the checkpoint's, else the general one."""
        defaults = {parameter.name: parameter.default for parameter in self.parameters}
        return {**defaults, **checkpoint.defaults, **chosen}


@dataclass(frozen=True, kw_only=True)
class ModelSpec(BaseSpec):
    """Everything that the rest of the project knows about a model."""

    roles: tuple[str, ...]  # vocal, instrumental; song: whole ones
    sample_rate: int  # Hz
    channels: int
    bandwidth_hz: float  # the highest frequency in its output
    exact_length: bool  # its takes last exactly the requested seconds
    supports: tuple[str, ...] = ("prompt", "seed")  # inputs of a job; its parameters always
    generation_version: int = 1  # raised when the same job would sound different
    is_control: bool = False  # no model of music: the known comparison that others must beat
    slowest_bpm: float = 0.0  # of a segment that it plays
    fastest_bpm: float = math.inf
    # UnsupportedError if it cannot do a job, by a rule that is more than a limit; reads no file.
    check: Callable[[CheckedJob], None] | None = None
    # The default prompt, where the song file gives it none; None: lyrics, or style.
    prompt: Callable[[PromptInput], str] | None = None
    # Sentences for a person about a job that can run all the same.
    remarks: Callable[[CheckedJob], tuple[str, ...]] | None = None
    # The texts of a job as the model reads them, by name; None: its prompt, style and lyrics.
    texts: Callable[[CheckedJob], Mapping[str, str]] | None = None

    def default_prompt(self, checkpoint: Checkpoint, source: PromptInput) -> str:
        """The prompt of a segment where the song file gives none; "" if nothing in it is sung."""
        if build := checkpoint.prompt or self.prompt:
            return build(source)
        if "instrumental" not in self.roles:
            return source.lyrics
        return style_and_tempo(source)

    def resolve_settings(
        self, settings: Mapping[str, Any], segment: HasBaseline, where: str
    ) -> dict[str, Any]:
        """The settings for one segment; UserError if it cannot have them."""
        resolved = dict(settings)
        for parameter in self.parameters:
            value = settings[parameter.name]
            if parameter.resolve_for_segment:
                resolved[parameter.name] = parameter.resolve_for_segment(value, segment, where)
        return resolved
