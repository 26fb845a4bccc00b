"""Checks of the waveform: clipping, true peak, clicks.

Samples are (frames, channels) float32, full scale ±1. Two rules look for clipping, because each
misses what the other finds. Both know one false friend: the crest of a pure, very low tone (an 808
alone) is flat too. They therefore warn; only a file with more than 1 % of its samples on flat tops
fails.
"""

import numpy as np

from secondtake.analysis.checks.check import MEASURED, R128, Check, make_check
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
    count = count_full_scale(samples)
    share = count / max(1, samples.size)
    return make_check(
        "clipping at full scale",
        count,
        "samples",
        f"0; above {CLIPPED_SHARE:.2%} of the file warns",
        warns=share > CLIPPED_SHARE,
        hints=count > 0,
        note=f"{share:.2%} of the samples stick at full scale",
        source=MEASURED,
    )


def flat_tops(samples: np.ndarray) -> Check:
    """Samples in runs of 4 or more that are identical and at their channel's peak.

    Finds a signal that was clipped and turned down afterwards.
    """
    count = count_flat_tops(samples)
    share = count / max(1, samples.size)
    return make_check(
        "clipping, flat tops",
        count,
        "samples",
        f"0; above {DESTROYED_SHARE:.0%} of the file fails",
        fails=share > DESTROYED_SHARE,
        warns=count > 0,
        note=f"{share:.2%} of the samples lie on flat tops: clipped before it was written",
        source=MEASURED,
    )


def true_peak(samples: np.ndarray) -> Check:
    """True peak in dBTP, 4x oversampled; above -1 dBTP (EBU R 128) is a hint.

    Most released tracks exceed it. It matters once the file is encoded.
    """
    peak = measure_true_peak(samples)
    return make_check(
        "true peak",
        peak,
        "dBTP",
        f"at most {MAX_TRUE_PEAK:g} dBTP",
        hints=peak > MAX_TRUE_PEAK,
        note="may distort in an MP3 or on a small player",
        source=R128,
    )


def clicks(samples: np.ndarray, sample_rate: int) -> Check:
    """Number of single samples that jump out of their 10 ms, in all channels.

    A hint: the attack of a drum machine or a plucked string is as sharp (see docs).
    """
    places = find_clicks(samples, sample_rate)
    where = ", ".join(f"{at:.2f}" for at in places[:3])
    return make_check(
        "clicks",
        len(places),
        "places",
        "0",
        hints=bool(places),
        note=f"at {where} s{' and later' if len(places) > 3 else ''}; sharp attacks look the same",
        source=MEASURED,
    )
