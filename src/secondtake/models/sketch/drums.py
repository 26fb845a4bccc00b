"""Drums: 808 trap or reggaeton's dembow; the kick, the bass and the riser are synthesised."""

import random
from functools import lru_cache
from itertools import zip_longest

import numpy as np

from secondtake.models.sketch.dsp import SAMPLE_RATE, band, filtered
from secondtake.models.sketch.form import Bar, Form
from secondtake.models.sketch.score import Note, SketchInput

# General MIDI drum keys.
KICK, RIM, SNARE, CLAP, CLOSED_HAT, LOW_TOM, OPEN_HAT, HIGH_TOM, CRASH, SHAKER = (
    36, 37, 40, 39, 42, 43, 46, 48, 49, 70,
)  # fmt: skip
RISER = 119  # pseudo key: the reverse cymbal, played by its own preset

TRESILLO = (0.0, 1.5, 3.0)  # 3+3+2 eighths: where tango, dembow and trap meet
TRAP_KICKS = (TRESILLO, (0.0, 1.5, 2.5), (0.0, 0.75, 2.5, 3.25), (0.0, 1.75, 2.5, 3.5))
DEMBOW_SNARES = (0.75, 1.5, 2.75, 3.5)
ROLLS = (4, 6, 8)  # strokes to a beat: sixteenths, triplets, thirty-seconds

KICK_SECONDS = 0.42
BEATER_HZ = 165.0
BASS_DECAY = 0.9  # seconds to fall to 1/e
BASS_DRIVE = 1.1  # into tanh; more, and the fifth overtone turns minor chords major
BASS_OCTAVE = 0.22  # of the second overtone, the one a small speaker can play
SLIDE_SECONDS = 0.09
RELEASE_SECONDS = 0.03
NOISE_SEED = 808


def drum_notes(segment: SketchInput, form: Form, rng: random.Random) -> list[Note]:
    """Every stroke of the segment, the closing one aside."""
    dembow = segment.asks_for("reggaeton", "dembow", "perreo")
    kicks = rng.choice(TRAP_KICKS)
    notes: list[Note] = []
    for bar, following in zip_longest(form.bars, form.bars[1:]):
        if bar.drums in ("groove", "full", "fill"):
            notes += _dembow(bar, rng) if dembow else _trap(bar, kicks, rng)
        if bar.drums in ("hats", "groove", "full"):
            notes += _hats(bar, rng, dembow)
        if bar.drums == "fill":
            notes += _fill(bar, rng)
        if following and following.drums in ("groove", "full") and bar.drums in ("none", "hats"):
            notes.append(Note(bar.start + bar.beats - 2, 2, RISER, 84, "kit"))
        if bar.drums in ("groove", "full") and bar.index % 4 == 1:
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
    notes = [_kick(bar.start + at, 104 if at % 2 else 116) for at in range(4) if at < limit]
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
            notes += _roll(bar.start + at, rng)
        else:
            loud = 92 if at % 1 == 0 else 66
            notes.append(_hit(bar.start + at, CLOSED_HAT, loud + rng.randint(-6, 4)))
    if bar.drums == "full":
        notes.append(_hit(bar.start + bar.beats - 0.5, OPEN_HAT, 74))
    return notes


def _roll(start: float, rng: random.Random) -> list[Note]:
    """Half a beat of hats that swell or fade."""
    per_beat = rng.choice(ROLLS)
    count = per_beat // 2
    shares = [stroke / count for stroke in range(count)]
    levels = shares if rng.random() < 0.6 else [1 - share for share in shares]
    return [
        _hit(start + stroke / per_beat, CLOSED_HAT, 52 + round(36 * level))
        for stroke, level in enumerate(levels)
    ]


def _fill(bar: Bar, rng: random.Random) -> list[Note]:
    """The groove stops mid-bar; snare and toms run into the next."""
    start = bar.start + max(0.0, bar.beats - 2)
    toms = rng.random() < 0.5
    before = round(2 * (start - bar.start)) + 2  # eighths of hats, into the fill's first beat
    notes = [_hit(bar.start + e / 2, CLOSED_HAT, 66 if e % 2 else 88) for e in range(before)]
    for stroke in range(8):
        if stroke in (1, 3) and rng.random() < 0.5:
            continue  # a breath makes it a phrase and not a drill
        key = (HIGH_TOM if stroke < 6 else LOW_TOM) if toms and stroke % 2 else SNARE
        notes.append(_hit(start + stroke / 4, key, 58 + 7 * stroke))
    return notes


def _hit(start: float, key: int, velocity: int) -> Note:
    return Note(start, 0.25, key, velocity, "kit")


def _kick(start: float, velocity: int) -> Note:
    return Note(start, 0.5, KICK, velocity, "synth_kit")


@lru_cache(maxsize=32)
def kick(velocity: int, pitch: int) -> np.ndarray:
    """(frames, 2): a sine that falls to a MIDI pitch (the tonic, or it blurs the key)."""
    time = np.arange(int(KICK_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    body_hz = 440 * 2 ** ((pitch - 69) / 12)
    frequency = body_hz + (BEATER_HZ - body_hz) * np.exp(-time / 0.028)
    body = np.sin(2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE) * np.exp(-time / 0.13)
    click = np.sin(2 * np.pi * 1900 * time) * np.exp(-time / 0.0025) * 0.25
    fade = np.clip((KICK_SECONDS - time) / 0.05, 0, 1) * np.clip(time / 0.0008, 0, 1)
    return _stereo(np.tanh(1.6 * (body + click)) * fade * (velocity / 127) ** 2)


@lru_cache(maxsize=128)
def bass(pitch: int, velocity: int, seconds: float, glide: float = 0.0) -> np.ndarray:
    """(frames, 2): a driven sine; `glide` semitones away at first, home within 90 ms."""
    time = np.arange(int((seconds + RELEASE_SECONDS) * SAMPLE_RATE)) / SAMPLE_RATE
    bend = glide * np.clip(1 - time / SLIDE_SECONDS, 0, 1) + 5 * np.exp(-time / 0.012)
    frequency = 440 * 2 ** ((pitch + bend - 69) / 12)
    decay = np.exp(-time / BASS_DECAY)
    wave = np.sin(2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE) * decay
    driven = np.tanh(BASS_DRIVE * (wave + BASS_OCTAVE * (2 * wave**2 - decay**2)))
    left = (seconds + RELEASE_SECONDS - time) / RELEASE_SECONDS
    fade = np.clip(time / 0.004, 0, 1) * np.clip(left, 0, 1)
    return _stereo(driven * fade * (velocity / 127) ** 2)


@lru_cache(maxsize=8)
def riser(velocity: int, seconds: float) -> np.ndarray:
    """(frames, 2): noise that opens towards the drop."""
    time = np.linspace(0, 1, int(seconds * SAMPLE_RATE), dtype=np.float32)
    noise = np.random.default_rng(NOISE_SEED).standard_normal((len(time), 2)).astype(np.float32)
    dull, bright = filtered(noise, band(500, 3000)), filtered(noise, band(3000, 12000))
    swell = (time**2.5 * np.clip((1 - time) / 0.02, 0, 1))[:, None]
    level = 0.16 * (velocity / 127) ** 2
    return np.asarray(level * swell * (dull * (1 - time[:, None]) + bright * time[:, None]))


def _stereo(mono: np.ndarray) -> np.ndarray:
    return np.repeat(mono[:, None].astype(np.float32), 2, axis=1)
