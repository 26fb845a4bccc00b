"""Faults of a sound: clipping, clicks, dropouts, and stretches that come again.

One definition each, for the checks of a file and for a model that sings a spoilt window again; the
thresholds were set on released music with faults put in, and on announcements
(docs/lab/check-detection.md, docs/lab/bark.md). Samples are (frames, channels) float32 in ±1 at
their own rate. Repetition is looked for in band levels, (hops, bands) in dB: compared is how the
bands *move* within a block, each band's mean taken away, so that a held chord is no repetition.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from secondtake.audio.bands import HOP_SECONDS, SMALLEST, hops
from secondtake.audio.loudness import SILENCE_DBFS, block_levels

# Clipping. The crest of a pure, very low tone (an 808 alone) is flat too.
NEAR_FULL_SCALE = 10 ** (-1 / 20)  # -1 dBFS
STILL = 0.001  # step between neighbours that counts as no movement
FULL_SCALE_RUN = 3  # samples
CLIPPED_SHARE = 0.0003  # of the samples at full scale; music mastered loud has up to .00027
FLAT_TOP_RUN = 4  # identical samples at the peak: 0 hits on 19 real tracks
DESTROYED_SHARE = 0.01  # of the samples

CLICK_BLOCK = 0.010  # s
CLICK_OUTLIER = 30.0  # times the median curvature around it; noise reaches 6, a drum some 20
CLICK_DBFS = -40.0  # softer ones are not audible
CLICK_SHARP = 4  # samples that come near the highest; a drum's attack has more

DROPOUT_GRAIN = 0.0025  # s; blocks in which dropouts are looked for
SHORTEST_DROPOUT, LONGEST_DROPOUT = 0.010, 3.5  # s; shorter is a click, longer a rest
NEIGHBOUR = 0.040  # s of sound on either side
NEIGHBOUR_DBFS = -40.0  # a note that fades out is quieter than this before it is silent
EDGE = 0.002  # s; a voice, a mixing desk or a model fades over longer into its pauses
EDGE_DROP = 15.0  # dB from the 40 ms to the edge; pauses in 102 files: 17 and more, holes: to 13

LOOP_BLOCK = 1.0  # s; three or four sung syllables
COPY_ALIKE = 0.97  # correlation; a copy that falls between the hops has .95, but its second .98
PHRASE_ALIKE = 0.8  # of a phrase that is sung again a little differently
SHORTEST_PHRASE = 1.5  # s
LONGEST_LAG = 20.0  # s; a loop of ten bars at 120 BPM
MOVEMENT = 2.0  # dB, standard deviation within a block; less is a held sound
SHORTEST_LAG = 0.1  # s; a vibrato repeats after .14 to .2
SHORTEST_PERIOD, LONGEST_PERIOD = 0.3, 4.0  # s; shorter is a vibrato or a rattle
LOOP_TIMES, LOOP_SECONDS = 3.0, 2.0  # a refrain may come twice


def runs(marks: np.ndarray) -> np.ndarray:
    """(n,) bool -> (runs, 2): first place and the one after the last of every run of True."""
    padded = np.concatenate(([False], marks, [False])).astype(np.int8)
    return np.flatnonzero(np.diff(padded)).reshape(-1, 2)


def longest_run(marks: np.ndarray) -> tuple[int, int]:
    """(n,) bool -> start and length of the longest run of True; (0, 0) without one."""
    spans = runs(marks)
    if not len(spans):
        return 0, 0
    start, end = spans[int(np.argmax(spans[:, 1] - spans[:, 0]))]
    return int(start), int(end - start)


def count_full_scale(samples: np.ndarray) -> int:
    """Samples in runs of 3 or more at or above -1 dBFS that hardly move (step below 0.001)."""
    loud = np.abs(samples) >= NEAR_FULL_SCALE
    still = np.abs(np.diff(samples, axis=0)) < STILL
    return _count_in_runs(still & loud[1:] & loud[:-1], FULL_SCALE_RUN)


def count_flat_tops(samples: np.ndarray) -> int:
    """Samples in runs of 4 or more, equal and at a channel's peak: clipped, then turned down."""
    return sum(_count_in_runs(_at_crest(channel)[:, None], FLAT_TOP_RUN) for channel in samples.T)


