"""A take on its way: from a job, window by window, to its sound."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.errors import ModelError
from secondtake.jobs import Job
from secondtake.making import Sound
from secondtake_models.decoding.arithmetic import Arithmetic
from secondtake_models.joining.edges import FADE_SECONDS, fade_edges
from secondtake_models.musicgen.checkpoint import FRAME_RATE
from secondtake_models.musicgen.codec import decode
from secondtake_models.musicgen.instruments import Instruments
from secondtake_models.musicgen.melody import Melody, read_melody
from secondtake_models.musicgen.passage import Conditions, Passage
from secondtake_models.musicgen.windows import KEPT, Window, windows
from secondtake_models.noise import generator

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
