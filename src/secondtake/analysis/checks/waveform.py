"""Checks of the waveform: samples beyond full scale, clipping, true peak, clicks.

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
LOUD_TRUE_PEAK = 2.0  # dBTP; 2 % of good recordings have more, 16 % of music for games more than 1
FLAT_SHARE = 0.0001  # of the samples; less is a crest or two that are flat by chance
OVER_SHARE = 0.002  # of 223 sound recordings, lossy ones decoded, the loudest has .0013 beyond
OUT_OF_SCALE = 100.0  # times full scale, 40 dB; no mix is as far off
WHOLE_NUMBERS = 2.0  # times full scale; above, whole numbers alone are no mix either
INTEGERS = {16: 1 << 15, 24: 1 << 23, 32: 1 << 31}  # bits -> full scale


def beyond_full_scale(samples: np.ndarray) -> Check:
    """Samples beyond ±1, which a float file or a lossy decoder can hold and no player plays.

    A file that holds the values of integers fails whatever their share.
    """
    name = "beyond full scale"
    threshold = f"0; above {CLIPPED_SHARE:.2%} of the file warns, above {OVER_SHARE:.1%} fails"
    magnitudes = np.abs(samples)
    count, peak = int(np.count_nonzero(magnitudes > 1)), float(magnitudes.max(initial=0.0))
    share = count / max(1, samples.size)
    if complaint := wrong_scale(samples):
        return make_check(name, count, "samples", threshold, fails=True, note=complaint)
    fails, warns = share > OVER_SHARE, share > CLIPPED_SHARE
    note = f"an integer player clips {100 * share:.2g} % of the samples; the peak is {peak:.2f}"
    return measured_check(name, count, "samples", threshold, fails=fails, warns=warns, note=note)


def wrong_scale(samples: np.ndarray) -> str:
    """What is wrong where a float file holds the values of integers, and the remedy; else ""."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < OUT_OF_SCALE and (peak < WHOLE_NUMBERS or not _are_whole(samples)):
        return ""
    bits = next((bits for bits, full in INTEGERS.items() if peak <= full), None)
    if bits is None:
        return f"samples up to {peak:.1e} times full scale, as no format has it; export it again"
    times = f"samples up to {peak:,.0f} times full scale"
    return f"{times}: {bits}-bit values in a float file; divide by {INTEGERS[bits]}"


def _are_whole(samples: np.ndarray) -> bool:
    return bool((samples == np.rint(samples)).all())


def full_scale(samples: np.ndarray) -> Check:
    """Samples in runs of 3 or more at or above -1 dBFS that hardly move (step below 0.001)."""
    name, count = "clipping at full scale", count_full_scale(samples)
    share = count / max(1, samples.size)
    threshold = f"0; above {CLIPPED_SHARE:.2%} of the file warns"
    note = f"{share:.2%} of the samples stick at full scale"
    warns = share > CLIPPED_SHARE
    return measured_check(name, count, "samples", threshold, warns=warns, note=note)


def flat_tops(samples: np.ndarray) -> Check:
    """Samples in runs of 4 or more that are identical and at their channel's peak.

    Finds a signal that was clipped and turned down afterwards.
    """
    name, count = "clipping, flat tops", count_flat_tops(samples)
    share = count / max(1, samples.size)
    threshold = f"0; above {FLAT_SHARE:.2%} of the file warns, above {DESTROYED_SHARE:.0%} fails"
    note = f"{share:.2%} of the samples lie on flat tops: clipped before it was written"
    return measured_check(
        name,
        count,
        "samples",
        threshold,
        fails=share > DESTROYED_SHARE,
        warns=share > FLAT_SHARE,
        hints=count > 0,
        note=note,
    )


def true_peak(samples: np.ndarray) -> Check:
    """True peak in dBTP, 4x oversampled; above 2 dBTP is a hint.

    Half of all released tracks exceed EBU R 128's -1 dBTP, so that is only named.
    """
    peak = measure_true_peak(samples)
    threshold = f"at most {MAX_TRUE_PEAK:g} dBTP; above {LOUD_TRUE_PEAK:g} a hint"
    note = "distorts on a player, and more so in an MP3"
    hints = peak > LOUD_TRUE_PEAK
    return make_check("true peak", peak, "dBTP", threshold, hints=hints, note=note, source=R128)


def clicks(samples: np.ndarray, sample_rate: int) -> Check:
    """Number of single samples that jump out of their 10 ms, in all channels.

    A hint: the attack of a drum machine or a plucked string is as sharp (see docs).
    """
    places = find_clicks(samples, sample_rate)
    where = ", ".join(f"{at:.2f}" for at in places[:3])
    note = f"at {where} s{' and later' if len(places) > 3 else ''}; sharp attacks look the same"
    return measured_check("clicks", len(places), "places", "0", hints=bool(places), note=note)
