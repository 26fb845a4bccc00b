"""From a segment's input to its sound: the whole of the sketch in one function."""

import numpy as np

from secondtake.core.generate import Progress
from secondtake.models.sketch.compose import compose, generator
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.form import Form
from secondtake.models.sketch.mix import master, mix
from secondtake.models.sketch.score import SketchInput
from secondtake.models.sketch.singing import sing

EDGE_SECONDS = 0.004  # of fade where the music is cut out of a song: no click
FADE_SHARE = 0.65  # of the last chord's ring is faded; what is left stands


def arrange(
    segment: SketchInput, progress: Progress = lambda phase, done, total: None
) -> np.ndarray:
    """Arrange a segment -> (round(seconds * 44100), 2) float32 in ±1 at 44,100 Hz.

    The same input makes the same samples. progress: called with (phase, done, total).
    Raise ModelError("unsupported") for lyrics that the seconds cannot hold, and
    ModelError("environment") if a part of the environment does not load.
    """
    progress("arranging", 0, 4)
    score = compose(segment)
    progress("singing", 1, 4)
    voice, active = sing(segment, score.form, list(score.lyrics), generator(segment, "melody"))
    progress("playing", 2, 4)
    mixture = mix(segment, score, voice, active)
    progress("mastering", 3, 4)
    return _faded(master(_faded(mixture, segment, score.form)), segment, score.form)


def _faded(mixture: np.ndarray, segment: SketchInput, form: Form) -> np.ndarray:
    """No step at either edge; the last chord of an ending fades into silence."""
    time = np.arange(len(mixture)) / SAMPLE_RATE
    ring = segment.seconds - form.end * 60 / segment.bpm
    last = segment.seconds - (0.01 if form.ends else 0.0)
    fade = max(ring * FADE_SHARE, EDGE_SECONDS) if form.ends else EDGE_SECONDS
    left = np.clip((last - time) / fade, 0, 1)
    curve = np.clip(time / EDGE_SECONDS, 0, 1) * np.sin(left * np.pi / 2) ** 2
    return np.asarray(mixture * curve[:, None], dtype=np.float32)
