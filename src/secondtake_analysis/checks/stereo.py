"""Are two channels two? Their correlation says so: 1 for the same sound, -1 for its opposite."""

import numpy as np

from secondtake_analysis.checks.check import MEASURED, Check, judge
from secondtake_analysis.checks.sound import Sound
from secondtake_analysis.loudness import SILENCE_DBFS, decibels

SAME = 0.9995  # real stereo, however narrow, stays below
OPPOSED = 0.0  # below, a loudspeaker in mono loses more than it keeps; orchestras reach -.26
CANCELLING = -0.5


def correlation(sound: Sound) -> Check:
    """Pearson correlation of the first two channels, which must be there.

    Warns above .9995 (one sound on both), below -.5 (mono cancels it), and where one is silent;
    below 0 it is a hint.
    """
    figure, silent = _correlation(sound.samples[:, :2])
    known = 0.0 if figure is None else figure
    if silent:
        note = "one of the two channels is silent"
    elif known > SAME:
        note = "both channels hold the same sound: it is mono"
    else:
        note = "the channels work against each other: in mono they cancel in part"
    return judge(
        "stereo",
        figure,
        "correlation",
        f"{OPPOSED:g} to {SAME:g}; below {CANCELLING:g} warns",
        warns=silent or known > SAME or known < CANCELLING,
        hints=known < OPPOSED,
        note=note,
        source=MEASURED,
    )


def _correlation(pair: np.ndarray) -> tuple[float | None, bool]:
    """(frames, 2) -> the correlation, if both move, and whether exactly one is silent."""
    count = max(1, len(pair))
    means = pair.mean(axis=0, dtype=np.float64)
    left, right = pair[:, 0], pair[:, 1]
    powers = [
        float(np.dot(one, one)) / count - mean**2 for one, mean in zip(pair.T, means, strict=True)
    ]
    quiet = [decibels(np.sqrt(max(power, 0.0))) < SILENCE_DBFS for power in powers]
    if any(quiet):
        return None, not all(quiet)
    together = float(np.dot(left, right)) / count - float(means.prod())
    return together / float(np.sqrt(powers[0] * powers[1])), False
