"""Rhythm: the pulse, its subdivisions, and the tempo.

A tempo is only named when the recording is long enough and repeats clearly enough. Half and
double tempo are the same pulse counted differently; they are shown as such and never hidden.
"""

from dataclasses import dataclass

import numpy as np

from secondtake.analysis.dsp.tempogram import PULSE_BPM
from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics.metric import Result, cosine, global_metric, needs, window_metric

LEAST_SECONDS = 5.0  # about ten beats at 120 BPM; with fewer, any answer is a guess
LEAST_CLARITY = 0.15  # of the onset strength's variance; noise stays below .1
TOLERANCE = 0.04  # of the ratio; half of mir_eval's, whose 8 % is a beat in twelve
PREFERRED, SPREAD = 120.0, 0.9  # BPM, octaves: where people tap when several pulses fit
WEIGHT = np.exp(-0.5 * (np.log2(PULSE_BPM / PREFERRED) / SPREAD) ** 2)
RELATIONS = {  # of a take's tempo to the baseline's
    0.5: "half the tempo", 1.0: "the same tempo", 2.0: "double the tempo",
    # Of music in three, whose groups are counted otherwise:
    1 / 3: "a third of the tempo", 2 / 3: "two thirds of the tempo",
    3 / 2: "one and a half times the tempo", 3.0: "three times the tempo",
}  # fmt: skip


@dataclass(frozen=True)
class Tempo:
    """A recording's tempo, or why it has none."""

    bpm: float | None
    clarity: float  # 0 to 1: how much of the onset strength repeats at this tempo
    why: str = ""


def tempo(features: Features) -> Tempo:
    """The tempo of a recording; `bpm` is None where it cannot be decided."""
    if features.seconds < LEAST_SECONDS or not features.windows:
        return Tempo(None, 0.0, f"undecidable below {LEAST_SECONDS:g} s")
    strength = features.pulse.mean(axis=0)
    best = int(np.argmax(strength * WEIGHT))
    clarity = float(strength[best])
    if clarity < LEAST_CLARITY:
        return Tempo(None, clarity, f"undecidable, no clear pulse (clarity {clarity:.2f})")
    return Tempo(_between(strength * WEIGHT, best), clarity)


def _between(strength: np.ndarray, best: int) -> float:
    """BPM at the crest of the parabola through the best of PULSE_BPM and its neighbours."""
    if not 0 < best < len(PULSE_BPM) - 1:
        return float(PULSE_BPM[best])
    left, centre, right = strength[best - 1 : best + 2]
    bend = left - 2 * centre + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(PULSE_BPM[best] * (PULSE_BPM[1] / PULSE_BPM[0]) ** shift)


def has_pulse(features: Features) -> bool:
    """True if the onsets repeat clearly enough to name a tempo."""
    return tempo(features).bpm is not None


PULSE = needs("clear pulse", has_pulse)


@PULSE
@window_metric("cosine")
def rhythm(reference: Features, estimate: Features) -> np.ndarray:
    """Whether the beat and its subdivisions fall at the same tempi.

    Definition: tempogram of a window (autocorrelation of the onset strength from 40 to 240 BPM on
    a logarithmic axis), standardised by the reference corpus; cosine of every pair of windows.
    Range: -1 to 1; unrelated music scores about 0.
    Source: tempograms after Grosche and Müller (2011).
    Fails: unforgiving: the same music 10 % faster scores below 0. Read it with the tempo.
    """
    return cosine(reference.standardized("tempogram"), estimate.standardized("tempogram"))


@PULSE
@window_metric("cosine")
def pulse(reference: Features, estimate: Features) -> np.ndarray:
    """Whether the same tempi carry the beat over a phrase of 12 s.

    Definition: how strongly the onsets repeat at 1 to 8 beats of each tempo from 40 to 240 BPM in
    the 12 s around a window, standardised by the reference corpus; what changes most within a song
    is damped; cosine of every pair of windows.
    Range: -1 to 1; unrelated music scores about 0.
    Source: comb filters after Scheirer (1998).
    Fails: as the rhythm; in a recording under 12 s all windows have the same pulse.
    """
    return cosine(reference.standardized("pulse"), estimate.standardized("pulse"))


def relation_words(ratio: float) -> str:
    """A tempo's relation to another, in words; ratio: of the two, in BPM."""
    words = (words for known, words in RELATIONS.items() if abs(ratio / known - 1) <= TOLERANCE)
    return next(words, "a different tempo")


@global_metric("octaves", "zero", least_span=0.1, name="tempo")
def tempo_ratio(reference: Features, estimate: Features) -> Result:
    """How much faster or slower the take is; 0 is the baseline's tempo, 1 is twice as fast.

    Definition: binary logarithm of the take's BPM over the baseline's; the BPM is where the
    onsets' autocorrelation at 1 to 8 beats is strongest, weighted by where people tap.
    Range: 0 is equal; ±1 is half or double tempo, which is named, as are a third, two thirds and
    their inverses, other groups of music in three; 4 % counts as the same.
    Source: comb filters after Scheirer (1998), the tapping curve after Parncutt (1994).
    Fails: undecidable below 5 s or without a clear pulse. Half and double are matters of taste.
    """
    ours, theirs = tempo(reference), tempo(estimate)
    if ours.bpm is None:
        return Result(None, f"baseline: {ours.why}")
    if theirs.bpm is None:
        return Result(None, f"take: {theirs.why}")
    value = theirs.bpm / ours.bpm
    note = f"{theirs.bpm:.1f} against {ours.bpm:.1f} BPM: {relation_words(value)}"
    return Result(float(np.log2(value)), note)


METRICS = (rhythm, pulse, tempo_ratio)
