"""Single samples that jump: a click, where a buffer was joined badly or a bit was lost."""

import numpy as np

from secondtake_analysis.checks.check import MEASURED, Check, judge

BLOCK = 0.010  # s
OUTLIER = 30.0  # times the median curvature around it; noise reaches 6, a drum some 20
AUDIBLE_DBFS = -40.0
SHARP = 4  # samples that come near the highest; a drum's attack has more


def clicks(samples: np.ndarray, sample_rate: int) -> Check:
    """How many single samples jump out of their 10 ms, in all channels.

    A hint: the attack of a drum machine or a plucked string is as sharp (see docs).
    """
    places = find_clicks(samples, sample_rate)
    where = ", ".join(f"{at:.2f}" for at in places[:3])
    return judge(
        "clicks",
        len(places),
        "places",
        "0",
        hints=bool(places),
        note=f"at {where} s{' and later' if len(places) > 3 else ''}; sharp attacks look the same",
        source=MEASURED,
    )


def find_clicks(samples: np.ndarray, sample_rate: int) -> list[float]:
    """Where the clicks are, in s, each 10 ms once."""
    size = max(8, round(BLOCK * sample_rate))
    found: set[int] = set()
    for channel in samples.T:
        found.update(_clicking(channel, size))
    first = (block for block in sorted(found) if block - 1 not in found)  # one may lie on a border
    return [block * size / sample_rate for block in first]


def _clicking(channel: np.ndarray, size: int) -> list[int]:
    """The blocks of one channel, (frames,), that hold a click."""
    curvature = np.abs(np.diff(channel, n=2))
    blocks = curvature[: len(curvature) // size * size].reshape(-1, size)
    if len(blocks) < 3:
        return []
    highest, usual = blocks.max(axis=1), np.median(blocks, axis=1)
    around = np.maximum(np.maximum(usual[:-2], usual[1:-1]), usual[2:])
    bound = np.maximum(OUTLIER * around, 10 ** (AUDIBLE_DBFS / 20))
    suspects = np.flatnonzero(highest[1:-1] > bound) + 1
    sharp = (blocks[suspects] > highest[suspects, None] / 4).sum(axis=1) <= SHARP
    return [int(block) for block in suspects[sharp]]
