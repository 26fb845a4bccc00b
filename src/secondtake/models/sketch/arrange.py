"""From a brief to sound: the whole of the sketch in one function."""

import random
from dataclasses import dataclass

import numpy as np

from secondtake.models.sketch.accompaniment import bass_notes, chord_notes, final_chord
from secondtake.models.sketch.accordion import closing_notes, lead_notes
from secondtake.models.sketch.drums import drum_notes, kick_onsets
from secondtake.models.sketch.dsp import SAMPLE_RATE, Samples
from secondtake.models.sketch.form import Form, beneath_voice, plan_form
from secondtake.models.sketch.mastering import mastered
from secondtake.models.sketch.mix import Progress, mixed
from secondtake.models.sketch.score import Brief, Note
from secondtake.models.sketch.singing import place_lyrics, sing
from secondtake.models.sketch.vocals import Sung

FADE_IN_SECONDS = 0.004
FADE_SHARE = 0.65  # of the last chord's ring is faded; what is left stands


@dataclass(frozen=True)
class Score:
    """Everything that is played and sung, before any sound. notes: in order of time."""

    form: Form
    notes: list[Note]
    lyrics: tuple[Sung, ...]


def arrange(brief: Brief, progress: Progress = lambda phase, done, total: None) -> Samples:
    """Arrange a segment -> (round(seconds * 44100), 2) float32 in ±1 at 44,100 Hz.

    The same brief makes the same samples. progress: called with (phase, done, total).
    Raise ModelError("unsupported") for lyrics that the seconds cannot hold, and
    ModelError("environment") if a part of the environment does not load.
    """
    progress("arranging", 0, 4)
    score = compose(brief)
    progress("singing", 1, 4)
    voice, active = sing(brief, score.form, list(score.lyrics), _generator(brief, "melody"))
    progress("playing", 2, 4)
    mix = mixed(brief, score.notes, kick_onsets(score.notes), voice, active)
    progress("mastering", 3, 4)
    return _faded(mastered(_faded(mix, brief, score.form)), brief, score.form)


def compose(brief: Brief) -> Score:
    """The score alone. Each part draws from its own generator: a change to one leaves the rest."""
    lyrics = place_lyrics(brief)
    form = plan_form(brief, _generator(brief, "form"))
    form = beneath_voice(form, [(sung.beats[0], sung.end) for sung in lyrics])
    notes = drum_notes(brief, form, _generator(brief, "drums"))
    notes += bass_notes(form, kick_onsets(notes), _generator(brief, "bass"))
    notes += lead_notes(form, _generator(brief, "lead"))
    notes += chord_notes(brief, form)
    notes += closing_notes(form) + final_chord(form)
    notes.sort(key=lambda note: (note.start, note.part, note.pitch))
    return Score(form, notes, tuple(lyrics))


def _generator(brief: Brief, part: str) -> random.Random:
    return random.Random(f"{brief.seed}/{part}")  # noqa: S311 - music, not a secret


def _faded(mix: Samples, brief: Brief, form: Form) -> Samples:
    """No step at the start, silence at the end."""
    time = np.arange(len(mix)) / SAMPLE_RATE
    ring = brief.seconds - form.end * 60 / brief.bpm
    left = np.clip((brief.seconds - 0.01 - time) / (ring * FADE_SHARE), 0, 1)
    curve = np.clip(time / FADE_IN_SECONDS, 0, 1) * np.sin(left * np.pi / 2) ** 2
    return (mix * curve[:, None]).astype(np.float32)
