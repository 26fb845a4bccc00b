"""Checks of the signal: finite values, silence, loudness, DC offset, dropouts, its end.

Samples are (frames, channels) float32, full scale ±1.
"""

import numpy as np

from secondtake.analysis.checks.check import Check, make_check, measured_check
from secondtake.audio.faults import find_dropouts
from secondtake.audio.loudness import SILENCE_DBFS, block_levels, decibels, edges, integrated

MOSTLY_SILENT = 0.5  # share of 10 ms blocks
LONG_EDGE = 1.0  # s
MAX_OFFSET = 0.01  # of full scale; costs headroom and clicks at cuts
LARGE_OFFSET = 0.1  # of full scale; one album of twelve has as much
ENDING = 0.050  # s
RINGING_OUT = -20.0  # dB under the whole; a note that has ended, or is faded out, is quieter


def finite(samples: np.ndarray) -> Check:
    """No sample is NaN or infinite (figure: how many are)."""
    broken = int(np.count_nonzero(~np.isfinite(samples)))
    note = "NaN or infinity: the model's arithmetic broke down; try another seed or device"
    return make_check("finite", broken, "samples", "0", fails=broken > 0, note=note)


def silence(samples: np.ndarray, sample_rate: int) -> Check:
    """Share of 10 ms blocks below -60 dBFS: all fails, more than half warns."""
    levels = block_levels(samples, sample_rate)
    share = float(np.mean(levels < SILENCE_DBFS)) if len(levels) else 1.0
    unit, threshold = "of the file", "below 0.5; all of it fails"
    fails, warns = share == 1.0, share > MOSTLY_SILENT
    note = "nothing to hear" if fails else "mostly silent"
    return make_check("silence", share, unit, threshold, fails=fails, warns=warns, note=note)


def edge_silence(samples: np.ndarray, sample_rate: int, *, is_take: bool = True) -> Check:
    """The longer of the silences before the first and after the last sound, in s.

    is_take: a model wasted that much of the length that it was given. A record may begin with a
    rest, and fade out: there it is a figure alone.
    """
    lead, tail = edges(samples, sample_rate)
    longer, threshold = max(lead, tail), f"at most {LONG_EDGE:g} s"
    note = f"{lead:.2f} s before the first sound, {tail:.2f} s after the last"
    warns = is_take and longer > LONG_EDGE
    return make_check("edge silence", longer, "s", threshold, warns=warns, note=note)


def loudness(samples: np.ndarray, sample_rate: int) -> Check:
    """Integrated loudness in LUFS (ITU-R BS.1770-4): a figure that the ranking asks for, no rule.

    None under 0.4 s, or where nothing is above the gate.
    """
    return make_check("loudness", integrated(samples, sample_rate), "LUFS", "no limit")


def offset(samples: np.ndarray) -> Check:
    """The largest mean of a channel (DC offset), as a share of full scale."""
    mean = float(np.abs(samples.mean(axis=0, dtype=np.float64)).max()) if len(samples) else 0.0
    threshold = f"at most {MAX_OFFSET:g}; above {LARGE_OFFSET:g} warns"
    warns, hints = mean > LARGE_OFFSET, mean > MAX_OFFSET
    unit, note = "of full scale", "the waveform does not swing around zero"
    return make_check("DC offset", mean, unit, threshold, warns=warns, hints=hints, note=note)


def dropouts(samples: np.ndarray, sample_rate: int) -> Check:
    """Holes of 10 ms to 3.5 s below -60 dBFS, with hard edges and sound on either side."""
    gaps = find_dropouts(samples, sample_rate)
    first = f"first at {gaps[0][0]:.2f} s, {gaps[0][1] * 1000:.0f} ms long" if gaps else ""
    note = f"{first}; a hard stop in the music looks the same"
    return measured_check("dropouts", len(gaps), "holes", "0", warns=bool(gaps), note=note)


def ending(samples: np.ndarray, sample_rate: int, *, own: bool = False) -> Check:
    """Level of the last 50 ms against the whole file, in dB; above -20 dB it was cut off.

    own: the model decides where it ends, and was interrupted. Otherwise a figure alone: three of
    four good files, a stretch of a song or made to a given length, end within a sound.
    """
    levels = [_level(part) for part in (samples, samples[-round(ENDING * sample_rate) :])]
    level = levels[1] - levels[0]
    cut = min(levels) > SILENCE_DBFS and level > RINGING_OUT
    threshold = f"at most {RINGING_OUT:g} dB against the whole, in the last {ENDING * 1000:g} ms"
    note = "it ends in the middle of a sound"
    return measured_check("ending", level, "dB", threshold, warns=cut and own, note=note)


def _level(samples: np.ndarray) -> float:
    """RMS of all channels in dBFS."""
    return float(decibels(np.sqrt(np.mean(samples**2, dtype=np.float64)))) if len(samples) else -200
