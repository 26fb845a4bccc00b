"""What both sides of CLAP's benchmark hear and read, and how they are timed."""

import time
from collections.abc import Callable
from statistics import median

import numpy as np

SAMPLE_RATE, SECONDS = 48_000, 10
PROMPT = "a calm piano piece with soft strings, slow and sad, in a minor key"
TIMES = 5
SEED = 11


def windows(count: int) -> list[np.ndarray]:
    """So many windows of noise, (frames,) float32 each: what they hold costs nothing."""
    random = np.random.default_rng(SEED)
    shape = SECONDS * SAMPLE_RATE
    return [0.1 * random.standard_normal(shape, np.float32) for _ in range(count)]


def median_seconds(work: Callable[[], object]) -> float:
    """Of TIMES times, after one that is not counted."""
    work()
    seconds = []
    for _ in range(TIMES):
        start = time.monotonic()
        work()
        seconds.append(time.monotonic() - start)
    return median(seconds)
