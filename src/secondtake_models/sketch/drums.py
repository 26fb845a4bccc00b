"""Drums: 808 trap with hat rolls, or reggaeton's dembow, with fills and a riser."""

import random

from secondtake_models.sketch.brief import Brief
from secondtake_models.sketch.form import Bar, Form
from secondtake_models.sketch.score import Note

# General MIDI drum keys.
KICK, RIM, SNARE, CLAP, CLOSED_HAT, LOW_TOM, OPEN_HAT, HIGH_TOM, CRASH, SHAKER = (
    36, 37, 40, 39, 42, 43, 46, 48, 49, 70,
)  # fmt: skip
RISER = 119  # pseudo key: the reverse cymbal, played by its own preset

TRESILLO = (0.0, 1.5, 3.0)  # 3+3+2 eighths: where tango, dembow and trap meet
TRAP_KICKS = (TRESILLO, (0.0, 1.5, 2.5), (0.0, 0.75, 2.5, 3.25), (0.0, 1.75, 2.5, 3.5))
DEMBOW_SNARES = (0.75, 1.5, 2.75, 3.5)
ROLLS = {"sixteenths": 4, "triplets": 6, "thirty-seconds": 8}  # strokes to a beat


def drum_notes(brief: Brief, form: Form, rng: random.Random) -> list[Note]:
    """Every stroke of the segment, the closing one aside."""
    dembow = brief.asks_for("reggaeton", "dembow", "perreo")
    kicks = rng.choice(TRAP_KICKS)
    notes: list[Note] = []
    for bar in form.bars:
        following = form.bars[bar.index + 1] if bar.index + 1 < len(form.bars) else None
        if bar.drums in ("groove", "full", "fill"):
            notes += _dembow(bar, rng) if dembow else _trap(bar, kicks, rng)
        if bar.drums in ("hats", "groove", "full"):
            notes += _hats(bar, rng, dembow)
        if bar.drums == "fill":
            notes += _fill(bar, rng)
        if following and following.drums in ("groove", "full") and bar.drums in ("none", "hats"):
            notes.append(Note(bar.start + bar.beats - 2, 2, RISER, 84, "kit"))
        if bar.drums in ("groove", "full") and bar.index % 4 == form.bars[0].index + 1:
            notes.append(_hit(bar.start, CRASH, 76))
    return [note for note in notes if note.start < form.end]


def kick_onsets(notes: list[Note]) -> list[float]:
    """Beats at which the kick falls; the bass makes room there."""
    return [note.start for note in notes if note.pitch == KICK and note.part == "synth_kit"]


def _trap(bar: Bar, kicks: tuple[float, ...], rng: random.Random) -> list[Note]:
    pattern = kicks if bar.index % 2 else TRESILLO
    limit = 2.0 if bar.drums == "fill" else bar.beats
    notes = [_kick(bar.start + at, 118 if at == 0 else 104) for at in pattern if at < limit]
    if limit > 2:
        notes += [_hit(bar.start + 2, SNARE, 112), _hit(bar.start + 2, CLAP, 108)]
        if bar.drums == "full":
            notes.append(_hit(bar.start + rng.choice((1.75, 3.75, 3.5)), RIM, 72))
    return notes


def _dembow(bar: Bar, rng: random.Random) -> list[Note]:
    limit = 2.0 if bar.drums == "fill" else bar.beats
    notes = [
        _kick(bar.start + beat, 116 if beat % 2 == 0 else 104) for beat in range(4) if beat < limit
    ]
    for at in DEMBOW_SNARES:
        if at < limit:
            notes.append(_hit(bar.start + at, SNARE, 96 if at in (1.5, 3.5) else 80))
            if bar.drums == "full":
                notes.append(_hit(bar.start + at, CLAP, 80))
    if limit > 2 and rng.random() < 0.4:
        notes.append(_hit(bar.start + 3.75, RIM, 70))
    return notes


def _hats(bar: Bar, rng: random.Random, dembow: bool) -> list[Note]:
    """Eighths that lean on the beat, one roll a bar, an open hat before the turn."""
    rolled = -1.0 if dembow and bar.index % 2 == 0 else rng.choice((1.0, 1.5, 2.5, 3.0, 3.5))
    notes = []
    for eighth in range(int(bar.beats * 2)):
        at = eighth / 2
        if at == rolled:
            notes += _roll(bar.start + at, 0.5, rng)
        else:
            loud = 92 if at % 1 == 0 else 66
            notes.append(_hit(bar.start + at, CLOSED_HAT, loud + rng.randint(-6, 4)))
    if bar.drums == "full":
        notes.append(_hit(bar.start + bar.beats - 0.5, OPEN_HAT, 74))
    return notes


def _roll(start: float, beats: float, rng: random.Random) -> list[Note]:
    per_beat = ROLLS[rng.choice(list(ROLLS))]
    count = max(2, round(per_beat * beats))
    rising = rng.random() < 0.6
    return [
        _hit(
            start + stroke / per_beat, CLOSED_HAT, 52 + round(36 * (share if rising else 1 - share))
        )
        for stroke in range(count)
        for share in (stroke / count,)
    ]


def _fill(bar: Bar, rng: random.Random) -> list[Note]:
    """The groove stops mid-bar; snare and toms run into the next."""
    start = bar.start + max(0.0, bar.beats - 2)
    toms = rng.random() < 0.5
    before = round(2 * (start - bar.start)) + 2  # eighths of hats, into the fill's first beat
    notes = [_hit(bar.start + e / 2, CLOSED_HAT, 66 if e % 2 else 88) for e in range(before)]
    for stroke in range(8):
        at = start + stroke / 4
        if stroke in (1, 3) and rng.random() < 0.5:
            continue  # a breath makes it a phrase and not a drill
        key = (HIGH_TOM if stroke < 6 else LOW_TOM) if toms and stroke % 2 else SNARE
        notes.append(_hit(at, key, 58 + 7 * stroke))
    return notes


def _hit(start: float, key: int, velocity: int) -> Note:
    return Note(start, 0.25, key, velocity, "kit")


def _kick(start: float, velocity: int) -> Note:
    return Note(start, 0.5, KICK, velocity, "synth_kit")
