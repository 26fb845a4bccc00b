"""Windows to one song: trimmed, brought to one level, put together where nobody sings.

What sounds is never cut, only the silence around it: pauses follow the text and are stretched or
shrunk within their bounds, towards the length asked. A seam is faded with equal power, cos² + sin²
= 1: two windows are two recordings, whose powers add up. A linear fade would dip by 3 dB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondtake.audio.activity import Activity, find_activity
from secondtake.audio.seams import Junction, Seam, measure_seams
from secondtake.core.prompts.phrasing import Ends
from secondtake.models.bark.constants import SAMPLE_RATE
from secondtake.models.bark.silence import (
    FADE,
    Clip,
    crossfade_gap,
    ends_abruptly,
    fade,
    split_at_silence,
)

Samples = NDArray[np.float32]  # (frames,) in ±1

KEPT_AROUND = 0.2, 0.5  # seconds at most before the song's first sound and after its last
Pause = Ends | float


class PauseBounds(NamedTuple):
    """The bounds of a pause, in seconds."""

    shortest: float
    usual: float
    longest: float


# Seconds between two windows, by what parts their text. A singer takes breath in 0.2 to 0.5 s;
# beyond 1.2 s a listener takes the song to be over. Where a sentence had to be parted between
# words, more than a moment is a stumble.
PAUSES: dict[Ends, PauseBounds] = {
    "sentence": PauseBounds(0.25, 0.5, 1.2),
    "line": PauseBounds(0.2, 0.4, 1.0),
    "breath": PauseBounds(0.12, 0.25, 0.6),
    "word": PauseBounds(0.03, 0.06, 0.15),
}


def pause_bounds(pauses: Sequence[Pause]) -> PauseBounds:
    """The longest of pauses that have become one. Seconds are kept as they are."""
    bounds = (PAUSES[p] if isinstance(p, str) else PauseBounds(p, p, p) for p in pauses)
    return max(bounds, key=attrgetter("usual"))


def fit_pauses(bounds: Sequence[PauseBounds], seconds: float) -> list[float]:
    """Pauses whose sum is as near to `seconds` as the bounds let it; all give alike."""
    usual = sum(pause.usual for pause in bounds)
    limits = [pause.longest if seconds > usual else pause.shortest for pause in bounds]
    room = abs(sum(limits) - usual)
    share = min(1.0, abs(seconds - usual) / room) if room else 0.0
    pairs = zip(bounds, limits, strict=True)
    return [pause.usual + share * (limit - pause.usual) for pause, limit in pairs]


def place(
    windows: Sequence[Sequence[Clip]],
    bounds: Sequence[PauseBounds],
    seconds: float,
    inner: float,
    rate: int,
) -> tuple[Samples, tuple[Junction, ...]]:
    """Windows, each its clips, and the bounds of the pauses between them -> (frames,), junctions.

    `inner` is the silence inside a window where a longer one was, in seconds.
    """
    lead, tail = _edges(windows[0][0], windows[-1][-1], rate)
    clips = [(number, clip) for number, window in enumerate(windows) for clip in window]
    inside = round(inner * rate) * (len(clips) - len(windows))
    fixed = len(lead) + sum(len(clip.sound) for _, clip in clips) + inside + len(tail)
    pauses = fit_pauses(bounds, seconds - fixed / rate)
    parts, fades = [lead], []  # silence and sound in turn
    for (number, clip), (next_number, next_clip) in pairwise(clips):
        gap = round((inner if number == next_number else pauses[number]) * rate)
        silence, fade_frames = crossfade_gap(clip.after, next_clip.before, gap, rate)
        parts += [clip.sound, silence]
        fades += [] if number == next_number else [fade_frames]
    parts += [clips[-1][1].sound, tail]
    spans = _spans([number for number, _ in clips], [len(part) for part in parts])
    junctions = map(Junction, spans, spans[1:], fades)
    return np.concatenate(parts), tuple(junctions)


def _edges(first: Clip, last: Clip, rate: int) -> tuple[Samples, Samples]:
    """The room before a song's first sound and after its last."""
    before, after = (round(seconds * rate) for seconds in KEPT_AROUND)
    fade_frames = round(FADE * rate)
    lead = first.before[max(len(first.before) - before, 0) :]
    return fade(lead, fade_frames, out=False), fade(last.after[:after], fade_frames, out=True)