def _at_crest(channel: np.ndarray) -> np.ndarray:
    """Marks of equal neighbours at the channel's highest or lowest value, (frames-1,)."""
    if len(channel) < 2:
        return np.empty(0, dtype=bool)
    at_crest = (channel == channel.max()) | (channel == channel.min())
    return np.asarray((at_crest & (channel != 0))[1:] & (channel[1:] == channel[:-1]))


def _count_in_runs(steps: np.ndarray, shortest: int) -> int:
    """Samples in runs of at least `shortest`, from (frames-1, channels) "same as before" marks."""
    spans = np.concatenate([np.empty((0, 2), int), *(runs(channel) for channel in steps.T)])
    lengths = spans[:, 1] - spans[:, 0] + 1  # n equal steps join n+1 samples
    return int(lengths[lengths >= shortest].sum())


def find_clicks(samples: np.ndarray, sample_rate: int) -> list[float]:
    """Times in s of the 10 ms, all but the first and last, out of which a single sample jumps."""
    size = click_frames(sample_rate)
    blocks = {block for channel in samples.T for block in _clicking_blocks(channel, size)}
    # A click on a border is in two blocks.
    return [block * size / sample_rate for block in sorted(blocks) if block - 1 not in blocks]


def click_frames(sample_rate: int) -> int:
    """Frames of the block that a click jumps out of."""
    return max(8, round(CLICK_BLOCK * sample_rate))


