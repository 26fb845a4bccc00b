"""Windows to one song: trimmed, brought to one level, put together where nobody sings.

What sounds is never cut, only the silence around it: pauses follow the text, and within their
bounds they are stretched or shrunk so that the song comes as near as it can to the length asked.

A seam is faded with equal power, cos² + sin² = 1. Two windows are two recordings, their noise and
breath have nothing to do with one another, and the powers of such sounds add up. A linear fade,
right for two copies of one sound, would dip by 3 dB in its middle.

How long the pauses between windows are, and what comes to lie where.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from secondtake.audio.activity import Activity, find_activity
from secondtake.audio.seams import Joint, Seam, measure_seams
from secondtake.models.bark.phrasing import Ends
from secondtake.models.bark.silence import FADE, Stretch, bridge, faded, is_broken_off, stretches_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]  # (frames,) in ±1
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]  # (frames,) in ±1
    Window = Sequence[Stretch]  # what is left of it between its long silences

KEPT_AROUND = 0.2, 0.5  # seconds at most before the song's first sound and after its last
Pause = Ends | float


@dataclass(frozen=True)
class Bounds:
    """What a pause may be, in seconds."""

    shortest: float
    usual: float
    longest: float


# Seconds between two windows, by what parts their text. A singer takes breath in 0.2 to 0.5 s;
# beyond 1.2 s a listener takes the song to be over. Where a sentence had to be parted between
# words, more than a moment is a stumble.
PAUSES: dict[Ends, Bounds] = {
    "sentence": Bounds(0.25, 0.5, 1.2),
    "line": Bounds(0.2, 0.4, 1.0),
    "breath": Bounds(0.12, 0.25, 0.6),
    "word": Bounds(0.03, 0.06, 0.15),
}


def bounds_of(pauses: Sequence[Pause]) -> Bounds:
    """The longest of pauses that have become one. Seconds are kept as they are."""
    known = [PAUSES[one] if isinstance(one, str) else Bounds(one, one, one) for one in pauses]
    return max(known, key=lambda bounds: bounds.usual)


def gaps_within(bounds: Sequence[Bounds], wanted: float) -> list[float]:
    """Pauses whose sum is as near to `wanted` seconds as the bounds let it; all give alike."""
    usual = sum(one.usual for one in bounds)
    ends = [one.longest if wanted > usual else one.shortest for one in bounds]
    room = abs(sum(ends) - usual)
    share = min(1.0, abs(wanted - usual) / room) if room else 0.0
    return [one.usual + share * (end - one.usual) for one, end in zip(bounds, ends, strict=True)]


def lay_out(
    windows: Sequence[Window], bounds: Sequence[Bounds], asked: float, inner: float, rate: int
) -> tuple[Samples, tuple[Joint, ...]]:
    """Windows and the bounds of the pauses between them -> (frames,), and where they were joined.

    `inner` is the silence inside a window where a longer one was, in seconds.
    """
    import numpy as np

    lead, tail = _edges(windows[0][0], windows[-1][-1], rate)
    flat = [(number, one) for number, window in enumerate(windows) for one in window]
    inside = round(inner * rate) * (len(flat) - len(windows))
    fixed = len(lead) + sum(len(one.sound) for _, one in flat) + inside + len(tail)
    gaps = gaps_within(bounds, asked - fixed / rate)
    parts, fades = [lead], []  # silence and sound in turn
    for (number, one), (following, other) in pairwise(flat):
        gap = round((inner if number == following else gaps[number]) * rate)
        silence, fade = bridge(one.after, other.before, gap, rate)
        parts += [one.sound, silence]
        fades += [] if number == following else [fade]
    parts += [flat[-1][1].sound, tail]
    spans = _spans([number for number, _ in flat], [len(part) for part in parts])
    joints = (
        Joint(one, two, fade) for (one, two), fade in zip(pairwise(spans), fades, strict=True)
    )
    return np.concatenate(parts), tuple(joints)


def _edges(first: Stretch, last: Stretch, rate: int) -> tuple[Samples, Samples]:
    """The room before a song's first sound and after its last."""
    fade, (before, after) = round(FADE * rate), (round(kept * rate) for kept in KEPT_AROUND)
    lead = first.before[max(len(first.before) - before, 0) :]
    return faded(lead, fade, out=False), faded(last.after[:after], fade, out=True)


