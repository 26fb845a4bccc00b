"""A take on its way: from a job, window by window, to its sound.

Many takes at once: their next windows are played together, until all have sounded.

MusicGen from its checkpoint, ready to play.
"""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from secondtake.audio.fades import FADE_SECONDS, fade_edges
from secondtake.core.environ import low_memory
from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress, Sound
from secondtake.core.jobs import Job
from secondtake.core.weights import Weights
from secondtake.models.inference.device import memory_explained
from secondtake.models.inference.quantization import FLOAT32, Arithmetic
from secondtake.models.inference.sampling import generator
from secondtake.models.musicgen.autotune import probe
from secondtake.models.musicgen.checkpoint import FRAME_RATE
from secondtake.models.musicgen.codec import decode
from secondtake.models.musicgen.conditioning import Conditions, Melody, Passage, read_melody
from secondtake.models.musicgen.generation import write_tokens
from secondtake.models.musicgen.model import Instruments
from secondtake.models.musicgen.windows import KEPT, Window, windows

SAMPLE_RATE = 32_000
ROUNDING = 1e-6  # frames: 12.2 s are 610 of them, though 12.2 * 50 is a little more
HALF_SILENT = "the prompt is longer than 512 tokens: its end is not read"


@dataclass(eq=False)
class Take:
    """What a job asks for, and the tokens that were played so far."""

    job: Job
    arithmetic: Arithmetic
    windows: Sequence[Window]
    conditions: Sequence[Conditions]  # of each window
    generator: Any
    melody: Melody | None
    warnings: tuple[str, ...]
    tokens: Any = None  # (books, frames)
    done: int = 0  # windows
    passage: Passage | None = None  # the window that is played now

    @property
    def is_whole(self) -> bool:
        return self.done == len(self.windows)

    def next_passage(self) -> Passage:
        """The next window, going on from the end of what was played."""
        import torch

        window, settings = self.windows[self.done], self.job.settings
        nothing = torch.zeros((0, 0), dtype=torch.long)
        self.passage = Passage(
            conditions=self.conditions[self.done],
            given=self.tokens[:, window.start :] if window.given else nothing,
            frames=window.frames,
            guidance=float(settings["guidance"]),
            temperature=float(settings["temperature"]),
            top_k=int(settings["top_k"]),
            generator=self.generator,
        )
        return self.passage

    def take_over(self) -> None:
        """Add what the window played."""
        import torch

        assert self.passage is not None  # it was just played
        window = self.windows[self.done]
        new = self.passage.tokens[:, window.given :]
        self.tokens = new if self.tokens is None else torch.cat((self.tokens, new), 1)
        self.done += 1


def begin(instruments: Instruments, job: Job, arithmetic: Arithmetic) -> Take:
    """The take of a job, nothing of it played. ModelError if the checkpoint cannot play it."""
    parts = tuple(windows(math.ceil(job.seconds * FRAME_RATE - ROUNDING)))
    melody = _melody(instruments, job)
    if melody is None:
        conditions = [instruments.conditions(job.prompt)] * len(parts)
    else:
        starts = [part.start / FRAME_RATE for part in parts]
        chromas = [melody.chroma(start) for start in starts]
        conditions = [instruments.conditions(job.prompt, chroma) for chroma in chromas]
    warnings = (HALF_SILENT,) if instruments.text_encoder().is_too_long(job.prompt) else ()
    return Take(job, arithmetic, parts, conditions, generator(job.seed), melody, warnings)


def _melody(instruments: Instruments, job: Job) -> Melody | None:
    asked = str(job.settings.get("melody", ""))
    if not asked:
        return None
    if not instruments.checkpoint.takes_melody:
        message = f"the checkpoint {job.checkpoint} follows no melody"
        raise ModelError("unsupported", message, "use --checkpoint musicgen=melody")
    return read_melody(asked, instruments.checkpoint)


def sound(instruments: Instruments, take: Take) -> Sound:
    """A whole take, in exactly round(seconds * 32000) samples."""
    samples = decode(instruments.codec(), take.tokens)
    samples = samples[: round(take.job.seconds * SAMPLE_RATE), None]
    faded = fade_edges(samples, SAMPLE_RATE)
    return Sound(faded, take.warnings, _details(take), dtype=take.arithmetic.name)


def _details(take: Take) -> Mapping[str, Any]:
    settings = take.job.settings
    details: dict[str, Any] = {
        "frames": int(take.tokens.shape[1]),
        "frame_rate": FRAME_RATE,
        "guidance": settings["guidance"],
        "top_k": settings["top_k"],
        "temperature": settings["temperature"],
        "arithmetic": take.arithmetic.name,
        "windows": len(take.windows),
        "fade_seconds": FADE_SECONDS,
    }
    if len(take.windows) > 1:
        details["window_starts_seconds"] = [
            round((window.start + window.given) / FRAME_RATE, 2) for window in take.windows
        ]
        details["kept_seconds"] = KEPT / FRAME_RATE
    if take.melody is not None:
        details["melody"] = take.melody.facts
    return details


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


def load_musicgen(weights: Weights, device: str) -> MusicGen:
    """MusicGen on `device`. Its parts are read when they are first needed.

    weights: by key (config, tokenizer, and model or several model…). ModelError bad_weights if a
    file is not what it should be.
    """
    from transformers.utils import logging

    # Its bars and its remarks on configurations would stand among our own lines.
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    return MusicGen(Instruments(weights, device, one_at_a_time=low_memory(os.environ)))
