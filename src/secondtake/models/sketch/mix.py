"""Notes to sound to a stereo mix, and its master: a strip per part, a room, ducking, a limiter.

Presets and drums are equally loud (soundfont), so a strip's gain is the part's place in the mix,
whoever plays it. All below BASS_HZ is in the middle; above, the sides are as loud as in real music.
"""

import tomllib
from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from secondtake.audio.loudness import integrated
from secondtake.audio.true_peak import peak_envelope
from secondtake.models.sketch.compose import Score, generator
from secondtake.models.sketch.dsp import SAMPLE_RATE, band, convolved, filtered, highpass
from secondtake.models.sketch.score import Note, SketchInput
from secondtake.models.sketch.soundfont import KITS, Place, play
from secondtake.models.sketch.synth import synthesised

ROOM_SECONDS = 1.3
ROOM_SEED = 808  # the same room for every segment
KICK_DUCK = (0.55, 0.11)  # how much of the bass the kick takes, seconds until it is back
VOICE_DUCK_DB = 4.0  # the music under the voice
WORDS_HZ = (1500.0, 16_000.0)  # where consonants are told apart, and hi-hats hide them
VOICE_DIP_DB = 8.0  # all but the bass in that band, on top, in the middle, where the voice is
DRUMS_DUCK_DB = 4.0
PUMP = 0.25  # how much of the bass's ducking under the kick the music shares
DUCK_SECONDS = 0.16
VOICE_OVER_MUSIC_DB = 6.0  # loudness of the voice over that of everything else
SILENT_MUSIC_LUFS = -40.0  # softer music does not pull the voice down with it
RUMBLE_HZ = 28.0
MUSIC_HIGHPASS_HZ = 130.0  # below belongs to the bass, where there is one
AIR_HZ, AIR_DB = 5000.0, 4.0  # a shelf: the soundfont's samples are dull
BASS_HZ = 120.0
WIDTH_DB = -8.0  # energy of the sides over the middle's (benchmarks/sketch/width.py)
WIDENING = (0.6, 2.4)  # gain of the sides, at least and at most; 1.8 left sung takes at -16 dB
TARGET_LUFS = -16.0
CEILING_DBTP = -1.5  # half a decibel under the promise of -1, for other meters' filters
LOOKAHEAD = int(0.012 * SAMPLE_RATE)  # frames; shorter, the limiter rides on the bass's waves
TOLERANCE_LU = 0.1
PASSES = 4  # limiting lowers the loudness a little; each pass makes up for it


class Strip(NamedTuple):
    """Of a part, as mix.toml has it."""

    gain: float
    pan: float
    spread: float
    send: float
    bus: str


TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
STRIPS = {name: Strip(**strip) for name, strip in TABLES["strips"].items()}
DRUMS = {int(key): (gain, pan, 0.0) for key, (gain, pan) in TABLES["drums"].items()}
OTHER_DRUM = (-9.0, 0.45, 0.0)
WIDEST_PAN = 0.9
GUITARS = range(24, 32)  # programs whose chords are played twice, left and right
HAND_SECONDS, HAND_VELOCITY = 0.004, 4  # how unevenly notes are struck
DOUBLE_PAN, DOUBLE_SECONDS, DOUBLE_CENTS = 0.7, 0.013, 6.0


def mix(segment: SketchInput, score: Score, voice: np.ndarray, sung: np.ndarray) -> np.ndarray:
    """All parts and the voice, (frames, 2), not yet at its loudness. sung: (frames,) bool."""
    music, bass, drums, room = _played(segment, score, len(voice)).values()
    voice = voice * np.float32(_voice_gain(music + bass + drums, voice))
    activity = _smoothed(sung.astype(np.float32))[:, None]
    duck = _gain(activity, VOICE_DUCK_DB)
    pumped = _kick_duck(segment, score, len(voice))[:, None]
    # In place from here on: a long segment's buses are large.
    room *= duck
    whole = convolved(room, _room())
    if bass.any():
        music = filtered(music, highpass(MUSIC_HIGHPASS_HZ))
    whole += music * (duck * (1 - PUMP + PUMP * pumped))
    whole += drums * _gain(activity, DRUMS_DUCK_DB)
    if sung.any():
        middle = filtered(whole.mean(axis=1, keepdims=True), band(*WORDS_HZ))
        whole += middle * (_gain(activity, VOICE_DIP_DB) - 1)
    whole += bass * pumped
    air = 10 ** (AIR_DB / 20) - 1
    whole = filtered(whole, lambda hertz: 1 + air * hertz**2 / (hertz**2 + AIR_HZ**2))
    whole += voice  # without the air, which would make a hiss of its consonants
    return _finished(whole)


def _finished(mixture: np.ndarray) -> np.ndarray:
    """No rumble, no bass at the sides, and the sides brought towards WIDTH_DB. The middle is what
    one loudspeaker plays, and keeps its level."""
    middle = filtered(mixture.mean(axis=1, keepdims=True), highpass(RUMBLE_HZ))
    sides = filtered((mixture[:, :1] - mixture[:, 1:]) / 2, highpass(BASS_HZ))
    power = max(float(np.vdot(middle, middle)), 1e-9)
    sides -= np.float32(np.vdot(sides, middle) / power) * middle  # neither side is the louder one
    width = np.sqrt(float(np.vdot(sides, sides)) / power)
    sides *= np.float32(np.clip(10 ** (WIDTH_DB / 20) / max(width, 1e-6), *WIDENING))
    return np.hstack((middle + sides, middle - sides))


