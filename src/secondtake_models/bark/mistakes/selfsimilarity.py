"""Sound that repeats itself: its spectrum against what it was one lag before."""

from itertools import pairwise
from typing import Any

from secondtake_models.bark.mistakes.stuck import agreeing

FRAME_SECONDS, SMOOTHED = 0.02, 3  # a period is no whole number of frames: three are averaged
BAND_EDGES_HZ = (100, 200, 300, 450, 650, 900, 1200, 1600, 2100, 2700, 3500, 4600, 6000, 8000)
DEPTH_DB = 50.0  # what is quieter than this under the loudest band counts as silence
SHORTEST, LONGEST = 0.3, 4.0  # s; shorter is a rattle, and three longer ones fill a window
ALIKE_DB = 4.0  # mean over the bands; two unrelated moments of a voice differ by 10 dB and more
DISAGREEMENT = 2.0  # one frame that differs takes back two that agree
TIMES, LEAST_SECONDS = 3.0, 2.0
MOVEMENT_DB = 4.0  # mean distance from the period's own mean; a held note moves less


def sound_loop(sound: Any, rate: int) -> dict[str, float] | None:
    """(frames,) in ±1 -> at (s), period_seconds and times of the longest loop, or None."""
    import numpy as np

    bands = _bands(sound, rate)  # (n, bands) dB
    best: dict[str, float] | None = None
    length = LEAST_SECONDS / FRAME_SECONDS - 1
    last = min(round(LONGEST / FRAME_SECONDS), int(len(bands) / TIMES))
    for lag in range(round(SHORTEST / FRAME_SECONDS), last + 1):
        alike = np.mean(np.abs(bands[lag:] - bands[:-lag]), axis=1) < ALIKE_DB
        start, end = agreeing(alike, DISAGREEMENT)
        size = end - start + lag
        if end == start or size < TIMES * lag or size <= length:
            continue
        once = bands[start : start + lag]
        if np.mean(np.abs(once - once.mean(axis=0))) >= MOVEMENT_DB:
            length = size
            best = {"at": start, "period_seconds": lag, "times": size / lag}
    if best:
        best["at"] *= FRAME_SECONDS
        best["period_seconds"] *= FRAME_SECONDS
    return best


def _bands(sound: Any, rate: int) -> Any:
    """(frames,) -> (n, bands): level of each band in dB, no lower than DEPTH_DB under the top."""
    import numpy as np

    size = round(FRAME_SECONDS * rate)
    rows = sound[: len(sound) // size * size].reshape(-1, size)
    power = np.abs(np.fft.rfft(rows * np.hanning(size), axis=1)) ** 2
    hertz = np.fft.rfftfreq(size, 1 / rate)
    sums = [
        power[:, (hertz >= low) & (hertz < high)].sum(axis=1)
        for low, high in pairwise(BAND_EDGES_HZ)
    ]
    weights = np.ones(SMOOTHED) / SMOOTHED
    smooth = [np.convolve(band, weights, mode="same") for band in sums] if len(rows) else sums
    level = 10 * np.log10(np.stack(smooth, axis=1) + 1e-12)
    return np.maximum(level, level.max() - DEPTH_DB) if level.size else level
