"""Checks of the waveform: clipping, true peak, clicks.

Samples are (frames, channels) float32, full scale ±1. Two rules look for clipping: each misses what
the other finds. The crest of a pure, very low tone (an 808 alone) is flat too, so they only warn,
unless more than 1 % of the samples lie on flat tops.
"""

import numpy as np

from secondtake.analysis.checks.check import R128, Check, make_check, measured_check
from secondtake.audio.faults import (
    CLIPPED_SHARE,
    DESTROYED_SHARE,
    count_flat_tops,
    count_full_scale,
    find_clicks,
)
from secondtake.audio.true_peak import true_peak as measure_true_peak

MAX_TRUE_PEAK = -1.0  # dBTP, EBU R 128


def full_scale(samples: np.ndarray) -> Check:
    """Samples in runs of 3 or more at or above -1 dBFS that hardly move (step below 0.001)."""
    name, count = "clipping at full scale", count_full_scale(samples)
    share = count / max(1, samples.size)
    threshold = f"0; above {CLIPPED_SHARE:.2%} of the file warns"
    note = f"{share:.2%} of the samples stick at full scale"
    warns, hints = share > CLIPPED_SHARE, count > 0
    return measured_check(name, count, "samples", threshold, warns=warns, hints=hints, note=note)


def flat_tops(samples: np.ndarray) -> Check:
    """Samples in runs of 4 or more that are identical and at their channel's peak.

    Finds a signal that was clipped and turned down afterwards.
    """
    name, count = "clipping, flat tops", count_flat_tops(samples)
    share = count / max(1, samples.size)
    threshold = f"0; above {DESTROYED_SHARE:.0%} of the file fails"
    note = f"{share:.2%} of the samples lie on flat tops: clipped before it was written"
    fails, warns = share > DESTROYED_SHARE, count > 0
    return measured_check(name, count, "samples", threshold, fails=fails, warns=warns, note=note)


def true_peak(samples: np.ndarray) -> Check:
    """True peak in dBTP, 4x oversampled; above -1 dBTP (EBU R 128) is a hint.

    Most released tracks exceed it. It matters once the file is encoded.
    """
    peak, threshold = measure_true_peak(samples), f"at most {MAX_TRUE_PEAK:g} dBTP"
    note = "may distort in an MP3 or on a small player"
    hints = peak > MAX_TRUE_PEAK
    return make_check("true peak", peak, "dBTP", threshold, hints=hints, note=note, source=R128)


def clicks(samples: np.ndarray, sample_rate: int) -> Check:
    """Number of single samples that jump out of their 10 ms, in all channels.

    A hint: the attack of a drum machine or a plucked string is as sharp (see docs).
    """
    places = find_clicks(samples, sample_rate)
    where = ", ".join(f"{at:.2f}" for at in places[:3])
    note = f"at {where} s{' and later' if len(places) > 3 else ''}; sharp attacks look the same"
    return measured_check("clicks", len(places), "places", "0", hints=bool(places), note=note)
