"""Level: loudness, loudness range and true peak, as differences. No score: louder is not closer."""

import math

from secondtake_analysis.features import Features


def loudness(reference: Features, estimate: Features) -> float | None:
    """Estimate's integrated loudness minus the reference's in LU; None if one has none."""
    return _difference(reference.lufs, estimate.lufs)


def loudness_range(reference: Features, estimate: Features) -> float | None:
    """Difference of the loudness ranges in LU; None if one is shorter than 10 s."""
    return _difference(reference.lra, estimate.lra)


def true_peak(reference: Features, estimate: Features) -> float | None:
    """Difference of the true peaks in dB."""
    return _difference(reference.true_peak, estimate.true_peak)


def _difference(reference: float, estimate: float) -> float | None:
    value = estimate - reference
    return value if math.isfinite(value) else None