def _spans(numbers: Sequence[int], lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Each window's first frame and the one after its last; sounds have the odd lengths."""
    edges = [0, *accumulate(lengths)]
    spans: dict[int, tuple[int, int]] = {}
    for place, number in enumerate(numbers):
        start, end = edges[2 * place + 1], edges[2 * place + 2]
        spans[number] = (spans.get(number, (start, end))[0], end)
    return list(spans.values())


SAMPLE_RATE = 24_000  # Hz, of EnCodec's 24 kHz model
LONGEST_SILENCE = 1.5  # seconds inside a window
GAIN = 3.0  # dB: evens out two takes' recording levels, and leaves a whisper a whisper
HIGHEST_PEAK = 0.99  # of full scale; no gain goes beyond it
NEAR_ENOUGH = 0.1  # of the length asked


@dataclass(frozen=True)
class Joined:
    """A song, and what was done to make it one."""

    samples: Samples
    seams: tuple[Seam, ...]  # between the windows that sound, in order
    gains_db: tuple[float, ...]  # of every window; 0 for a silent one
    notes: tuple[str, ...]  # what the listener should know

    def as_json(self) -> dict[str, Any]:
        """Everything but the samples and the notes, for the take's record."""
        return {"seams": [seam.as_json() for seam in self.seams], "gains_db": list(self.gains_db)}


def join(
    pieces: Sequence[Samples],
    pauses: Sequence[Pause],
    asked: float,
    sample_rate: int = SAMPLE_RATE,
    longest_silence: float | None = LONGEST_SILENCE,
) -> Joined:
    """Pieces (frames,) float32 in ±1, with a pause after each but the last -> one song.

    A pause is one of PAUSES, or seconds, which are then kept as they are. `asked` is in seconds.
    A single piece is left sample for sample as it is. Silent pieces are left out, and said.
    """
    import numpy as np

    if not pieces or len(pauses) != len(pieces) - 1:
        raise ValueError(f"{len(pieces)} pieces cannot have {len(pauses)} pauses between them")
    voices = [find_activity(piece, sample_rate) for piece in pieces]
    notes = list(_faults(pieces, voices, sample_rate, longest_silence))
    if len(pieces) == 1 or not any(voices):
        joints: tuple[Joint, ...] = ()
        samples = np.concatenate(pieces)
        gains = [0.0] * len(pieces)
    else:
        gains = _gains(pieces, voices)
        windows = [
            stretches_of(_louder(piece, gain), voice, sample_rate, longest_silence)
            for piece, voice, gain in zip(pieces, voices, gains, strict=True)
            if voice
        ]
        heard = [number for number, voice in enumerate(voices) if voice]
        bounds = [bounds_of(pauses[one:other]) for one, other in pairwise(heard)]
        samples, joints = lay_out(windows, bounds, asked, longest_silence or 0.0, sample_rate)
    notes += _about_length(len(samples) / sample_rate, asked)
    seams = measure_seams(samples, joints, sample_rate)
    return Joined(samples, seams, tuple(gains), tuple(notes))


def _faults(
    pieces: Sequence[Samples],
    voices: Sequence[Activity | None],
    sample_rate: int,
    longest_silence: float | None,
) -> Iterator[str]:
    for number, (piece, voice) in enumerate(zip(pieces, voices, strict=True), 1):
        if voice is None:
            yield f"window {number} is silent" + ("; it was left out" if len(pieces) > 1 else "")
            continue
        if is_broken_off(piece, voice, sample_rate):
            yield f"window {number} ends in the middle of a sound"
        pause = max((end - start for start, end in voice.silences), default=0) / sample_rate
        if longest_silence is not None and pause > longest_silence and len(pieces) > 1:
            yield f"window {number}: {pause:.1f} s of silence, shortened to {longest_silence:g} s"


def _gains(pieces: Sequence[Samples], voices: Sequence[Activity | None]) -> list[float]:
    """What brings each window to the first one's level, in dB: at most GAIN, and no clipping."""
    import numpy as np

    anchor = next(voice.level for voice in voices if voice)
    gains = []
    for piece, voice in zip(pieces, voices, strict=True):
        peak = float(np.abs(piece).max(initial=0.0))
        room = max(np.floor(2000 * np.log10(HIGHEST_PEAK / max(peak, 1e-6))) / 100, 0.0)
        wanted = max(-GAIN, min(GAIN, anchor - voice.level)) if voice else 0.0
        gains.append(round(float(min(wanted, room)), 2))
    return gains


def _louder(piece: Samples, gain: float) -> Samples:
    import numpy as np

    return np.asarray(piece * np.float32(10 ** (gain / 20)), np.float32)


def _about_length(seconds: float, asked: float) -> Iterator[str]:
    if seconds > asked * (1 + NEAR_ENOUGH):
        yield (
            f"{seconds:.1f} s long, {asked:g} s asked: nothing that sounds was cut; for a shorter "
            "song, shorten the lyrics"
        )
    if seconds < asked * (1 - NEAR_ENOUGH):
        yield f"{seconds:.1f} s long, {asked:g} s asked: the lyrics were sung in less"
