"""What holds the harmony: the left hand (marcato, síncopa), pad, guitar, and the last chord."""

from secondtake_models.sketch.bass import root_pitch
from secondtake_models.sketch.brief import Brief
from secondtake_models.sketch.drums import CLAP, CRASH, KICK
from secondtake_models.sketch.form import Bar, Form
from secondtake_models.sketch.harmony import Chord, voiced
from secondtake_models.sketch.score import Note

LEFT_HAND = 52  # E3 upwards
PAD = 55
GUITAR = 57
HELD_VELOCITY = 66
Pattern = tuple[tuple[float, float, int], ...]
# (onset, length, velocity) in beats. Marcato leans on 1 and 3; síncopa on the eighth after 1.
MARCATO: Pattern = ((0, 0.4, 96), (1, 0.35, 78), (2, 0.4, 92), (3, 0.35, 80))
SINCOPA: Pattern = ((0, 0.3, 84), (0.5, 0.8, 98), (1.5, 0.3, 76), (2, 0.4, 90), (3, 0.4, 82))
ARPEGGIO = (0, 2, 1, 2, 0, 2, 1, 2)  # voices of the chord, in eighths
ARPEGGIO_ACCENTS = (96, 62, 70, 90, 62, 70, 88, 62)  # 3+3+2


def chord_notes(brief: Brief, form: Form) -> list[Note]:
    """Left hand, pad and guitar for every bar."""
    arpeggio = brief.kind in ("chorus", "bridge") or brief.asks_for("reggaeton", "guitar", "latin")
    notes: list[Note] = []
    for bar in form.bars:
        notes += _left_hand(bar) + _pad(bar)
        if arpeggio and bar.drums in ("groove", "full"):
            notes += _arpeggio(bar)
    return notes


def final_chord(form: Form) -> list[Note]:
    """Everyone on the tonic, ringing to the end."""
    ring = form.total - form.end
    notes = [Note(form.end, ring, p, 82, "pad") for p in voiced(form.tonic, PAD)]
    notes += [
        Note(form.end, ring, p, 92, "piano")
        for p in (*voiced(form.tonic, 45), root_pitch(form.tonic) + 12)
    ]
    notes.append(Note(form.end, ring, root_pitch(form.tonic), 108, "bass"))
    notes += [Note(form.end, 1, CRASH, 88, "kit"), Note(form.end, 1, CLAP, 84, "kit")]
    return [*notes, Note(form.end, 1, KICK, 120, "synth_kit")]


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
        Note(
            bar.start + e / 2,
            0.6,
            voiced(bar.chords[e // 4], GUITAR)[voice],
            ARPEGGIO_ACCENTS[e],
            "guitar",
        )
        for e, voice in enumerate(ARPEGGIO)
        if e / 2 < bar.beats
    ]
