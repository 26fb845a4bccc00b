"""Level: how loud, how dynamic, how close to the limit, how wide.

Differences of the files as they are. None of them is a score: louder is not closer. Stereo width
is, since a song's width is a choice of its mix. Where a step behind the model has set a take's
level, what a volume knob moves says so (`with_step`); the other differences stay as they are.
"""

from collections.abc import Sequence

import numpy as np

from secondtake.analysis.features.extract import Features
from secondtake.analysis.formatting import JsonObject
from secondtake.analysis.metrics.metric import Result, difference_metric, global_metric

RANGE_WINDOWS = 4  # 12 s: of fewer, a spread of loudness says nothing about a mix
ENDS = (10, 95)  # percentiles between which EBU Tech 3342 measures a loudness range


@difference_metric("LU", least_span=1.0, scored=False)
def loudness(features: Features) -> np.ndarray:
    """How much louder the take is than the baseline.

    Definition: short-term loudness of each 3 s window (K-weighted, ungated), estimate minus
    reference, median over all pairs of windows.
    Range: 0 is equally loud; a player's volume knob covers it.
    Source: ITU-R BS.1770-4; EBU Tech 3341 for the 3 s window.
    Fails: says nothing about likeness. A quiet song has quiet windows and loud ones.
    """
    return features.loudness


@global_metric("LU", closer_is="", least_span=1.0, least_windows=RANGE_WINDOWS)
def loudness_range(reference: Features, estimate: Features) -> Result:
    """How much more the take moves between soft and loud passages.

    Definition: 95th minus 10th percentile of the windows' loudness, estimate minus reference.
    Range: 0 is equally dynamic. A pop mix has about 5 LU, a symphony 15.
    Source: after EBU Tech 3342, on windows that do not overlap and without its gates.
    Fails: needs 12 s on either side, and properly a minute.
    """
    return Result(_range(estimate) - _range(reference))


@difference_metric("dB", least_span=1.0, scored=False)
def true_peak(features: Features) -> np.ndarray:
    """How much closer to the limit the take's peaks are.

    Definition: true peak of each window (4x oversampled), estimate minus reference, median over
    all pairs of windows.
    Range: 0 is equal.
    Source: ITU-R BS.1770-4, annex 2.
    Fails: follows the loudness.
    """
    return features.peak


@difference_metric("dB", least_span=1.0)
def dynamics(features: Features) -> np.ndarray:
    """How much more room the take leaves between its average and its peaks.

    Definition: true peak minus loudness of each window (peak to loudness ratio), estimate minus
    reference, median over all pairs of windows.
    Range: 0 is equal. A brickwalled mix has about 8 dB, an uncompressed recording 18.
    Source: AES TD1004 names the ratio.
    Fails: one click raises it; clipping lowers it as a limiter does.
    """
    return np.asarray(features.peak - features.loudness)


@difference_metric("dB", least_span=2.0)
def stereo_width(features: Features) -> np.ndarray:
    """How much wider the take sounds.

    Definition: power of the side (left minus right) over that of the middle (left plus right) of
    each window, estimate minus reference, median over all pairs of windows.
    Range: 0 is equally wide; mono counts as -60 dB, so mono against stereo is about -45.
    Source: mid/side decomposition; -60 is this project's convention.
    Fails: a channel that is delayed or out of phase is wide as well. A model that makes mono can
    only be far off.
    """
    return features.width


def _range(features: Features) -> float:
    low, high = np.nanpercentile(features.loudness, ENDS)
    return float(high - low)


METRICS = (loudness, loudness_range, true_peak, dynamics, stereo_width)
MOVED_BY_GAIN = frozenset({loudness.name, true_peak.name})


def with_step(measurements: Sequence[JsonObject], step: str) -> list[JsonObject]:
    """Measurements as JSON values; step: the note on those that a gain moves, "" for none."""
    return [
        {**entry, "note": "; ".join(filter(None, (entry["note"], step)))}
        if step and entry["name"] in MOVED_BY_GAIN
        else entry
        for entry in measurements
    ]
