"""The 808 bass: chord roots on the kick's rhythm, with slides."""

import random

from secondtake_models.sketch.drums import TRESILLO
from secondtake_models.sketch.form import Bar, Form
from secondtake_models.sketch.harmony import Chord
from secondtake_models.sketch.score import Note

LOWEST = 29  # F1, 43.7 Hz; the octave from here sounds on small speakers through its overtones
VELOCITY = 104


def bass_notes(form: Form, kicks: list[float], rng: random.Random) -> list[Note]:
    """One line under every bar that has bass, legato from onset to onset."""
    notes: list[Note] = []
    for bar in form.bars:
        if bar.bass:
            notes += _bar_line(bar, kicks, rng)
    return notes


def root_pitch(chord: Chord) -> int:
    """The chord's root in the bass octave, as a MIDI pitch."""
    return LOWEST + (chord.root - LOWEST) % 12


def _bar_line(bar: Bar, kicks: list[float], rng: random.Random) -> list[Note]:
    """Root on each kick of the bar; a dominant's fifth and an octave slide for movement."""
    onsets = sorted({k - bar.start for k in kicks if bar.start <= k < bar.start + bar.beats})
    if len(onsets) in (0, 4):  # four to the floor (dembow): the bass keeps the 3+3+2 against it
        onsets = [at for at in TRESILLO if at < bar.beats]
    if bar.beats > 2 and bar.chords[0] != bar.chords[1] and 2.0 not in onsets:
        onsets = sorted([*(at for at in onsets if abs(at - 2) > 0.5), 2.0])
    notes = []
    for place, at in enumerate(onsets):
        until = onsets[place + 1] if place + 1 < len(onsets) else bar.beats
        chord = bar.chords[0 if at < 2 else 1]
        pitch, glide = root_pitch(chord), 0.0
        if place == len(onsets) - 1 and place and rng.random() < 0.35:
            pitch, glide = pitch + 12, -12.0
        elif place == 1 and rng.random() < 0.3:
            pitch += 7 if (chord.root + 7) % 12 in chord.tones else 0
        notes.append(
            Note(bar.start + at, 0.96 * (until - at), pitch, VELOCITY, "bass", glide=glide)
        )
    return notes
