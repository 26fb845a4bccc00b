"""Takes that are longer than a checkpoint's window: one window after the other, as one sound.

The parameter `longer` chooses: "refuse" (the default) or "continue".

A take is continued in latents. The end of what was made is held at the beginning of the next
window while that is denoised: at every step the prediction of those latents is replaced by what
they are known to be, so that all that is new attends to it and goes on from it. The new latents
are then put after the old ones, and all are decoded as one. So nothing is encoded again, nothing is
lost in copies of copies, and there is nothing to crossfade: on either side of a seam is the same
sound, once. (Were two versions of an overlap to be faded, it would be with equal gain, not with
equal power: they are copies, not two recordings, and equal power would swell by 3 dB.)

A latent is 2048 frames, 46 ms.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from secondtake.audio.seams import Joint, Seam, measure_seams
from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.models.stable_audio.autoencoder import CONTEXT
from secondtake.models.stable_audio.model import Network

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from secondtake.models.stable_audio.model import Passage

LONGER = ("refuse", "continue")
LONGEST_SECONDS = 600.0  # 17 windows of open-1.0; what drifts has then had its time
# A quarter of a window is heard again: 12 s of open-1.0, six bars at 120 BPM; 3 s of open-small.
# Tempo and key are to be told from it; more would cost more windows, 4/3 as many latents as is.
HELD_PART = 4


@dataclass(frozen=True)
class Window:
    """Where a window lies in the take, in latents."""

    start: int
    stop: int
    held: int  # so many at its beginning are known: they are the end of the window before


def refuse_longer(network: Network, checkpoint: str, seconds: float, longer: str) -> None:
    """ModelError unsupported, before anything is denoised, if a take is longer than it may be."""
    longest = math.floor(network.window / network.sample_rate * 10) / 10
    if round(seconds * network.sample_rate) <= network.window:
        return
    if longer == "refuse":
        message = f"{seconds:g} s is longer than the {longest:g} s that {checkpoint} makes at once"
        hint = "add --longer continue, which goes on from the end of each window; or ask for less"
        raise ModelError("unsupported", message, hint)
    if seconds > LONGEST_SECONDS:
        message = f"{seconds:g} s is longer than the {LONGEST_SECONDS:g} s that can be continued to"
        raise ModelError("unsupported", message, "ask for less")


def latents_of(network: Network, frames: int) -> int:
    """How many latents a take of several windows has: its frames', and what their end needs."""
    return math.ceil(frames / network.frames_per_latent) + CONTEXT


def lay_out(latents: int, longest: int) -> tuple[Window, ...]:
    """Windows of one length, at most `longest` latents, that make `latents` together.

    Each but the first begins with a quarter of the longest, held.
    """
    if latents <= longest:
        return (Window(0, latents, 0),)
    held = longest // HELD_PART
    count = math.ceil((latents - held) / (longest - held))
    new = (latents - held) / count  # of each window, and so many again before the first seam
    ends = [held + round(new * number) for number in range(1, count + 1)]
    later = (Window(last - held, end, held) for last, end in pairwise(ends))
    return (Window(0, ends[0], 0), *later)


def passages_of(network: Network, take: Passage, windows: Sequence[Window]) -> list[Passage]:
    """A passage for each window of a take, which `take` describes as if it were one.

    A checkpoint that knows where a window lies in its piece is told so. One that does not is told
    the seconds from the window's start to the take's end: either learns when to come to an end.
    """
    configs = network.config["model"]["conditioning"]["configs"]
    knows_start = any(entry["id"] == "seconds_start" for entry in configs)
    made = []
    for number, window in enumerate(windows):
        start = round(window.start * network.frames_per_latent / network.sample_rate, 3)
        made.append(
            replace(
                take,
                seconds_start=start if knows_start else 0.0,
                seconds_total=take.seconds_total - (0.0 if knows_start else start),
                latents=window.stop - window.start,
                seed=window_seed(take.seed, number),
                held=None,
            )
        )
    return made


def window_seed(seed: int, number: int) -> int:
    """The take's own seed for its first window, others derived from it (0 to 2**31 - 1)."""
    if number == 0:
        return seed
    text = json.dumps(["stable_audio", seed, number])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def continued(
    windows: Sequence[Window],
    passages: Sequence[Passage],
    denoise: Callable[[Passage, Progress], Any],
    progress: Progress,
) -> Any:
    """All windows' latents as one: (1, channels, the take's latents).

    `denoise` makes one passage, (1, channels, at least its latents); `progress` hears of all.
    """
    import torch

    made: Any = None
    for number, (window, passage) in enumerate(zip(windows, passages, strict=True)):
        if made is not None:
            passage = replace(passage, held=made[0, :, window.start :])
        latents = denoise(passage, _among(progress, number, len(windows)))
        new = latents[:, :, window.held : window.stop - window.start]
        made = new if made is None else torch.cat((made, new), dim=2)
    return made


def _among(progress: Progress, number: int, count: int) -> Progress:
    """What one window tells, told as a part of all windows."""
    return lambda phase, done, total: progress(phase, number * total + done, count * total)


def measure_music(
    samples: NDArray[np.float32], windows: Sequence[Window], network: Network
) -> tuple[Seam, ...]:
    """The seams of a take (frames, channels), on the mean of its channels.

    Pitch is left out: it is that of one voice, and music has many.
    """
    ratio, frames = network.frames_per_latent, len(samples)
    ats = [(window.start + window.held) * ratio for window in windows]
    spans = list(pairwise(min(at, frames) for at in (0, *ats[1:], frames)))
    joints = [Joint(before, after, 0) for before, after in pairwise(spans) if after[0] < after[1]]
    return measure_seams(samples.mean(axis=1), joints, network.sample_rate, pitched=False)


def seam_warnings(seams: Sequence[Seam]) -> tuple[str, ...]:
    """What a listener may notice, and where."""
    return tuple(
        f"seam {number}, at {seam.at:.1f} s: {warning}"
        for number, seam in enumerate(seams, 1)
        for warning in seam.warnings
    )


def continuing_details(
    windows: Sequence[Window], seams: Sequence[Seam], network: Network
) -> dict[str, Any]:
    """What a record says of a continued take; nothing of one that is one window."""
    if len(windows) == 1:
        return {}
    rate = network.sample_rate / network.frames_per_latent
    return {
        "windows": len(windows),
        "held_seconds": round(windows[1].held / rate, 3),
        "window_starts": [round(window.start / rate, 3) for window in windows],
        "seams": [seam.as_json() for seam in seams],
    }
