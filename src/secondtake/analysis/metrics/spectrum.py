"""Spectrum: how bass, middle and treble are weighted."""

import numpy as np

from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics.metric import cosine, difference_metric, window_metric


@window_metric("dB", "lower", least_span=0.5, name="spectral balance")
def balance(reference: Features, estimate: Features) -> np.ndarray:
    """How far the equaliser would have to be turned to make the take sound like the baseline.

    Definition: RMS difference, over 64 mel bands up to 11 kHz, of the windows' long-term average
    spectra in dB, level removed; of every pair of windows.
    Range: 0 is equal; within a song about 4 dB, between songs 7.
    Source: the long-term average spectrum of speech and voice research.
    Fails: a passage without drums differs from one with drums, in one song too.
    """
    apart = reference.spectrum[:, None, :] - estimate.spectrum[None, :, :]
    return np.asarray(np.sqrt((apart**2).mean(axis=2)))


@window_metric("cosine", name="spectral character")
def character(reference: Features, estimate: Features) -> np.ndarray:
    """Whether both are unlike other music in the same way, from bass to treble.

    Definition: long-term average spectrum of a window over 64 mel bands in dB, level removed,
    standardised by the reference corpus; what changes most within a song is damped; cosine of
    every pair of windows.
    Range: -1 to 1; unrelated music scores about 0.
    Source: within-class covariance normalisation of speaker recognition (Hatch et al., 2006).
    Fails: hears the recording and its mastering as much as the music.
    """
    return cosine(reference.standardized("spectrum"), estimate.standardized("spectrum"))


@difference_metric("dB", least_span=1.0)
def air(features: Features) -> np.ndarray:
    """How much more treble, sibilance and hiss the take has.

    Definition: power above 8 kHz over all power, per window at the file's own rate, estimate minus
    reference, median over all pairs of windows.
    Range: 0 is equal; a file without anything above 8 kHz is far below.
    Source: this project's convention: 8 kHz is where a 16 kHz model ends.
    Fails: cannot tell cymbals from hiss.
    """
    return features.air


METRICS = (character, balance, air)
