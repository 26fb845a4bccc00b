"""Is the signal cut off at the top? Two rules, because each misses what the other finds.

Samples are (frames, channels) float32, full scale ±1. Both rules know one false friend: the crest
of a pure, very low tone (an 808 alone) is flat too. They therefore warn; only a file with more
than 1 % of its samples on flat tops fails.

Single samples that jump: a click, where a buffer was joined badly or a bit was lost.
"""

import numpy as np

from secondtake.analysis.checks.check import MEASURED, R128, Check, judge
from secondtake.audio.true_peak import true_peak as measure_true_peak

NEAR_FULL_SCALE = 10 ** (-1 / 20)  # -1 dBFS
STILL = 0.001  # step between neighbours that counts as no movement
FULL_SCALE_RUN = 3  # samples
FEW = 0.0003  # share of the samples; what is mastered loud has up to .00027
FLAT_TOP_RUN = 4  # identical samples at the peak: 0 hits on 19 real tracks
DESTROYED = 0.01  # share of samples on flat tops
MAX_TRUE_PEAK = -1.0  # dBTP, EBU R 128


def full_scale(samples: np.ndarray) -> Check:
    """Samples in runs of 3 or more at or above -1 dBFS that hardly move (step below 0.001)."""
    loud = np.abs(samples) >= NEAR_FULL_SCALE
    still = np.abs(np.diff(samples, axis=0)) < STILL
    count = _in_runs(still & loud[1:] & loud[:-1], FULL_SCALE_RUN)
    share = count / max(1, samples.size)
    return judge(
        "clipping at full scale",
        count,
        "samples",
        f"0; above {FEW:.2%} of the file warns",
        warns=share > FEW,
        hints=count > 0,
        note=f"{share:.2%} of the samples stick at full scale",
        source=MEASURED,
    )


def flat_tops(samples: np.ndarray) -> Check:
    """Samples in runs of 4 or more that are identical and at their channel's peak.

    Finds a signal that was clipped and turned down afterwards.
    """
    count = sum(_in_runs(_at_crest(channel)[:, None], FLAT_TOP_RUN) for channel in samples.T)
    share = count / max(1, samples.size)
    return judge(
        "clipping, flat tops",
        count,
        "samples",
        f"0; above {DESTROYED:.0%} of the file fails",
        fails=share > DESTROYED,
        warns=count > 0,
        note=f"{share:.2%} of the samples lie on flat tops: clipped before it was written",
        source=MEASURED,
    )


def true_peak(samples: np.ndarray) -> Check:
    """True peak in dBTP, 4x oversampled; above -1 dBTP (EBU R 128) is a hint.

    Most released tracks exceed it. It matters once the file is encoded.
    """
    peak = measure_true_peak(samples)
    return judge(
        "true peak",
        peak,
        "dBTP",
        f"at most {MAX_TRUE_PEAK:g} dBTP",
        hints=peak > MAX_TRUE_PEAK,
        note="may distort in an MP3 or on a small player",
        source=R128,
    )


def _at_crest(channel: np.ndarray) -> np.ndarray:
    """Where neighbours are equal and both at the channel's highest or lowest value, (frames-1,)."""
    if not len(channel):
        return np.empty(0, dtype=bool)
    crest = np.zeros(len(channel) - 1, dtype=bool)
    for peak in (channel.max(), channel.min()):
        if peak != 0:
            at_peak = channel == peak
            crest |= at_peak[1:] & at_peak[:-1]
    return crest


def _in_runs(steps: np.ndarray, shortest: int) -> int:
    """Samples in runs of at least `shortest`, from (frames-1, channels) "same as before" marks."""
    count = 0
    for channel in steps.T:
        padded = np.concatenate(([False], channel, [False])).astype(np.int8)
        starts, ends = np.flatnonzero(np.diff(padded)).reshape(-1, 2).T
        lengths = ends - starts + 1  # n equal steps join n+1 samples
        count += int(lengths[lengths >= shortest].sum())
    return count


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
