"""Timbre: the colour of the sound. MFCC 1 to 19 per window, standardised, cosine.

c0 is dropped, because it is level. Each coefficient is taken relative to the mean and in units of
the spread that other sounds have: without that, everything that is sound at all points the same
way and pink noise scores .98.
"""

import numpy as np

from secondtake_analysis.features import Features
from secondtake_analysis.metrics.windowed import WindowMetric, cosine
from secondtake_analysis.statistics import timbre_statistics


def pairs(reference: Features, estimate: Features) -> np.ndarray:
    """Cosine of standardised MFCC means, (reference windows, estimate windows), -1 to 1."""
    return cosine(standardised(reference.mfcc), standardised(estimate.mfcc))


def standardised(mfcc: np.ndarray) -> np.ndarray:
    """(windows, 20) -> (windows, 19): c0 dropped, the rest z-scored by the reference statistics."""
    mean, spread = timbre_statistics()
    return (mfcc[:, 1:] - mean) / spread


METRIC = WindowMetric("timbre", "cosine", pairs)
