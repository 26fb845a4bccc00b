"""Many takes at once: whatever each of them waits for is made together, until all have sounded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from secondtake.errors import ModelError
from secondtake.jobs import Job
from secondtake.making import Progress, Sound
from secondtake_models.bark.decoding import choir
from secondtake_models.bark.decoding.choosing import EXACT, Choice, probe
from secondtake_models.bark.decoding.instruments import Instruments
from secondtake_models.bark.decoding.passage import History, Passage
from secondtake_models.bark.singing import Performance, Wanted, perform

BATCH = 8  # takes decoded together; more would gain little and need more memory
LoadVoice = Callable[[str], History | None]


@dataclass
class _Take:
    """A job on its way: its performance, and what it waits for."""

    job: Job
    choice: Choice
    performance: Performance
    wanted: Wanted | None = None
    sound: Sound | None = None

    def go_on(self) -> None:
        """Up to the next thing that must be made, or to the end."""
        try:
            self.wanted = next(self.performance)
        except StopIteration as end:
            self.wanted, self.sound = None, end.value


@dataclass(frozen=True)
class Bark:
    """Bark, loaded: does several jobs at once."""

    instruments: Instruments
    load_voice: LoadVoice
    choices: dict[str, Choice] = field(default_factory=lambda: {"exact": EXACT})  # by mode

    def __call__(
        self, jobs: Sequence[Job], progress: Progress
    ) -> Iterator[tuple[Job, Sound | ModelError]]:
        """Every job with its sound as soon as it is whole, or with what went wrong."""
        takes: list[_Take] = []
        for job in jobs:
            try:
                takes.append(self._take(job, progress))
            except ModelError as error:
                yield job, error
        while takes:
            for stage, make in (("semantic", choir.phrase), ("sound", choir.sound)):
                while waiting := [t for t in takes if t.wanted and t.wanted.stage == stage]:
                    self._make(make, waiting, progress)
                    yield from self._go_on(waiting)
                    if stage == "sound":
                        break  # some may want semantic tokens again, all of them together
            takes = [take for take in takes if take.wanted]

    def _take(self, job: Job, progress: Progress) -> _Take:
        voice = self.load_voice(str(job.settings["voice"]))
        choice = self._choice(str(job.settings["mode"]), progress)
        take = _Take(job, choice, perform(job, voice, self.instruments.spell, choice))
        take.go_on()
        return take

    def _choice(self, mode: str, progress: Progress) -> Choice:
        if mode not in self.choices:
            found = probe(self.instruments.weights, self.instruments.device, progress)
            self.choices[mode] = found.choice
        return self.choices[mode]

    def _make(
        self, make: Callable[..., None], waiting: Sequence[_Take], progress: Progress
    ) -> None:
        """Have passages made, those of one arithmetic together."""
        groups: dict[tuple[str, ...], list[_Take]] = {}
        for take in waiting:
            groups.setdefault(tuple(one.name for one in take.choice.values()), []).append(take)
        for same in groups.values():
            passages: list[Passage] = [take.wanted.passage for take in same if take.wanted]
            make(self.instruments, same[0].choice, passages, partial(_told, progress, _label(same)))

    def _go_on(self, waiting: Sequence[_Take]) -> Iterator[tuple[Job, Sound | ModelError]]:
        for take in waiting:
            try:
                take.go_on()
            except ModelError as error:
                take.wanted = None
                yield take.job, error
            if take.sound is not None:
                yield take.job, take.sound


def _label(takes: Sequence[_Take]) -> str:
    """What is being made: ", 8 takes, window 2 of 4"."""
    labels = {take.wanted.label for take in takes if take.wanted}
    parts = [f"{len(takes)} takes"] if len(takes) > 1 else []
    parts += labels if len(labels) == 1 else []
    return "".join(f", {part}" for part in parts if part)


def _told(progress: Progress, label: str, phase: str, done: int, total: int) -> None:
    progress(phase + label, done, total)
