"""Voice activity: the parts of a sound in which there is a voice, and its level.

Levels are RMS in dBFS (a full-scale sine is -3) over 20 ms frames, one every 10 ms. A frame sounds
if it is 10 dB above the piece's quiet frames, within 35 to 15 dB below its loud ones: a hissing
take's pauses are still pauses, the quiet end of a word (f, s, a dying vowel) is still the word.
"""

from dataclasses import dataclass

import numpy as np

FRAME_SECONDS, HOP_SECONDS = 0.02, 0.01
LOUD_SECONDS = 0.2  # the loudest so much of a piece, clicks aside, is what "loud" means
ABOVE_QUIET, BELOW_LOUD = 10.0, (35.0, 15.0)  # dB
QUIET_PERCENTILE = 10
SILENT = -60.0  # dBFS: a piece whose loud frames are below holds no voice
LOWEST = -120.0  # dBFS, instead of minus infinity


@dataclass(frozen=True)
class Activity:
    """A piece's voice. Frames count from the piece's start."""

    start: int  # frame of the first sound
    end: int  # frame after the last sound
    silences: tuple[tuple[int, int], ...]  # between start and end, each (first, after last) frame
    level: float  # dBFS, of what sounds

    def seconds(self, sample_rate: int) -> float:
        """From the first sound to the last."""
        return (self.end - self.start) / sample_rate


def find_activity(samples: np.ndarray, sample_rate: int) -> Activity | None:
    """Find the voice in (frames,); None without one."""
    levels = frame_levels(samples, sample_rate)
    if not len(levels):
        return None
    loud = np.sort(levels)[::-1][min(len(levels) - 1, round(LOUD_SECONDS / HOP_SECONDS))]
    if loud < SILENT:
        return None
    quiet = np.percentile(levels, QUIET_PERCENTILE)
    threshold = np.clip(quiet + ABOVE_QUIET, loud - BELOW_LOUD[0], loud - BELOW_LOUD[1])
    sounding = np.flatnonzero(levels >= threshold)
    hop, frame = _frames(sample_rate)
    gaps = np.flatnonzero(np.diff(sounding) * hop > frame)
    silences = [(int(sounding[g]) * hop + frame, int(sounding[g + 1]) * hop) for g in gaps]
    end = min(int(sounding[-1]) * hop + frame, len(samples))
    level = 10 * np.log10(np.mean(10 ** (levels[sounding] / 10)))
    return Activity(int(sounding[0]) * hop, end, tuple(silences), float(level))


def frame_levels(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """(frames,) -> the RMS level of each 20 ms in dBFS, one every 10 ms; the last may be short."""
    hop, frame = _frames(sample_rate)
    if not len(samples):
        return np.zeros(0)
    power = np.concatenate(([0.0], np.cumsum(np.square(samples, dtype=np.float64))))
    starts = np.arange(0, max(len(samples) - frame + hop, 1), hop)
    ends = np.minimum(starts + frame, len(samples))
    mean = (power[ends] - power[starts]) / (ends - starts)
    return np.asarray(10 * np.log10(np.maximum(mean, 10 ** (LOWEST / 10))))


def _frames(sample_rate: int) -> tuple[int, int]:
    return round(HOP_SECONDS * sample_rate), round(FRAME_SECONDS * sample_rate)
