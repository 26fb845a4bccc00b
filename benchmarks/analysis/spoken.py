"""Voices to measure with: announcements that Debian packages for telephones, Spanish and English.

One woman, 8 kHz, CC BY-SA 3.0. Nothing of it is ever committed.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import soxr
from benchmarks.analysis.corpus import FOLDER, fetched

from secondtake.analysis.audio_io import Audio, read, read_header

PACKAGES = ("asterisk-core-sounds-es-wav", "asterisk-core-sounds-en-wav")
RATE = 24_000  # Hz; Bark's
LEAST_SECONDS, MOST_SECONDS = 2.5, 5.0  # of an announcement
PAUSE_SECONDS = 0.3
PIECE_SECONDS = 14.0  # a window of Bark's
WOBBLE_SECONDS, WOBBLE = 0.1, 0.2  # level changes that make a second time another one
NOISE = 0.003  # of full scale


@cache
def announcements() -> tuple[np.ndarray, ...]:
    """Sentences of 2.5 to 5 s, each (frames,) float32 at 24 kHz."""
    for package in PACKAGES:
        fetched(package)
    files = [path for package in PACKAGES for path in sorted((FOLDER / package).rglob("*.wav"))]
    lengths = ((path, read_header(path).seconds) for path in files)
    fitting = [path for path, seconds in lengths if LEAST_SECONDS <= seconds <= MOST_SECONDS]
    return tuple(_at_rate(read(path)) for path in fitting)


def _at_rate(audio: Audio) -> np.ndarray:
    return np.asarray(soxr.resample(audio.mono, audio.sample_rate, RATE))


def spoken(rng: np.random.Generator) -> list[np.ndarray]:
    """Different announcements, in any order, until they fill 14 s."""
    found: list[np.ndarray] = []
    for place in rng.permutation(len(announcements())):
        if sum(map(len, found)) > PIECE_SECONDS * RATE:
            break
        found.append(announcements()[place])
    return found


def joined(parts: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """One after the other with pauses, each said a little differently every time, (frames, 1)."""
    pause = np.zeros(round(PAUSE_SECONDS * RATE), dtype=np.float32)
    said = np.concatenate([piece for part in parts for piece in (_wobbling(part, rng), pause)])
    noise = rng.standard_normal(len(said)).astype(np.float32) * np.float32(NOISE)
    return np.asarray((said + noise)[:, None])


def stretched(part: np.ndarray, by: float) -> np.ndarray:
    """Slower by a share, and lower by as much."""
    return np.asarray(soxr.resample(part, RATE, RATE * (1 + by)) if by else part)


def _wobbling(part: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Its level up or down by up to a fifth every tenth of a second."""
    size = round(WOBBLE_SECONDS * RATE)
    gains = rng.uniform(1 - WOBBLE, 1 + WOBBLE, len(part) // size + 1)
    return part * np.repeat(gains, size)[: len(part)].astype(np.float32)
