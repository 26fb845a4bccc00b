"""From a segment's input to its sound: the whole of the sketch in one function."""

import random
from dataclasses import dataclass

import numpy as np

from secondtake.models.sketch.accompaniment import bass_notes, chord_notes, final_chord
from secondtake.models.sketch.accordion import closing_notes, lead_notes
from secondtake.models.sketch.drums import drum_notes, kick_onsets
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.form import Form, beneath_voice, plan_form
from secondtake.models.sketch.mastering import master
from secondtake.models.sketch.mix import Progress, mix
from secondtake.models.sketch.score import Note, SketchInput
from secondtake.models.sketch.singing import place_lyrics, sing
from secondtake.models.sketch.vocals import PlacedPhrase

FADE_IN_SECONDS = 0.004
FADE_SHARE = 0.65  # of the last chord's ring is faded; what is left stands


@dataclass(frozen=True)
class Score:
    """Everything that is played and sung, before any sound. notes: in order of time."""

    form: Form
    notes: list[Note]
    lyrics: tuple[PlacedPhrase, ...]


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
    voice, active = sing(segment, score.form, list(score.lyrics), _generator(segment, "melody"))
    progress("playing", 2, 4)
    mixture = mix(segment, score.notes, kick_onsets(score.notes), voice, active)
    progress("mastering", 3, 4)
    return _faded(master(_faded(mixture, segment, score.form)), segment, score.form)


def compose(segment: SketchInput) -> Score:
    """The score alone. Each part draws from its own generator: a change to one leaves the rest."""
    lyrics = place_lyrics(segment)
    form = plan_form(segment, _generator(segment, "form"))
    form = beneath_voice(form, [(phrase.beats[0], phrase.end) for phrase in lyrics])
    notes = drum_notes(segment, form, _generator(segment, "drums"))
    notes += bass_notes(form, kick_onsets(notes), _generator(segment, "bass"))
    notes += lead_notes(form, _generator(segment, "lead"))
    notes += chord_notes(segment, form)
    notes += closing_notes(form) + final_chord(form)
    notes.sort(key=lambda note: (note.start, note.part, note.pitch))
    return Score(form, notes, tuple(lyrics))


def _generator(segment: SketchInput, part: str) -> random.Random:
    return random.Random(f"{segment.seed}/{part}")  # noqa: S311 - music, not a secret


def _faded(mixture: np.ndarray, segment: SketchInput, form: Form) -> np.ndarray:
    """No step at the start, silence at the end."""
    time = np.arange(len(mixture)) / SAMPLE_RATE
    ring = segment.seconds - form.end * 60 / segment.bpm
    left = np.clip((segment.seconds - 0.01 - time) / (ring * FADE_SHARE), 0, 1)
    curve = np.clip(time / FADE_IN_SECONDS, 0, 1) * np.sin(left * np.pi / 2) ** 2
    return np.asarray(mixture * curve[:, None], dtype=np.float32)
