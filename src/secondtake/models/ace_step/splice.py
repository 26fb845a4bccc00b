"""A stretch of a take made anew, set into the take: all else stays the take, sample for sample.

Sound is (frames, 2) float32 in ±1. The model makes the whole length anew, and is told what is kept:
on both sides of the stretch its sound resembles the take's, at the same level. So the two are faded
into each other there, outside the stretch, with gains that add up to 1. Equal power, which is right
for two sounds that have nothing in common, would swell by 3 dB where they agree; and a sum of two
samples that are no louder than full scale, so weighted, is no louder either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from secondtake.core.prompts.source_audio import CROSSFADE_SECONDS

SILENCE = 1e-8  # power, of ±1: -80 dBFS


@dataclass(frozen=True)
class Stretch:
    """Frames that are made anew, and those of the crossfades before and after them."""

    fade_in: int  # the first frame that is not all the take's
    start: int
    end: int
    fade_out: int  # the frame after the last that is not all the take's

    @property
    def gains(self) -> np.ndarray:
        """The gain of the new sound, (fade_out - fade_in, 1): raised cosines around 1."""
        rise = _raised_cosine(self.start - self.fade_in)
        fall = _raised_cosine(self.fade_out - self.end)[::-1]
        return np.concatenate((rise, np.ones(self.end - self.start), fall))[:, None]


def splice(
    original: np.ndarray, new: np.ndarray, start: float, end: float, rate: int
) -> tuple[np.ndarray, float]:
    """The original with `start` to `end` (seconds) of the new sound, and the new sound's gain.

    original: (frames, channels); new: as long, or longer for a take that is continued, which has
    the new sound's length then. The gain, in dB, is 0 unless the new sound is louder than full
    scale: then it is turned down, for nothing else may be.
    """
    stretch = find_stretch(len(original), len(new), start, end, rate)
    part = slice(stretch.fade_in, stretch.fade_out)
    sound = new[part].astype(np.float64)
    peak = float(np.abs(sound).max(initial=0.0))
    gain = min(1.0, 1.0 / peak) if peak else 1.0
    result = np.zeros_like(new, dtype=np.float32)
    result[: len(original)] = original
    gains = stretch.gains
    result[part] = gains * gain * sound + (1 - gains) * result[part]
    return result, 20 * math.log10(gain)


def joint_levels(
    original: np.ndarray, new: np.ndarray, start: float, end: float, rate: int
) -> dict[str, float]:
    """How much louder the new sound is than the original, in dB, by its joints: "start" and "end".

    Held against each other are the second before the stretch and the one after it, which the model
    was told to keep. A joint is left out where there is less of it than a crossfade, or silence.
    """
    stretch = find_stretch(len(original), len(new), start, end, rate)
    beside = {
        "start": slice(max(stretch.start - rate, 0), stretch.start),
        "end": slice(stretch.end, min(stretch.end + rate, len(original))),
    }
    levels = {}
    for joint, part in beside.items():
        if part.stop - part.start < round(CROSSFADE_SECONDS * rate):
            continue
        power, original_power = (float((sound[part] ** 2.0).mean()) for sound in (new, original))
        if min(power, original_power) > SILENCE:
            levels[joint] = 10 * math.log10(power / original_power)
    return levels


def find_stretch(original: int, new: int, start: float, end: float, rate: int) -> Stretch:
    """The frames of a stretch in a take of `original` frames that will have `new`.

    There is no crossfade at the edge of the take, nor where it is continued.
    """
    fade = round(CROSSFADE_SECONDS * rate)
    first, last = min(round(start * rate), original), round(end * rate)
    if last >= original:
        last = new
    return Stretch(
        max(first - fade, 0), first, last, last if last == new else min(last + fade, new)
    )


def _raised_cosine(frames: int) -> np.ndarray:
    """Gains from above 0 to below 1."""
    return (1 - np.cos(np.pi * (np.arange(frames) + 0.5) / max(frames, 1))) / 2
