"""The registry entry of a judge: what it hears, the scales that it answers on, its checkpoints."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from secondtake.core.lock_names import lock_name
from secondtake.core.registry.spec import BaseSpec, Checkpoint

HIGHER, NEITHER = "higher", ""  # which end of a scale is the better one
ALL, SUNG = "all", "sung"  # takes that a judge hears


@dataclass(frozen=True)
class JudgeScale:
    """One scale of a judge. A recording has a value on it in every window that the judge hears."""

    name: str  # of the measurement, on pages and in JSON
    unit: str
    closer_is: str  # HIGHER, or NEITHER where more is not better
    # Of the ceiling over the floor, on the scale: with less between them, nothing is decided.
    least_span: float
    others: str  # what the floor is made of, as pages say it: "other prompts"
    # Its documentation, like a metric's: a sentence for a musician, then Definition, Range, Source
    # and Fails.
    doc: str


@dataclass(frozen=True, kw_only=True)
class JudgeSpec(BaseSpec):
    """Everything that the rest of the project knows about a judge."""

    question: str  # under which its scales stand: prompt, aesthetics, lyrics
    asks: str  # what it tells, in a line for people
    scales: tuple[JudgeScale, ...] = ()  # none: its judgment is words
    hears: str = ALL
    reads_style: bool = False  # it is given the style that was asked for
    reads_languages: bool = False  # and the languages that may be sung
    hears_damage: bool = False  # it hears damaged copies of a baseline too, for a floor
    version: int = 1  # raised when the same recording would be judged in another way
    # Of its environment, where it has several locks: lock -> the default checkpoint.
    checkpoint_by_lock: Mapping[str, str] = field(default_factory=dict)

    @property
    def setup_command(self) -> str:
        """The command that builds its environment and fetches its weights."""
        return f"invoke setup --judges {self.name}"

    @property
    def fetch_command(self) -> str:
        return self.setup_command

    @property
    def default(self) -> Checkpoint:
        """The checkpoint where nobody chose one: the first, or that of the lock in force."""
        name = self.checkpoint_by_lock.get(lock_name(self.name))
        return self.checkpoint(name) if name else super().default
