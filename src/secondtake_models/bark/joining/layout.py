"""How long the pauses between windows are, and what comes to lie where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from secondtake_models.bark.joining.stretches import FADE, Stretch, bridge, faded
from secondtake_models.bark.words.phrasing import Ends
from secondtake_models.joining.seams import Joint

if TYPE_CHECKING:
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