def _clicking_blocks(channel: np.ndarray, size: int) -> list[int]:
    """Blocks of one channel, (frames,), that hold a click."""
    curvature = np.abs(np.diff(channel, n=2))
    blocks = curvature[: len(curvature) // size * size].reshape(-1, size)
    if len(blocks) < 3:
        return []
    highest, usual = blocks.max(axis=1), np.median(blocks, axis=1)
    around = np.maximum(np.maximum(usual[:-2], usual[1:-1]), usual[2:])
    bound = np.maximum(CLICK_OUTLIER * around, 10 ** (CLICK_DBFS / 20))
    suspects = np.flatnonzero(highest[1:-1] > bound) + 1
    sharp = (blocks[suspects] > highest[suspects, None] / 4).sum(axis=1) <= CLICK_SHARP
    return [int(block) for block in suspects[sharp]]


def find_dropouts(samples: np.ndarray, sample_rate: int) -> list[tuple[float, float]]:
    """Start and length in s of holes below -60 dBFS, 10 ms to 3.5 s long.

    On either side 40 ms sound above -40 dBFS, and the 2 ms next to the hole at most 15 dB softer:
    before p, t and k a voice is silent too, but fades on the way there.
    """
    levels = block_levels(samples, sample_rate, DROPOUT_GRAIN)
    size = max(1, round(DROPOUT_GRAIN * sample_rate))
    seconds = size / sample_rate
    wide = round(NEIGHBOUR / DROPOUT_GRAIN)
    # A hole's first and last block may be half sound, so a hole of 10 ms can fill 3 blocks only.
    shortest = SHORTEST_DROPOUT - 2 * DROPOUT_GRAIN
    return [
        (float(start * seconds), float((end - start) * seconds))
        for start, end in runs(levels < SILENCE_DBFS)
        if shortest < (end - start) * seconds + seconds / 2
        and (end - start) * seconds <= LONGEST_DROPOUT
        and _sounding(levels[max(0, start - wide) : start], wide)
        and _sounding(levels[end : end + wide], wide)
        and _is_abrupt(samples, start * size, end * size, sample_rate)
    ]


def _sounding(levels: np.ndarray, wide: int) -> bool:
    """True if these blocks, in dBFS, are all there and together louder than -40 dBFS."""
    if len(levels) < wide:
        return False
    return bool(10 * np.log10(np.mean(10 ** (levels / 10))) > NEIGHBOUR_DBFS)


def _is_abrupt(samples: np.ndarray, first: int, last: int, sample_rate: int) -> bool:
    """True if the hole, silent in every block from frame first to last, has hard edges."""
    around = round((DROPOUT_GRAIN + EDGE) * sample_rate) + 1  # its edges lie within a block of it
    wide, edge = round(NEIGHBOUR * sample_rate), round(EDGE * sample_rate)
    before = np.abs(samples[max(0, first - around - wide) : first]).max(axis=1)[::-1]
    after = np.abs(samples[last : last + around + wide]).max(axis=1)
    for side in (before, after):  # both from the hole outwards
        sounding = np.flatnonzero(side[:around] >= 10 ** (SILENCE_DBFS / 20))
        if not len(sounding):
            return False
        side = side[sounding[0] :]
        if np.mean(side[:edge] ** 2) < np.mean(side[:wide] ** 2) * 10 ** (-EDGE_DROP / 10):
            return False
    return True


@dataclass(frozen=True)
class Repetition:
    """A stretch that comes again."""

    at: float  # s
    later: float  # s from its first to its second time
    seconds: float


@dataclass(frozen=True)
class Loop:
    """A stretch that repeats its first `period` seconds."""

    at: float  # s
    period: float  # s
    times: float


def copied_share(bands: np.ndarray) -> float:
    """Share of (hops, bands) in blocks of 1 s that come again, alike at r > .97."""
    copied = np.zeros(len(bands), dtype=bool)
    size = hops(LOOP_BLOCK)
    for lag, alike in _recurrences(bands, range(size, hops(LONGEST_LAG) + 1)):
        starts = np.flatnonzero(alike > COPY_ALIKE)
        for first in (starts, starts + lag):
            copied |= _covered(first, size, len(copied))
    return float(copied.mean()) if len(copied) else 0.0


def find_repetition(bands: np.ndarray) -> Repetition | None:
    """The longest stretch of at least 1.5 s that comes again alike (r > .8), or None."""
    longest: Repetition | None = None
    for lag, alike in _recurrences(bands, range(hops(SHORTEST_PHRASE), hops(LONGEST_LAG) + 1)):
        start, length = longest_run(alike > PHRASE_ALIKE)
        seconds = (length - 1 + hops(LOOP_BLOCK)) * HOP_SECONDS
        record = longest.seconds if longest else 0.0
        if length and seconds >= SHORTEST_PHRASE and seconds > record:
            longest = Repetition(start * HOP_SECONDS, lag * HOP_SECONDS, seconds)
    return longest


def find_loop(bands: np.ndarray) -> Loop | None:
    """The longest 2 s or more, alike (r > .8) three times, with a period of 0.3 to 4 s, or None."""
    longest, hops_so_far = None, hops(LOOP_SECONDS) - 1
    for lag, alike in _recurrences(bands, range(hops(SHORTEST_LAG), hops(LONGEST_PERIOD) + 1)):
        start, length = longest_run(alike > PHRASE_ALIKE)
        whole = lag + length - 1 + hops(LOOP_BLOCK)
        if length and whole >= LOOP_TIMES * lag and whole > hops_so_far:
            longest, hops_so_far = Loop(start * HOP_SECONDS, lag * HOP_SECONDS, whole / lag), whole
    return longest if longest and longest.period >= SHORTEST_PERIOD else None


def _recurrences(bands: np.ndarray, lags: range) -> Iterator[tuple[int, np.ndarray]]:
    """For every lag in hops, how alike each block of 1 s and the one a lag later move.

    (hops, bands) dB -> lag and correlations (blocks,), 0 where one of the two hardly moves.
    """
    size = hops(LOOP_BLOCK)
    blocks = len(bands) - size + 1
    if blocks <= lags.start:
        return
    bands = (bands - bands.mean(axis=0)).astype(np.float64)
    means = _sums(bands, size) / size  # (blocks, bands)
    power = _sums(np.einsum("ij,ij->i", bands, bands), size)
    power -= size * np.einsum("ij,ij->i", means, means)
    moving = power > MOVEMENT**2 * size * bands.shape[1]
    scale = np.where(moving, 1 / np.sqrt(np.maximum(power, SMALLEST)), 0.0)
    for lag in lags[: blocks - lags.start]:
        both = _sums(np.einsum("ij,ij->i", bands[:-lag], bands[lag:]), size)
        both -= size * np.einsum("ij,ij->i", means[:-lag], means[lag:])
        yield lag, both * scale[:-lag] * scale[lag:]


def _sums(values: np.ndarray, size: int) -> np.ndarray:
    """Sums of every `size` rows in a row, (rows - size + 1, …)."""
    total = np.cumsum(values, axis=0)
    return np.asarray(total[size - 1 :] - np.concatenate([np.zeros_like(total[:1]), total[:-size]]))


def _covered(starts: np.ndarray, size: int, length: int) -> np.ndarray:
    """(length,) bool: marks of all that blocks of `size` cover which begin at `starts`."""
    steps = np.zeros(length + 1, dtype=int)
    np.add.at(steps, starts, 1)
    np.add.at(steps, np.minimum(starts + size, length), -1)
    return np.cumsum(steps[:-1]) > 0
