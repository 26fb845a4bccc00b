"""The harmony: 808 bass, left hand (marcato, síncopa), pad, guitar, the last chord."""

import random

from secondtake.models.sketch.drums import CLAP, CRASH, KICK, TRESILLO
from secondtake.models.sketch.form import Bar, Chord, Form, voiced
from secondtake.models.sketch.score import Note, SketchInput

BASS_LOWEST = 29  # F1, 43.7 Hz; the octave from here sounds on small speakers through its overtones
BASS_VELOCITY = 104
LEFT_HAND = 52  # E3 upwards
PAD = 55
GUITAR = 57
HELD_VELOCITY = 66
Pattern = tuple[tuple[float, float, int], ...]
# (onset, length, velocity) in beats. Marcato leans on 1 and 3; síncopa on the eighth after 1.
MARCATO: Pattern = ((0, 0.4, 96), (1, 0.35, 78), (2, 0.4, 92), (3, 0.35, 80))
SINCOPA: Pattern = ((0, 0.3, 84), (0.5, 0.8, 98), (1.5, 0.3, 76), (2, 0.4, 90), (3, 0.4, 82))
# (voice of the chord, velocity) in eighths; the accents are 3+3+2.
ARPEGGIO = ((0, 96), (2, 62), (1, 70), (2, 90), (0, 62), (2, 70), (1, 88), (2, 62))


def bass_notes(form: Form, kicks: list[float], rng: random.Random) -> list[Note]:
    """One line under every bar that has bass, legato from onset to onset."""
    return [note for bar in form.bars if bar.bass for note in _bass_line(bar, kicks, rng)]


def root_pitch(chord: Chord) -> int:
    """The chord's root in the bass octave, as a MIDI pitch."""
    return BASS_LOWEST + (chord.root - BASS_LOWEST) % 12


def chord_notes(segment: SketchInput, form: Form) -> list[Note]:
    """Left hand, pad and guitar for every bar."""
    latin = segment.asks_for("reggaeton", "guitar", "latin")
    arpeggio = latin or segment.kind in ("chorus", "bridge")
    notes: list[Note] = []
    for bar in form.bars:
        notes += _left_hand(bar) + _pad(bar)
        if arpeggio and bar.drums in ("groove", "full"):
            notes += _arpeggio(bar)
    return notes


def final_chord(form: Form) -> list[Note]:
    """Everyone on the tonic, ringing to the end."""
    ring, root = form.total - form.end, root_pitch(form.tonic)
    return [
        *(Note(form.end, ring, p, 82, "pad") for p in voiced(form.tonic, PAD)),
        *(Note(form.end, ring, p, 92, "piano") for p in (*voiced(form.tonic, 45), root + 12)),
        Note(form.end, ring, root, 108, "bass"),
        Note(form.end, 1, CRASH, 88, "kit"),
        Note(form.end, 1, CLAP, 84, "kit"),
        Note(form.end, 1, KICK, 120, "synth_kit"),
    ]


def _bass_line(bar: Bar, kicks: list[float], rng: random.Random) -> list[Note]:
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
        length = 0.96 * (until - at)
        notes.append(Note(bar.start + at, length, pitch, BASS_VELOCITY, "bass", glide=glide))
    return notes


def _left_hand(bar: Bar) -> list[Note]:
    if bar.comping == "none":
        return []
    if bar.comping == "long":
        return [
            Note(bar.start + at, 0.96 * length, pitch, HELD_VELOCITY, "left_hand", "swell")
            for at, length, chord in _spans(bar)
            for pitch in voiced(chord, LEFT_HAND)
        ]
    return [
        Note(bar.start + at, length, pitch, velocity, "left_hand", "accent")
        for at, length, velocity in (MARCATO if bar.comping == "marcato" else SINCOPA)
        if at < bar.beats
        for pitch in voiced(bar.chords[0 if at < 2 else 1], LEFT_HAND)
    ]


def _pad(bar: Bar) -> list[Note]:
    velocity = 62 if bar.drums == "none" else 52
    return [
        Note(bar.start + at, length, pitch, velocity, "pad")
        for at, length, chord in _spans(bar)
        for pitch in voiced(chord, PAD)
    ]


def _spans(bar: Bar) -> list[tuple[float, float, Chord]]:
    """The bar's chords as (beat in the bar, beats, chord), equal neighbours as one."""
    if bar.beats <= 2 or bar.chords[0] == bar.chords[1]:
        return [(0.0, bar.beats, bar.chords[0])]
    return [(0.0, 2.0, bar.chords[0]), (2.0, bar.beats - 2, bar.chords[1])]


def _arpeggio(bar: Bar) -> list[Note]:
    return [
        Note(bar.start + e / 2, 0.6, voiced(bar.chords[e // 4], GUITAR)[voice], accent, "guitar")
        for e, (voice, accent) in enumerate(ARPEGGIO)
        if e / 2 < bar.beats
    ]
