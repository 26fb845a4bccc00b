"""Artefacts: what a model or a codec leaves behind, against the baseline's own."""

import numpy as np

from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics.metric import difference_metric


@difference_metric("octaves", least_span=0.1)
def band_edge(features: Features) -> np.ndarray:
    """How much earlier the take's treble ends.

    Definition: the highest frequency within 60 dB of the loudest one, per window at the file's own
    rate; binary logarithm of estimate over reference, median over all pairs of windows.
    Range: 0 is equal; -1 means that the take ends an octave below, as 11 kHz do below 22.
    Source: this project's convention; -60 dB is under most noise floors and above dither.
    Fails: a dark passage ends early as well; hiss hides the edge of what lies under it.
    """
    return np.asarray(np.log2(features.edge))


@difference_metric("dB", least_span=1.0)
def noisiness(features: Features) -> np.ndarray:
    """How much hoarser the take is: noise where the baseline has tones, or the other way round.

    Definition: spectral flatness (geometric over arithmetic mean of the power between 200 Hz and
    8 kHz) of 40 ms frames at the file's own rate, median in dB per window; estimate minus
    reference, median over all pairs of windows.
    Range: 0 is equal; tones are near -30 dB, white noise near -3 (single frames scatter).
    Source: Johnston (1988) for spectral flatness as tonality.
    Fails: drums are noise by nature; so are breath and distorted guitars.
    """
    return features.flatness


METRICS = (band_edge, noisiness)
