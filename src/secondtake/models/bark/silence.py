"""Silence of a window: long ones are taken out, and a new one is put between two sounds.

Only silence is taken away. A sound that a window begins or ends amid is faded over 5 ms: no click.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondtake.audio.activity import Activity

Samples = NDArray[np.float32]  # (frames,) in ±1

KEPT_BEFORE, KEPT_AFTER = 0.3, 0.9  # seconds: a breath drawn, a room that dies away
FADE = 0.05  # seconds: longer than a period of the lowest voice, shorter than a syllable
DECLICK = 0.005  # seconds
# A window whose last moment is no further below its level was broken off.
LAST_MOMENT, STILL_SOUNDING = 0.005, 15.0  # seconds, dB


class Clip(NamedTuple):
    """A sound, and the room before and after it, which may be used or not."""

    before: Samples
    sound: Samples
    after: Samples


def split_at_silence(
    samples: Samples, activity: Activity, sample_rate: int, longest_silence: float | None
) -> list[Clip]:
    """(frames,) -> its clips between silences longer than `longest_silence` seconds."""
    allowed = len(samples) if longest_silence is None else round(longest_silence * sample_rate)
    splits = [silence for silence in activity.silences if silence[1] - silence[0] > allowed]
    starts = [activity.start, *(last for _, last in splits)]
    ends = [*(first for first, _ in splits), activity.end]
    before, after = (round(seconds * sample_rate) for seconds in (KEPT_BEFORE, KEPT_AFTER))
    clips = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        # Room enough for a silence of the longest kind: its own noise rather than nothing.
        room_start = max(start - (allowed if number else before), 0)
        room_end = end + (after if number == len(splits) else allowed)
        clip = Clip(samples[room_start:start], samples[start:end], samples[end:room_end])
        clips.append(_declicked(clip, round(DECLICK * sample_rate)))
    return clips


def crossfade_gap(
    after: Samples, before: Samples, gap: int, sample_rate: int
) -> tuple[Samples, int]:
    """`gap` frames of silence out of the room on either side, and the frames of its fades.

    Rooms that overlap are crossfaded at their quietest; others each fade out on their own.
    """
    frames = min(round(FADE * sample_rate), gap)
    tail, head = after[:gap], before[max(len(before) - gap, 0) :]
    start, stop = gap - len(head), len(tail)
    if frames and stop - start >= frames:
        power = np.square(tail[start:], dtype=float) + np.square(head[: stop - start], dtype=float)
        total = np.concatenate(([0.0], np.cumsum(power)))
        quietest = int(np.argmin(total[frames:] - total[:-frames]))
        tail, head = tail[: start + quietest + frames], head[quietest:]
    silence = np.zeros(gap, np.float32)
    silence[: len(tail)] += fade(tail, frames, out=True)
    silence[gap - len(head) :] += fade(head, frames, out=False)
    return silence, frames


def fade(samples: Samples, frames: int, out: bool) -> Samples:
    """(frames,) with its last frames (`out`) or its first ones faded with equal power."""
    length = min(frames, len(samples))
    rising = np.sin(np.pi / 2 * (np.arange(length) + 0.5) / max(length, 1)).astype(np.float32)
    result = np.array(samples, np.float32)
    if out:
        result[len(result) - length :] *= rising[::-1]
    else:
        result[:length] *= rising
    return result


def ends_abruptly(samples: Samples, activity: Activity, sample_rate: int) -> bool:
    """True if the samples end while they still sound: Bark was stopped, and a word with it."""
    last = samples[-max(round(LAST_MOMENT * sample_rate), 1) :]
    power = float(np.mean(np.square(last, dtype=float)))
    return power > 10 ** ((activity.level - STILL_SOUNDING) / 10)


def _declicked(clip: Clip, frames: int) -> Clip:
    """Without room to fade in or out, the sound itself is faded."""
    before, sound, after = clip
    if len(before) < frames:
        before, sound = before[:0], fade(sound, frames, out=False)
    if len(after) < frames:
        sound, after = fade(sound, frames, out=True), after[:0]
    return Clip(before, sound, after)
