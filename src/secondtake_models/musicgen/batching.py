"""Many takes at once: their next windows are played together, until all have sounded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from secondtake.errors import ModelError
from secondtake.jobs import Job
from secondtake.making import Progress, Sound
from secondtake_models.decoding.arithmetic import FLOAT32, Arithmetic
from secondtake_models.memory import memory_explained
from secondtake_models.musicgen.choosing import probe
from secondtake_models.musicgen.instruments import Instruments
from secondtake_models.musicgen.playing import Take, begin, sound
from secondtake_models.musicgen.writing import write_tokens

BATCH = 8  # takes decoded together; with guidance, sixteen rows
# For keys and values. 30 s of a take are 0.3 GB in the small checkpoint, 0.6 GB if exact.
CACHE_BYTES = 3 * 2**30
CACHE_BYTES_SHORT = 2**30  # where memory is short

Told = tuple[Job, Sound | ModelError]


@dataclass(frozen=True)
class MusicGen:
    """MusicGen, loaded: does several jobs at once."""

    instruments: Instruments
    choices: dict[str, Arithmetic] = field(default_factory=lambda: {"exact": FLOAT32})  # by mode

    def __call__(self, jobs: Sequence[Job], progress: Progress) -> Iterator[Told]:
        """Every job with its sound as soon as it is whole, or with what went wrong."""
        takes: list[Take] = []
        for job in jobs:
            try:
                takes.append(self._take(job, progress))
            except ModelError as error:
                yield job, error
        while takes:
            for group in self._groups(takes):
                try:
                    self._play(group, progress)
                except ModelError as error:
                    yield from ((take.job, error) for take in group)
                    takes = [take for take in takes if take not in group]
                    continue
                yield from self._sounded(group, progress)
            takes = [take for take in takes if not take.is_whole]

    def _take(self, job: Job, progress: Progress) -> Take:
        import torch

        with torch.inference_mode(), memory_explained():
            return begin(self.instruments, job, self._choice(str(job.settings["mode"]), progress))

    def _choice(self, mode: str, progress: Progress) -> Arithmetic:
        if mode not in self.choices:
            self.choices[mode] = probe(self.instruments, progress).choice
        return self.choices[mode]

    def _groups(self, takes: Sequence[Take]) -> list[list[Take]]:
        """Takes whose next windows are alike enough to be played together, and fit into memory."""
        alike: dict[Any, list[Take]] = {}
        for take in takes:
            window = take.windows[take.done]
            guided = float(take.job.settings["guidance"]) > 1
            alike.setdefault((take.arithmetic.name, guided, window.given), []).append(take)
        groups = []
        for same in alike.values():
            most = max(take.windows[take.done].frames for take in same)
            count = self._fitting(same[0].arithmetic, most)
            groups += [same[n : n + count] for n in range(0, len(same), count)]
        return groups

    def _fitting(self, arithmetic: Arithmetic, frames: int) -> int:
        """How many takes with so many frames the cache has room for."""
        import torch

        decoder = self.instruments.checkpoint.decoder
        width = int(decoder.get("hidden_size", 1024)) * int(decoder.get("num_hidden_layers", 24))
        size = getattr(torch, arithmetic.cached).itemsize
        each = 2 * 2 * frames * width * size  # keys and values; with the prompt and without
        room = CACHE_BYTES_SHORT if self.instruments.one_at_a_time else CACHE_BYTES
        return max(1, min(BATCH, room // each))

    def _play(self, takes: Sequence[Take], progress: Progress) -> None:
        """The next window of each."""
        import torch

        with torch.inference_mode(), memory_explained():
            decoder = self.instruments.decoder(takes[0].arithmetic)
            passages = [take.next_passage() for take in takes]
            told = partial(_told, progress, _label(takes))
            write_tokens(decoder, passages, self.instruments.pad, told)
            for take in takes:
                take.take_over()

    def _sounded(self, takes: Sequence[Take], progress: Progress) -> Iterator[Told]:
        import torch

        whole = [take for take in takes if take.is_whole]
        for done, take in enumerate(whole):
            progress("sounds", done, len(whole))
            try:
                with torch.inference_mode(), memory_explained():
                    made: Sound | ModelError = sound(self.instruments, take)
            except ModelError as error:
                made = error
            yield take.job, made


def _label(takes: Sequence[Take]) -> str:
    """What is being played: ", 8 takes, window 2 of 4"."""
    parts = [f"{len(takes)} takes"] if len(takes) > 1 else []
    counts = {(take.done + 1, len(take.windows)) for take in takes}
    if len(counts) == 1 and max(counts)[1] > 1:
        parts += ["window {} of {}".format(*max(counts))]
    return "".join(f", {part}" for part in parts)


def _told(progress: Progress, label: str, phase: str, done: int, total: int) -> None:
    progress(phase + label, done, total)
