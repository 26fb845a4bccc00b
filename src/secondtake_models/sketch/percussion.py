"""What is synthesised: the 808's kick, the bass it grew into, and the riser before a drop."""

from functools import lru_cache

import numpy as np

from secondtake_models.sketch.signals import SAMPLE_RATE, Samples, band, filtered

KICK_SECONDS = 0.42
BEATER_HZ = 165.0
BASS_DECAY = 0.9  # seconds to fall to 1/e
BASS_DRIVE = 1.1  # into tanh; more, and the fifth overtone turns minor chords major
BASS_OCTAVE = 0.22  # of the second overtone, the one a small speaker can play
SLIDE_SECONDS = 0.09
RELEASE_SECONDS = 0.03
NOISE_SEED = 808


@lru_cache(maxsize=32)
def kick(velocity: int, pitch: int) -> Samples:
    """(frames, 2): a sine that falls to a MIDI pitch (the tonic, or it blurs the key)."""
    time = np.arange(int(KICK_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    body_hz = 440 * 2 ** ((pitch - 69) / 12)
    frequency = body_hz + (BEATER_HZ - body_hz) * np.exp(-time / 0.028)
    body = np.sin(2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE) * np.exp(-time / 0.13)
    click = np.sin(2 * np.pi * 1900 * time) * np.exp(-time / 0.0025) * 0.25
    fade = np.clip((KICK_SECONDS - time) / 0.05, 0, 1) * np.clip(time / 0.0008, 0, 1)
    return _stereo(np.tanh(1.6 * (body + click)) * fade * (velocity / 127) ** 2)


@lru_cache(maxsize=128)
def bass(pitch: int, velocity: int, seconds: float, glide: float = 0.0) -> Samples:
    """(frames, 2): a driven sine; `glide` semitones away at first, home within 90 ms."""
    time = np.arange(int((seconds + RELEASE_SECONDS) * SAMPLE_RATE)) / SAMPLE_RATE
    bend = glide * np.clip(1 - time / SLIDE_SECONDS, 0, 1) + 5 * np.exp(-time / 0.012)
    frequency = 440 * 2 ** ((pitch + bend - 69) / 12)
    wave = np.sin(2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE) * np.exp(-time / BASS_DECAY)
    driven = np.tanh(
        BASS_DRIVE * (wave + BASS_OCTAVE * (2 * wave**2 - np.exp(-time / BASS_DECAY) ** 2))
    )
    fade = np.clip(time / 0.004, 0, 1) * np.clip(
        (seconds + RELEASE_SECONDS - time) / RELEASE_SECONDS, 0, 1
    )
    return _stereo(driven * fade * (velocity / 127) ** 2)


@lru_cache(maxsize=8)
def riser(velocity: int, seconds: float) -> Samples:
    """(frames, 2): noise that opens towards the drop."""
    time = np.linspace(0, 1, int(seconds * SAMPLE_RATE), dtype=np.float32)
    noise = np.random.default_rng(NOISE_SEED).standard_normal((len(time), 2)).astype(np.float32)
    dull, bright = filtered(noise, band(500, 3000)), filtered(noise, band(3000, 12000))
    swell = (time**2.5 * np.clip((1 - time) / 0.02, 0, 1))[:, None]
    level = 0.16 * (velocity / 127) ** 2
    return level * swell * (dull * (1 - time[:, None]) + bright * time[:, None])


def _stereo(mono: np.ndarray) -> Samples:
    return np.repeat(mono[:, None].astype(np.float32), 2, axis=1)
