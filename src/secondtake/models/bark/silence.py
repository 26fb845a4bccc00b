"""A window's sound without its long silences, and the silence that is put between two sounds.

Only silence is ever taken away. A window that begins or ends in the middle of a sound has that
sound faded over 5 ms, so that it does not click.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from secondtake.audio.activity import Activity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]  # (frames,) in ±1

KEPT_BEFORE, KEPT_AFTER = 0.3, 0.9  # seconds: a breath drawn, a room that dies away
FADE = 0.05  # seconds: longer than a period of the lowest voice, shorter than a syllable
DECLICK = 0.005  # seconds
# A window whose last moment is no further below its level was broken off.
LAST_MOMENT, STILL_SOUNDING = 0.005, 15.0  # seconds, dB


@dataclass(frozen=True)
class Stretch:
    """What sounds, and the room before and after it, which may be used or not."""

    before: Samples
    sound: Samples
    after: Samples


def stretches_of(
    piece: Samples, activity: Activity, sample_rate: int, longest_silence: float | None
) -> list[Stretch]:
    """(frames,) -> its parts between silences longer than `longest_silence` seconds."""
    allowed = len(piece) if longest_silence is None else round(longest_silence * sample_rate)
    parted = [silence for silence in activity.silences if silence[1] - silence[0] > allowed]
    starts = [activity.start, *(last for _, last in parted)]
    ends = [*(first for first, _ in parted), activity.end]
    before, after = (round(kept * sample_rate) for kept in (KEPT_BEFORE, KEPT_AFTER))
    found = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        # Room enough for a silence of the longest kind: its own noise rather than nothing.
        room_before = max(start - (allowed if number else before), 0)
        room_after = end + (after if number == len(parted) else allowed)
        stretch = Stretch(piece[room_before:start], piece[start:end], piece[end:room_after])
        found.append(_soft(stretch, round(DECLICK * sample_rate)))
    return found


def bridge(after: Samples, before: Samples, gap: int, sample_rate: int) -> tuple[Samples, int]:
    """`gap` frames of silence out of the room on either side, and the frames of its fades.

    Where both rooms overlap they are crossfaded at their quietest; where they do not reach each
    other, each fades out on its own.
    """
    import numpy as np

    fade = min(round(FADE * sample_rate), gap)
    tail, head = after[:gap], before[max(len(before) - gap, 0) :]
    start, stop = gap - len(head), len(tail)
    if fade and stop - start >= fade:
        power = np.square(tail[start:], dtype=float) + np.square(head[: stop - start], dtype=float)
        total = np.concatenate(([0.0], np.cumsum(power)))
        at = int(np.argmin(total[fade:] - total[:-fade]))
        tail, head = tail[: start + at + fade], head[at:]
    silence = np.zeros(gap, np.float32)
    silence[: len(tail)] += faded(tail, fade, out=True)
    silence[gap - len(head) :] += faded(head, fade, out=False)
    return silence, fade


def faded(samples: Samples, fade: int, out: bool) -> Samples:
    """(frames,) with its last frames (`out`) or its first ones faded with equal power."""
    import numpy as np

    length = min(fade, len(samples))
    rising = np.sin(np.pi / 2 * (np.arange(length) + 0.5) / max(length, 1)).astype(np.float32)
    result = np.array(samples, np.float32)
    if out:
        result[len(result) - length :] *= rising[::-1]
    else:
        result[:length] *= rising
    return result


def is_broken_off(piece: Samples, activity: Activity, sample_rate: int) -> bool:
    """Whether the piece ends while it still sounds: Bark was stopped, and a word with it."""
    import numpy as np

    last = piece[-max(round(LAST_MOMENT * sample_rate), 1) :]
    power = float(np.mean(np.square(last, dtype=float)))
    return power > 10 ** ((activity.level - STILL_SOUNDING) / 10)


def _soft(stretch: Stretch, declick: int) -> Stretch:
    """Without room to fade in, the sound itself is faded."""
    before, sound, after = stretch.before, stretch.sound, stretch.after
    if len(before) < declick:
        before, sound = before[:0], faded(sound, declick, out=False)
    if len(after) < declick:
        sound, after = faded(sound, declick, out=True), after[:0]
    return Stretch(before, sound, after)
