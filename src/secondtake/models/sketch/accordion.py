"""The bandoneón: motifs in tango rhythms, called and answered, over the bars' chords."""

import random
from dataclasses import replace

from secondtake.models.sketch.form import Bar, Form, nearest, step_from, voiced
from secondtake.models.sketch.score import Note, Shape

HOME = 74  # D5: where the right hand rests
LOWEST, HIGHEST = 64, 86
LONG = 0.75  # beats from which a note sings (swells, may get its third) instead of bites
CHAN_BEATS = 1.0  # the dominant of the close stands this long before the end
Rhythm = tuple[tuple[float, float], ...]  # (onset, length) in beats of the bar
Motif = list[tuple[tuple[float, float], int]]  # a rhythm with the scale steps from note to note

CALLS: tuple[Rhythm, ...] = (
    ((0, 0.5), (0.5, 1), (1.5, 0.5), (2, 1), (3, 0.5), (3.5, 0.5)),  # síncopa
    ((0, 0.75), (0.75, 0.75), (1.5, 0.5), (2, 0.75), (2.75, 0.75), (3.5, 0.5)),  # 3+3+2 twice
    ((0, 1.5), (1.5, 0.25), (1.75, 0.25), (2, 1.5), (3.5, 0.25), (3.75, 0.25)),
    ((0, 0.25), (0.25, 0.25), (0.5, 0.25), (0.75, 0.25), (1, 0.5), (1.5, 1), (2.5, 0.5), (3, 0.9)),
    ((0.5, 0.25), (0.75, 0.25), (1, 1), (2, 0.5), (2.5, 0.25), (2.75, 0.25), (3, 0.9)),
)
ANSWERS: tuple[Rhythm, ...] = (
    ((0.5, 0.5), (1, 0.5), (1.5, 0.5), (2, 1.75)),
    ((0.25, 0.25), (0.5, 0.25), (0.75, 0.25), (1, 1), (2, 0.5), (2.5, 1.3)),
    ((0, 0.75), (0.75, 0.25), (1, 0.5), (1.5, 0.5), (2, 1.8)),
    ((0, 0.33), (0.333, 0.33), (0.667, 0.33), (1, 1), (2.5, 0.5), (3, 0.9)),  # a triplet
)
PICKUPS: tuple[Rhythm, ...] = (
    ((0, 1.9), (2, 0.75), (2.75, 0.25), (3, 0.25), (3.25, 0.25), (3.5, 0.25), (3.75, 0.25)),
    ((0, 1.4), (1.5, 0.5), (2, 1), (3, 0.33), (3.333, 0.33), (3.667, 0.33)),
)
SOLOS: tuple[Rhythm, ...] = (
    ((0, 1.9), (2, 0.5), (2.5, 0.25), (2.75, 0.25), (3, 1)),
    ((0, 0.9), (1, 0.25), (1.25, 0.25), (1.5, 0.5), (2, 1.9)),
)


def lead_notes(form: Form, rng: random.Random) -> list[Note]:
    """The melody. A motif returns on other chords, and comes back decorated."""
    motifs = {
        "call": [_motif(rng.choice(CALLS), rng) for _ in range(2)],
        "answer": [_motif(rng.choice(ANSWERS), rng) for _ in range(2)],
        "pickup": [_motif(rng.choice(PICKUPS), rng, upward=True)],
        "solo": [_motif(choice, rng) for choice in SOLOS],
    }
    notes: list[Note] = []
    previous = HOME
    for bar in (bar for bar in form.bars if bar.lead != "rest"):
        choices = motifs[bar.lead]
        motif = choices[bar.index // 4 % len(choices)]
        notes += (line := _realise(bar, motif, previous, rng, form.end - CHAN_BEATS))
        previous = line[-1].pitch if line else previous
        if bar.drums == "full" or bar.lead == "answer":
            notes += _thirds(line, bar)
    return notes


def _motif(rhythm: Rhythm, rng: random.Random, upward: bool = False) -> Motif:
    """Mostly steps, a leap now and then, turned back before it runs away."""
    steps, height = [0], 0
    for _ in rhythm[1:]:
        move = rng.choice((1, 1, 2) if upward else (-2, -1, -1, 1, 1, 2, 3, -3))
        if abs(height + move) > 4 and not upward:
            move = -move
        height += move
        steps.append(move)
    return list(zip(rhythm, steps, strict=True))


def _realise(bar: Bar, motif: Motif, previous: int, rng: random.Random, until: float) -> list[Note]:
    """Set a motif on a bar's chords: chord tones on strong beats, steps between; until a beat."""
    room = min(bar.beats, until - bar.start)
    played = [(onset, move) for onset, move in motif if onset[0] < room]
    notes: list[Note] = []
    pitch = nearest((previous + HOME) / 2, bar.chords[0].tones)
    for place, ((at, length), move) in enumerate(played):
        chord = bar.chords[0 if at < 2 else 1]
        pitch = _in_range(step_from(pitch, move, chord.scale)) if place else pitch
        final = place == len(played) - 1
        if at % 2 == 0 or length >= 1 or (final and bar.lead == "answer"):
            pitch = nearest(pitch, chord.tones)
        elif pitch % 12 not in chord.scale:
            pitch = nearest(pitch, chord.scale)
        notes.append(_phrased(bar.start + at, min(length, room - at), pitch, at, rng))
    return notes


def _phrased(start: float, length: float, pitch: int, at: float, rng: random.Random) -> Note:
    """Weight and shape: on the beat heavier, long notes swell, some are slid into from below."""
    shape: Shape = "swell" if length >= LONG else "accent"
    velocity = 108 if at % 1 == 0 else 96
    glide = -1.0 if length >= LONG and rng.random() < 0.5 else 0.0
    sounding = length * (0.97 if length >= LONG else 0.82)
    return Note(start, sounding, pitch, velocity + rng.randint(-6, 5), "lead", shape, glide)


def _thirds(line: list[Note], bar: Bar) -> list[Note]:
    """A second voice a chord tone below the long notes."""
    doubled = []
    for note in line:
        if note.length >= LONG:
            tones = bar.chords[0 if note.start - bar.start < 2 else 1].tones
            below = max(p for p in range(note.pitch - 9, note.pitch - 2) if p % 12 in tones)
            doubled.append(replace(note, pitch=below, velocity=note.velocity - 16, glide=0.0))
    return doubled


def _in_range(pitch: int) -> int:
    """Fold by octaves into the instrument's singing range."""
    while pitch > HIGHEST:
        pitch -= 12
    while pitch < LOWEST:
        pitch += 12
    return pitch


def closing_notes(form: Form) -> list[Note]:
    """`Chan-chan`: the dominant struck short, the tonic held, as a tango ends."""
    top = 69 + (form.tonic.root - 69) % 12
    ring = form.total - form.end
    notes = [Note(form.end, ring, p, 112, "lead", "plain") for p in (top, top - 12)]
    notes += [Note(form.end, ring, p, 88, "lead") for p in voiced(form.tonic, 60)]
    if form.bars and form.end >= 2:
        above = top - 1 if top - 1 in range(64, 82) else top + 2
        chan = [*voiced(form.bars[-1].chords[1], 64, 4), above]
        notes += [Note(form.end - CHAN_BEATS, 0.35, p, 100, "lead", "accent") for p in chan]
    return notes
