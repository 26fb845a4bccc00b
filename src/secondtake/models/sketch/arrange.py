"""From a segment's input to its sound: the whole of the sketch in one function.

The mix is brought to its loudness; a limiter holds the true peak.
"""

import random
from dataclasses import dataclass

import numpy as np

from secondtake.audio.loudness import integrated
from secondtake.audio.true_peak import peak_envelope
from secondtake.models.sketch.accompaniment import bass_notes, chord_notes, final_chord
from secondtake.models.sketch.accordion import closing_notes, lead_notes
from secondtake.models.sketch.drums import drum_notes, kick_onsets
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.form import Form, beneath_voice, plan_form
from secondtake.models.sketch.mix import Progress, mix
from secondtake.models.sketch.score import Note, SketchInput
from secondtake.models.sketch.singing import place_lyrics, sing
from secondtake.models.sketch.vocals import PlacedPhrase

TARGET_LUFS = -16.0
CEILING_DBTP = -1.5  # half a decibel under the promise of -1, for other meters' filters
LOOKAHEAD = int(0.012 * SAMPLE_RATE)  # frames; shorter, the limiter rides on the bass's waves
PIECE = 1 << 16  # frames compared at once, to bound the memory
TOLERANCE_LU = 0.1
PASSES = 4  # limiting lowers the loudness a little; each pass makes up for it
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


def master(mix: np.ndarray) -> np.ndarray:
    """Bring (frames, 2) to TARGET_LUFS with every true peak under CEILING_DBTP."""
    gain, result = 0.0, mix
    for _ in range(PASSES):
        if (loudness := integrated(result, SAMPLE_RATE)) is None:
            return mix
        if gain and abs(TARGET_LUFS - loudness) < TOLERANCE_LU:
            break
        gain += TARGET_LUFS - loudness
        result = limit(mix * np.float32(10 ** (gain / 20)))
    return result


def limit(samples: np.ndarray) -> np.ndarray:
    """Lower the gain around each excess, smoothly and ahead of it; both channels alike."""
    ceiling = 10 ** (CEILING_DBTP / 20)
    needed = np.minimum(1.0, ceiling / np.maximum(peak_envelope(samples), 1e-9))
    if needed.min() >= 1.0:
        return samples
    padded = np.pad(needed, LOOKAHEAD, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, LOOKAHEAD + 1)
    pieces = (windows[at : at + PIECE] for at in range(0, len(windows), PIECE))
    lowest = np.concatenate([piece.min(axis=1) for piece in pieces])
    weights = np.hanning(LOOKAHEAD + 3)[1:-1]
    gain = np.convolve(lowest, weights / weights.sum(), mode="valid")[: len(samples)]
    return (samples * gain[:, None]).astype(np.float32)
