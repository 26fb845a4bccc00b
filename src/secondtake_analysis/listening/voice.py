"""What the two networks for voices say of every window of a recording."""

from collections.abc import Callable

import numpy as np

from secondtake_analysis.listening import pitch, speech
from secondtake_analysis.prepare import WINDOW_SECONDS

A4 = 69  # semitones of 440 Hz
LEAST_VOICED = 10  # frames (160 ms) of a window, to say what its pitch is
SPREAD = (10, 90)  # percentiles of the pitch: the extremes are slips of an octave


def voice_windows(samples: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
    """(frames,) at 16 kHz -> speech, voiced (0 to 1), pitch, spread (semitones), each (windows,).

    `starts` in s. Pitch and spread are NaN where a window is hardly voiced.
    """
    said = _windows(speech.speaking(samples) >= speech.SPEAKING, speech.CHUNK, starts)
    hertz, confidence = pitch.pitches(samples)
    semitones = A4 + 12 * np.log2(np.maximum(hertz, pitch.LOWEST) / 440)
    sung = _windows(np.where(confidence >= pitch.VOICED, semitones, np.nan), pitch.HOP, starts)
    return {
        "speech": np.array([one.mean() for one in said]),
        "voiced": np.array([np.isfinite(one).mean() for one in sung]),
        "pitch": np.array([_of_voiced(one, np.median) for one in sung]),
        "spread": np.array([_of_voiced(one, _spread) for one in sung]),
    }


def _windows(frames: np.ndarray, hop: int, starts: np.ndarray) -> list[np.ndarray]:
    """The frames of every window; at least one."""
    length = round(WINDOW_SECONDS * speech.RATE / hop)
    firsts = np.minimum(np.rint(starts * speech.RATE / hop).astype(int), len(frames) - 1)
    return [frames[first : first + length] for first in firsts]


def _of_voiced(semitones: np.ndarray, measure: Callable[[np.ndarray], float]) -> float:
    """A figure of the frames that have a pitch; NaN if those are too few."""
    known = semitones[np.isfinite(semitones)]
    return float(measure(known)) if len(known) >= LEAST_VOICED else float("nan")


def _spread(semitones: np.ndarray) -> float:
    low, high = np.percentile(semitones, SPREAD)
    return float(high - low)