def _played(segment: SketchInput, score: Score, frames: int) -> dict[str, np.ndarray]:
    """Every note on its bus and in the room's send."""
    buses = {bus: np.zeros((frames, 2), np.float32) for bus in ("music", "bass", "drums", "room")}
    groups: dict[str, list[Note]] = defaultdict(list)
    for note in score.notes:
        groups["808" if note.part == "bass" and score.synth_bass else note.part].append(note)
    hands = generator(segment, "hands")
    for part, notes in groups.items():
        strip = STRIPS[part]
        if part in ("808", "synth_kit"):
            sound = synthesised(notes, segment.bpm, score.form.tonic.root, frames)
        else:
            notes = [_struck(note, segment.bpm, hands) for note in notes]
            program = KITS + score.kit if part == "kit" else score.programs[part]
            sound = _sampled(part, notes, segment.bpm, program, frames)
        sound *= np.float32(10 ** (strip.gain / 20))
        buses[strip.bus] += sound
        buses["room"] += sound * np.float32(strip.send)
    return buses


def _struck(note: Note, bpm: float, hands: Random) -> Note:
    """The note as a hand plays it: no bar is the copy of another."""
    start = max(0.0, note.start + hands.gauss(0, HAND_SECONDS) * bpm / 60)
    velocity = note.velocity + hands.randint(-HAND_VELOCITY, HAND_VELOCITY)
    return replace(note, start=start, velocity=min(max(velocity, 1), 127))


def _sampled(part: str, notes: list[Note], bpm: float, program: int, frames: int) -> np.ndarray:
    """Instruments in their places; chords of guitars on both sides, by two players."""
    strip, middle = STRIPS[part], np.mean([note.pitch for note in notes])

    def place(pitch: int) -> Place:
        if part == "kit":
            return DRUMS.get(pitch, OTHER_DRUM)
        pan = strip.pan + strip.spread * (pitch - middle) / 12
        return 0.0, float(np.clip(pan, -WIDEST_PAN, WIDEST_PAN)), 0.0

    if part != "chords" or program not in GUITARS:
        return play(notes, bpm, program, frames, place)
    late = [replace(note, start=note.start + DOUBLE_SECONDS * bpm / 60) for note in notes]
    left, right = (-1.5, -DOUBLE_PAN, 0.0), (-1.5, DOUBLE_PAN, DOUBLE_CENTS)
    sound = play(notes, bpm, program, frames, lambda pitch: left)
    sound += play(late, bpm, program, frames, lambda pitch: right)
    return sound


@lru_cache(maxsize=1)
def _room() -> np.ndarray:
    """(frames, 2): decaying noise, darker as it decays, after a short gap."""
    time = np.arange(int(ROOM_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(ROOM_SEED).standard_normal((len(time), 2)).astype(np.float32)
    low = filtered(noise, band(250, 1800)) * np.exp(-time / 0.30)[:, None]
    high = filtered(noise, band(1800, 8000)) * np.exp(-time / 0.14)[:, None]
    tail = (low + high) * np.clip((time - 0.012) / 0.01, 0, 1)[:, None]
    return np.asarray(tail / np.sqrt(np.sum(tail**2, axis=0)), dtype=np.float32)


def _voice_gain(music: np.ndarray, voice: np.ndarray) -> float:
    """The gain that puts the voice VOICE_OVER_MUSIC_DB above the rest; 1 for a silent voice."""
    spoken, played = (integrated(sound, SAMPLE_RATE) for sound in (voice, music))
    if spoken is None:
        return 1.0
    louder = max(SILENT_MUSIC_LUFS if played is None else played, SILENT_MUSIC_LUFS)
    return float(10 ** ((louder + VOICE_OVER_MUSIC_DB - spoken) / 20))


def _kick_duck(segment: SketchInput, score: Score, frames: int) -> np.ndarray:
    """Gain under the 808's kicks: down in 5 ms, back along a slope."""
    depth, back = KICK_DUCK
    time = np.arange(int(back * SAMPLE_RATE)) / SAMPLE_RATE
    dip = 1 - depth * np.clip(time / 0.005, 0, 1) * (1 - time / back)
    gain = np.ones(frames + len(dip), np.float32)
    for note in (note for note in score.notes if note.part == "synth_kit"):
        at = round(note.start * 60 / segment.bpm * SAMPLE_RATE)
        gain[at : at + len(dip)] = np.minimum(gain[at : at + len(dip)], dip)
    return gain[:frames]


def _smoothed(switch: np.ndarray) -> np.ndarray:
    """A 0/1 curve with its corners rounded over DUCK_SECONDS, centred: the duck leads the word."""
    width = int(DUCK_SECONDS * SAMPLE_RATE)
    total = np.concatenate(([0.0], np.cumsum(np.pad(switch, (width // 2, width - width // 2)))))
    return ((total[width:] - total[:-width])[: len(switch)] / width).astype(np.float32)


def _gain(amount: np.ndarray, decibels: float) -> np.ndarray:
    return (10 ** (-decibels * amount / 20)).astype(np.float32)


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
    padded = np.pad(needed, LOOKAHEAD, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, LOOKAHEAD + 1)
    weights = np.hanning(LOOKAHEAD + 3)[1:-1]
    gain = np.convolve(windows.min(axis=1), weights / weights.sum(), mode="valid")[: len(samples)]
    return (samples * gain[:, None]).astype(np.float32)