def _spans(numbers: Sequence[int], lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Each window's first frame and the one after its last; sounds have the odd lengths."""
    edges = [0, *accumulate(lengths)]
    spans: dict[int, tuple[int, int]] = {}
    for index, number in enumerate(numbers):
        start, end = edges[2 * index + 1], edges[2 * index + 2]
        spans[number] = (spans.get(number, (start, end))[0], end)
    return list(spans.values())


LONGEST_SILENCE = 1.5  # seconds inside a window
GAIN = 3.0  # dB: evens out two takes' recording levels, and leaves a whisper a whisper
HIGHEST_PEAK = 0.99  # of full scale; no gain goes beyond it
NEAR_ENOUGH = 0.1  # of the length asked


@dataclass(frozen=True)
class Concatenated:
    """A song, its seams and its windows' gains."""

    samples: Samples
    seams: tuple[Seam, ...]  # between the windows that sound, in order
    gains_db: tuple[float, ...]  # of every window; 0 for a silent one
    notes: tuple[str, ...]  # for the listener

    def as_json(self) -> dict[str, Any]:
        """Everything but the samples and the notes, for the take's record."""
        return {"seams": [seam.as_json() for seam in self.seams], "gains_db": list(self.gains_db)}


def concatenate(
    windows: Sequence[Samples],
    pauses: Sequence[Pause],
    song_seconds: float,
    sample_rate: int = SAMPLE_RATE,
    longest_silence: float | None = LONGEST_SILENCE,
) -> Concatenated:
    """Windows (frames,) float32 in ±1, with a pause after each but the last -> one song.

    A pause is one of PAUSES, or seconds, which are kept. A single window is left sample for sample
    as it is. Silent ones are left out, and said. song_seconds: the length asked.
    """
    if not windows or len(pauses) != len(windows) - 1:
        raise ValueError(f"{len(windows)} pieces cannot have {len(pauses)} pauses between them")
    activities = [find_activity(window, sample_rate) for window in windows]
    notes = list(_faults(windows, activities, sample_rate, longest_silence))
    if len(windows) == 1 or not any(activities):
        junctions: tuple[Junction, ...] = ()
        samples, gains = np.concatenate(windows), [0.0] * len(windows)
    else:
        gains = _gains(windows, activities)
        clips = [
            split_at_silence(_amplified(window, gain), activity, sample_rate, longest_silence)
            for window, activity, gain in zip(windows, activities, gains, strict=True)
            if activity
        ]
        sounding = [number for number, activity in enumerate(activities) if activity]
        bounds = [pause_bounds(pauses[first:second]) for first, second in pairwise(sounding)]
        samples, junctions = place(clips, bounds, song_seconds, longest_silence or 0.0, sample_rate)
    notes += _about_length(len(samples) / sample_rate, song_seconds)
    seams = measure_seams(samples, junctions, sample_rate)
    return Concatenated(samples, seams, tuple(gains), tuple(notes))


def _faults(
    windows: Sequence[Samples],
    activities: Sequence[Activity | None],
    sample_rate: int,
    longest_silence: float | None,
) -> Iterator[str]:
    for number, (window, activity) in enumerate(zip(windows, activities, strict=True), 1):
        if activity is None:
            yield f"window {number} is silent" + ("; it was left out" if len(windows) > 1 else "")
            continue
        if ends_abruptly(window, activity, sample_rate):
            yield f"window {number} ends in the middle of a sound"
        pause = max((end - start for start, end in activity.silences), default=0) / sample_rate
        if longest_silence is not None and pause > longest_silence and len(windows) > 1:
            yield f"window {number}: {pause:.1f} s of silence, shortened to {longest_silence:g} s"


def _gains(windows: Sequence[Samples], activities: Sequence[Activity | None]) -> list[float]:
    """The gain of each window to the first one's level, in dB: at most GAIN, and no clipping."""
    level = next(activity.level for activity in activities if activity)
    gains = []
    for window, activity in zip(windows, activities, strict=True):
        peak = float(np.abs(window).max(initial=0.0))
        room = max(np.floor(2000 * np.log10(HIGHEST_PEAK / max(peak, 1e-6))) / 100, 0.0)
        gain = max(-GAIN, min(GAIN, level - activity.level)) if activity else 0.0
        gains.append(round(float(min(gain, room)), 2))
    return gains


def _amplified(window: Samples, gain: float) -> Samples:
    return np.asarray(window * np.float32(10 ** (gain / 20)), np.float32)


def _about_length(seconds: float, wanted: float) -> Iterator[str]:
    if seconds > wanted * (1 + NEAR_ENOUGH):
        hint = "nothing that sounds was cut; for a shorter song, shorten the lyrics"
        yield f"{seconds:.1f} s long, {wanted:g} s asked: {hint}"
    if seconds < wanted * (1 - NEAR_ENOUGH):
        yield f"{seconds:.1f} s long, {wanted:g} s asked: the lyrics were sung in less"
