"""Recordings as judges hear them: mono, at a judge's own sample rate, in windows."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from secondtake.analysis.audio_io import read
from secondtake.core.judgments import JudgeJob


@dataclass(frozen=True)
class Windows:
    """A recording cut into windows of one length; the last may be shorter."""

    samples: tuple[np.ndarray, ...]  # (frames,) float32 each
    spans: tuple[tuple[float, float], ...]  # begin and end of each, in s


def read_mono(job: JudgeJob, sample_rate: int) -> np.ndarray:
    """The stretch of a job's file, (frames,) float32 at `sample_rate`. AudioError if unreadable."""
    import soxr

    audio = read(Path(job.file), job.start, job.end)
    return np.asarray(soxr.resample(audio.mono, audio.sample_rate, sample_rate), np.float32)


def cut_windows(
    samples: np.ndarray, sample_rate: int, seconds: float, hop: float, *, whole: bool = False
) -> Windows:
    """Windows of so many seconds, every `hop` seconds, up to the one that reaches the end.

    samples: (frames,). A recording that is no longer than a window is one. `hop` is no longer than
    a window, so that nothing is left out. whole: the last one begins earlier, rather than be short.
    """
    length, step = round(seconds * sample_rate), round(hop * sample_rate)
    count = 1 + max(0, math.ceil((len(samples) - length) / step))
    starts = [place * step for place in range(count)]
    if whole:
        starts[-1] = max(0, min(starts[-1], len(samples) - length))
    cuts = [samples[start : start + length] for start in starts]
    spans = [
        (start / sample_rate, (start + len(cut)) / sample_rate)
        for start, cut in zip(starts, cuts, strict=True)
    ]
    return Windows(tuple(cuts), tuple(spans))
