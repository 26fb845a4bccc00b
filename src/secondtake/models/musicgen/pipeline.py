"""MusicGen's pipeline: from jobs to sound; the next windows of all takes are decoded together."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from secondtake.audio.seams import FADE_SECONDS, fade_edges
from secondtake.core.environ import low_memory
from secondtake.core.errors import ModelError
from secondtake.core.generate import GeneratedAudio, Progress
from secondtake.core.jobs import Job
from secondtake.core.weights import Weights
from secondtake.models.inference.device import oom_as_model_error
from secondtake.models.inference.graphics_memory import in_halves
from secondtake.models.inference.quantization import FLOAT32, Precision
from secondtake.models.inference.sampling import seeded_generator
from secondtake.models.musicgen.autotune import autotune
from secondtake.models.musicgen.checkpoint import FRAME_RATE
from secondtake.models.musicgen.codec import decode_tokens
from secondtake.models.musicgen.components import MusicGenComponents
from secondtake.models.musicgen.conditioning import Conditioning, Melody, WindowRequest, load_melody
from secondtake.models.musicgen.generation import generate_tokens
from secondtake.models.musicgen.windows import OVERLAP, Window, split_windows

if TYPE_CHECKING:
    from torch import Generator, Tensor

SAMPLE_RATE = 32_000
ROUNDING = 1e-6  # frames: 12.2 s are 610 of them, though 12.2 * 50 is a little more
PROMPT_TRUNCATED = "the prompt is longer than 512 tokens: its end is not read"


@dataclass(eq=False)
class TakeState:
    """A job, and the tokens that are generated of it so far."""

    job: Job
    precision: Precision
    windows: Sequence[Window]
    conditioning: Sequence[Conditioning]  # of each window
    generator: Generator
    melody: Melody | None
    warnings: tuple[str, ...]
    tokens: Tensor  # (codebooks, frames); (0, 0) at first
    windows_done: int = 0
    request: WindowRequest | None = None  # the window that is generated now
    generator_state: Tensor | None = None  # before it

    @property
    def rows(self) -> int:
        """In the decoder: with guidance one more, without the prompt."""
        return 2 if float(self.job.settings["guidance"]) > 1 else 1

    @property
    def is_complete(self) -> bool:
        return self.windows_done == len(self.windows)

    @property
    def window(self) -> Window:
        """The next window."""
        return self.windows[self.windows_done]

    def next_request(self) -> WindowRequest:
        """The next window, going on from the end of the tokens; begun anew if it was left."""
        if self.request is None:
            self.generator_state = self.generator.get_state()
        elif self.generator_state is not None:
            self.generator.set_state(self.generator_state)
        settings = self.job.settings
        self.request = WindowRequest(
            conditioning=self.conditioning[self.windows_done],
            prefix_tokens=self.tokens[:, self.window.start :],
            frames=self.window.frames,
            guidance_scale=float(settings["guidance"]),
            temperature=float(settings["temperature"]),
            top_k=int(settings["top_k"]),
            generator=self.generator,
        )
        return self.request

    def append_window(self) -> None:
        """Add the tokens that were generated for the window."""
        import torch

        assert self.request is not None and self.request.tokens is not None  # just generated
        new = self.request.tokens[:, self.window.prefix :]
        self.tokens = torch.cat((self.tokens, new), 1) if self.windows_done else new
        self.windows_done += 1
        self.request = None


def start_take(components: MusicGenComponents, job: Job, precision: Precision) -> TakeState:
    """The take of a job, without any tokens. ModelError if the checkpoint cannot play it."""
    import torch

    windows = tuple(split_windows(math.ceil(job.seconds * FRAME_RATE - ROUNDING)))
    setting = str(job.settings.get("melody", ""))
    if setting and not components.checkpoint.takes_melody:  # whatever the registry says of it
        message = f"the weights of {job.checkpoint} follow no melody"
        raise ModelError("unsupported", message, "use --checkpoint musicgen=melody")
    melody = load_melody(setting, components.checkpoint) if setting else None
    if melody is None:
        conditioning = [components.encode_conditioning(job.prompt)] * len(windows)
    else:
        chromas = [melody.chroma(window.start / FRAME_RATE) for window in windows]
        conditioning = [components.encode_conditioning(job.prompt, chroma) for chroma in chromas]
    is_truncated = components.text_encoder().is_too_long(job.prompt)
    warnings = (PROMPT_TRUNCATED,) if is_truncated else ()
    generator, tokens = seeded_generator(job.seed), torch.zeros((0, 0), dtype=torch.long)
    return TakeState(job, precision, windows, conditioning, generator, melody, warnings, tokens)


def decode_take(components: MusicGenComponents, take: TakeState) -> GeneratedAudio:
    """A complete take, in exactly round(seconds * 32000) samples."""
    samples = decode_tokens(components.codec(), take.tokens)
    samples = samples[: round(take.job.seconds * SAMPLE_RATE), None]
    faded = fade_edges(samples, SAMPLE_RATE)
    return GeneratedAudio(faded, take.warnings, _details(take), dtype=take.precision.name)


def _details(take: TakeState) -> Mapping[str, Any]:
    details: dict[str, Any] = {
        "frames": int(take.tokens.shape[1]),
        "frame_rate": FRAME_RATE,
        **{name: take.job.settings[name] for name in ("guidance", "top_k", "temperature")},
        "arithmetic": take.precision.name,
        "windows": len(take.windows),
        "fade_seconds": FADE_SECONDS,
    }
    if len(take.windows) > 1:
        starts = [(window.start + window.prefix) / FRAME_RATE for window in take.windows]
        details["window_starts_seconds"] = [round(start, 2) for start in starts]
        details["kept_seconds"] = OVERLAP / FRAME_RATE
    if take.melody is not None:
        details["melody"] = take.melody.details
    return details


BATCH = 8  # takes decoded together; with guidance, sixteen rows
# For keys and values. 30 s of a take are 0.3 GB in the small checkpoint, 0.6 GB if exact.
CACHE_BYTES = 3 * 2**30
CACHE_BYTES_LOW_MEMORY = 2**30

JobResult = tuple[Job, GeneratedAudio | ModelError]


@dataclass(frozen=True)
class MusicGen:
    """MusicGen, loaded: does several jobs at once."""

    components: MusicGenComponents
    precisions: dict[str, Precision] = field(default_factory=lambda: {"exact": FLOAT32})  # by mode

    def __call__(self, jobs: Sequence[Job], progress: Progress) -> Iterator[JobResult]:
        """Every job with its sound as soon as it is complete, or with its error."""
        takes: list[TakeState] = []
        device = self.components.device
        for job in jobs:
            try:
                takes.append(self._start(job, progress))
            except ModelError as error:
                yield job, error
        while takes:
            for group in self._groups(takes):
                run = partial(self._generate_window, progress=progress)
                for take, failure in in_halves(group, run, device, self.components.release):
                    if failure is not None:
                        takes.remove(take)
                        yield take.job, failure
                yield from self._decode_complete(group, progress)
            takes = [take for take in takes if not take.is_complete]

    def _start(self, job: Job, progress: Progress) -> TakeState:
        import torch

        mode = str(job.settings["mode"])
        with torch.inference_mode(), oom_as_model_error():
            if mode not in self.precisions:
                self.precisions[mode] = autotune(self.components, progress).choice
            return start_take(self.components, job, self.precisions[mode])

    def _groups(self, takes: Sequence[TakeState]) -> list[list[TakeState]]:
        """Takes whose next windows can be decoded together, and fit into memory."""
        by_kind: dict[tuple[str, int, int], list[TakeState]] = {}
        for take in takes:
            kind = (take.precision.name, take.rows, take.window.prefix)
            by_kind.setdefault(kind, []).append(take)
        groups = []
        for alike in by_kind.values():
            frames = max(take.window.frames for take in alike)
            count = self._max_batch(alike[0].precision, alike[0].rows, frames)
            groups += [alike[n : n + count] for n in range(0, len(alike), count)]
        return groups

    def _max_batch(self, precision: Precision, rows_each: int, frames: int) -> int:
        """The number of takes with so many frames that there is room for."""
        import torch

        if self.components.device != "cpu":
            return self.components.fitting_takes(BATCH, precision, rows_each, frames)
        config = self.components.checkpoint.decoder_config
        width = int(config.get("hidden_size", 1024)) * int(config.get("num_hidden_layers", 24))
        itemsize = int(getattr(torch, precision.kv_dtype).itemsize)
        take_bytes = 2 * 2 * frames * width * itemsize  # keys, values; with the prompt, without
        room = CACHE_BYTES_LOW_MEMORY if self.components.one_at_a_time else CACHE_BYTES
        return max(1, min(BATCH, room // take_bytes))

    def _generate_window(
        self, takes: Sequence[TakeState], progress: Progress
    ) -> Iterator[tuple[TakeState, None]]:
        """Generate the next window of each, then yield them all."""
        import torch

        label = _progress_label(takes)
        with torch.inference_mode(), oom_as_model_error():
            frames = max(take.window.frames for take in takes)
            first = takes[0]
            decoder = self.components.decoder(first.precision, len(takes), first.rows, frames)
            generate_tokens(
                decoder,
                [take.next_request() for take in takes],
                self.components.pad_token,
                lambda phase, done, total: progress(phase + label, done, total),
            )
            for take in takes:
                take.append_window()
        yield from ((take, None) for take in takes)

    def _decode_complete(
        self, takes: Sequence[TakeState], progress: Progress
    ) -> Iterator[JobResult]:
        import torch

        complete = [take for take in takes if take.is_complete]
        for done, take in enumerate(complete):
            progress("sounds", done, len(complete))
            try:
                with torch.inference_mode(), oom_as_model_error():
                    result: GeneratedAudio | ModelError = decode_take(self.components, take)
            except ModelError as error:
                result = error
            yield take.job, result


def _progress_label(takes: Sequence[TakeState]) -> str:
    """The takes and the window that are generated: ", 8 takes, window 2 of 4"."""
    parts = [f"{len(takes)} takes"] if len(takes) > 1 else []
    counts = {(take.windows_done + 1, len(take.windows)) for take in takes}
    if len(counts) == 1 and max(counts)[1] > 1:
        parts += ["window {} of {}".format(*max(counts))]
    return "".join(f", {part}" for part in parts)


def load_musicgen(weights: Weights, device: str) -> MusicGen:
    """MusicGen on `device`, of files by key: config, tokenizer, model (or an index and its shards).

    ModelError bad_weights if a file is not what it should be.
    """
    from transformers.utils import logging

    # Its bars and its remarks on configurations would stand among our own lines.
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    return MusicGen(MusicGenComponents(weights, device, one_at_a_time=low_memory(os.environ)))
