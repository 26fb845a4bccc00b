"""What is synthesised and not sampled: the 808's kick and bass."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.score import Note

KICK_LOWEST = 29  # MIDI pitch: the kick falls to the tonic from here up, or it blurs the key
KICK_SECONDS = 0.42
BEATER_HZ = 165.0
BASS_DECAY = 0.9  # seconds to fall to 1/e
BASS_DRIVE = 1.1  # into tanh; more, and the fifth overtone turns minor chords major
BASS_OCTAVE = 0.22  # of the second overtone, the one a small speaker can play
SLIDE_SECONDS = 0.09
RELEASE_SECONDS = 0.03


def synthesised(notes: Sequence[Note], bpm: float, tonic: int, frames: int) -> np.ndarray:
    """The 808's bass and kicks (`synth_kit`), (frames, 2). tonic: pitch class."""
    result = np.zeros((frames, 2), np.float32)
    for note in notes:
        at, seconds = round(note.start * 60 / bpm * SAMPLE_RATE), round(note.length * 60 / bpm, 4)
        if note.part == "bass":
            sound = bass(note.pitch, note.velocity, seconds, note.glide)
        else:
            sound = kick(note.velocity, KICK_LOWEST + (tonic - KICK_LOWEST) % 12)
        span = result[at : at + len(sound)]
        span += sound[: len(span), None]
    return result


@lru_cache(maxsize=32)
def kick(velocity: int, pitch: int) -> np.ndarray:
    """(frames,): a sine that falls to a MIDI pitch (the tonic, or it blurs the key)."""
    time = np.arange(int(KICK_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    body_hz = 440 * 2 ** ((pitch - 69) / 12)
    frequency = body_hz + (BEATER_HZ - body_hz) * np.exp(-time / 0.028)
    body = np.sin(2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE) * np.exp(-time / 0.13)
    click = np.sin(2 * np.pi * 1900 * time) * np.exp(-time / 0.0025) * 0.25
    fade = np.clip((KICK_SECONDS - time) / 0.05, 0, 1) * np.clip(time / 0.0008, 0, 1)
    result = np.tanh(1.6 * (body + click)) * fade * (velocity / 127) ** 2
    return np.asarray(result, np.float32)


@lru_cache(maxsize=128)
def bass(pitch: int, velocity: int, seconds: float, glide: float = 0.0) -> np.ndarray:
    """(frames,): a driven sine; `glide` semitones away at first, home within 90 ms."""
    time = np.arange(int((seconds + RELEASE_SECONDS) * SAMPLE_RATE)) / SAMPLE_RATE
    bend = glide * np.clip(1 - time / SLIDE_SECONDS, 0, 1) + 5 * np.exp(-time / 0.012)
    frequency = 440 * 2 ** ((pitch + bend - 69) / 12)
    decay = np.exp(-time / BASS_DECAY)
    wave = np.sin(2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE) * decay
    driven = np.tanh(BASS_DRIVE * (wave + BASS_OCTAVE * (2 * wave**2 - decay**2)))
    left = (seconds + RELEASE_SECONDS - time) / RELEASE_SECONDS
    fade = np.clip(time / 0.004, 0, 1) * np.clip(left, 0, 1)
    return np.asarray(driven * fade * (velocity / 127) ** 2, np.float32)
