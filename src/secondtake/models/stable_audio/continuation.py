"""Takes that are longer than a checkpoint's window: one window after the other, as one sound.

A take is continued in latents, by outpainting. The end of the latents so far is the prefix of the
next window: at every step the prediction of the prefix is replaced by its known latents, so that
the new ones attend to it and go on from it. All are then decoded as one. So nothing is encoded
again, and there is nothing to crossfade. A latent is 2048 frames, 46 ms.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, starmap
from typing import TYPE_CHECKING, Any

from secondtake.audio.seams import Junction, Seam, measure_seams
from secondtake.core.generate import Progress
from secondtake.models.inference.oobleck_pieces import CONTEXT
from secondtake.models.stable_audio.model import StableAudioModel, WindowRequest

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

# A quarter of a window is its prefix: 12 s of open-1.0, six bars at 120 BPM; 3 s of open-small.
# It shows tempo and key. Already 4/3 as many latents are denoised as a take has; a longer one would
# cost more windows.
OVERLAP_PART = 4


@dataclass(frozen=True)
class Window:
    """The position of a window in its take, in latents."""

    start: int
    stop: int
    overlap: int  # so many at its beginning are the end of the window before


def latent_count(network: StableAudioModel, frames: int) -> int:
    """The latents of a take of several windows: its frames', and those that their end needs."""
    return math.ceil(frames / network.frames_per_latent) + CONTEXT


def split_windows(latents: int, longest: int) -> tuple[Window, ...]:
    """Windows of one length, at most `longest`, for so many latents; all but the first overlap."""
    if latents <= longest:
        return (Window(0, latents, 0),)
    overlap = longest // OVERLAP_PART
    count = math.ceil((latents - overlap) / (longest - overlap))
    new = (latents - overlap) / count  # of each window, and so many again before the first seam
    ends = [overlap + round(new * number) for number in range(1, count + 1)]
    later = (Window(last - overlap, end, overlap) for last, end in pairwise(ends))
    return (Window(0, ends[0], 0), *later)


def window_requests(
    network: StableAudioModel, take: WindowRequest, windows: Sequence[Window]
) -> list[WindowRequest]:
    """A request for each window of a take, which `take` describes as if it were one.

    A checkpoint with a seconds_start is given the window's. One without is given the seconds from
    the window's start to the take's end: either learns when to come to an end.
    """
    configs = network.config["model"]["conditioning"]["configs"]
    has_start = any(entry["id"] == "seconds_start" for entry in configs)

    def request(number: int, window: Window) -> WindowRequest:
        start = round(window.start * network.frames_per_latent / network.sample_rate, 3)
        return replace(
            take,
            seconds_start=start if has_start else 0.0,
            seconds_total=take.seconds_total - (0.0 if has_start else start),
            latents=window.stop - window.start,
            seed=window_seed(take.seed, number),
        )

    return list(starmap(request, enumerate(windows)))


def window_seed(seed: int, number: int) -> int:
    """The take's own seed for its first window, others derived from it (0 to 2**31 - 1)."""
    if number == 0:
        return seed
    text = json.dumps(["stable_audio", seed, number])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def continue_windows(
    windows: Sequence[Window],
    requests: Sequence[WindowRequest],
    denoise: Callable[[WindowRequest, Progress], Tensor],
    progress: Progress,
) -> Tensor:
    """All windows' latents as one: (1, channels, the take's latents).

    `denoise` makes one window's, (1, channels, at least its latents); `progress` counts over all.
    """
    import torch

    latents: Tensor | None = None
    for number, (window, request) in enumerate(zip(windows, requests, strict=True)):
        if latents is not None:
            request = replace(request, prefix_latents=latents[0, :, window.start :])
        denoised = denoise(request, _subprogress(progress, number, len(windows)))
        new = denoised[:, :, window.overlap : window.stop - window.start]
        latents = new if latents is None else torch.cat((latents, new), dim=2)
    assert latents is not None  # a take has a window
    return latents


def _subprogress(progress: Progress, number: int, count: int) -> Progress:
    """One window's progress as a part of all windows'."""
    return lambda phase, done, total: progress(phase, number * total + done, count * total)


def window_seams(
    samples: np.ndarray, windows: Sequence[Window], network: StableAudioModel
) -> tuple[Seam, ...]:
    """The seams of a take (frames, channels), on the mean of its channels; without pitch, which is
    that of one voice."""
    ratio, frames = network.frames_per_latent, len(samples)
    starts = [(window.start + window.overlap) * ratio for window in windows]
    spans = list(pairwise(min(start, frames) for start in (0, *starts[1:], frames)))
    joints = [Junction(*both, 0) for both in pairwise(spans) if both[1][0] < both[1][1]]
    return measure_seams(samples.mean(axis=1), joints, network.sample_rate, pitched=False)


def seam_warnings(seams: Sequence[Seam]) -> tuple[str, ...]:
    """The audible changes at each seam, with the seam's time."""
    return tuple(
        f"seam {number}, at {seam.at:.1f} s: {warning}"
        for number, seam in enumerate(seams, 1)
        for warning in seam.warnings
    )


def continuation_details(
    windows: Sequence[Window], seams: Sequence[Seam], network: StableAudioModel
) -> dict[str, Any]:
    """The record's entries of a continued take; none for a take of one window."""
    if len(windows) == 1:
        return {}
    rate = network.sample_rate / network.frames_per_latent
    return {
        "windows": len(windows),
        "held_seconds": round(windows[1].overlap / rate, 3),
        "window_starts": [round(window.start / rate, 3) for window in windows],
        "seams": [seam.as_json() for seam in seams],
    }
