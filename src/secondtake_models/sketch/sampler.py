"""Plays SoundFont regions: pitch by interpolation, loops, envelope, filter, velocity.

Numpy only, so it runs wherever numpy does and gives the same samples every time.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from secondtake_models.sketch.score import Shape
from secondtake_models.sketch.soundfont import (
    ATTACK,
    ATTENUATION,
    DECAY,
    DELAY,
    FILTER_CUTOFF,
    HOLD,
    PAN,
    RELEASE,
    SAMPLE_MODES,
    SCALE_TUNING,
    SUSTAIN,
    Region,
    general_midi,
)

SAMPLE_RATE = 44_100
ENVELOPE_DB = 100.0  # a decay or release stage is the time to fall by this much
ATTENUATION_SCALE = 0.4  # players read initialAttenuation at 0.4 of the specification's value
SHORTEST_RELEASE = 0.03  # seconds; shorter clicks
LONGEST_RELEASE = 1.5  # seconds; the room does the rest
GLIDE_SECONDS = 0.07
SHORT_LOOP = 4096  # frames; a loop of whole frames this short can be a third of a tone off
VIBRATO_HZ = 5.4
VIBRATO_CENTS = 9.0
VIBRATO_DELAY = 0.28  # seconds before a held note begins to move
Samples = NDArray[np.float32]


@lru_cache(maxsize=256)  # drums and repeated chords sound the same note again and again
def play(
    bank: int, program: int, key: int, velocity: int, seconds: float, shape: Shape = "plain",
    glide: float = 0.0,
) -> Samples:  # fmt: skip
    """One note, held for `seconds` and then released -> (frames, 2) float32. Do not change it."""
    font = general_midi()
    sounding = [
        _place(_sound(region, font.samples, key, velocity, seconds, shape, glide), region)
        for region in font.regions(bank, program, key, velocity)
    ]
    mixed = np.zeros((max((len(part) for part in sounding), default=0), 2), np.float32)
    for part in sounding:
        mixed[: len(part)] += part
    return mixed


def _sound(
    region: Region, data: Samples, key: int, velocity: int, seconds: float, shape: Shape,
    glide: float,
) -> Samples:  # fmt: skip
    """One region of a note -> (frames,)."""
    release = min(max(region.seconds(RELEASE), SHORTEST_RELEASE), LONGEST_RELEASE)
    looped = region.generators[SAMPLE_MODES] & 1 and region.loop_end > region.loop_start + 8
    frames = int((seconds + release) * SAMPLE_RATE)
    position = _positions(region, key, frames, glide, sustained=bool(looped))
    if looped:
        span = region.loop_end - region.loop_start
        beyond = position >= region.loop_end
        position[beyond] = region.loop_start + (position[beyond] - region.loop_start) % span
    else:
        position = position[position < region.end - 1]
    sound = _interpolate(data, position)
    sound *= _envelope(region, len(sound), seconds, release)
    sound *= _bellows(shape, len(sound), seconds)
    level = (velocity / 127) ** 2 * 10 ** (
        -ATTENUATION_SCALE * region.generators[ATTENUATION] / 200
    )
    return _lowpass(sound, region) * np.float32(level)


def _positions(
    region: Region, key: int, frames: int, glide: float, sustained: bool
) -> NDArray[np.float64]:
    """Where in the font's data each output frame reads, before looping."""
    semitones = (key - region.root) * region.generators[SCALE_TUNING] / 100
    step = 2 ** (semitones / 12) * region.rate / SAMPLE_RATE
    if sustained:
        step *= _in_tune(region, key, step)
    if not glide and not sustained:
        return region.start + step * np.arange(frames)
    time = np.arange(frames) / SAMPLE_RATE
    bend = glide * np.clip(1 - time / GLIDE_SECONDS, 0, 1)  # semitones
    if sustained:
        depth = VIBRATO_CENTS / 100 * np.clip((time - VIBRATO_DELAY) / 0.3, 0, 1)
        bend = bend + depth * np.sin(2 * np.pi * VIBRATO_HZ * (time - VIBRATO_DELAY))
    steps = step * 2 ** (bend / 12)
    return region.start + np.concatenate(([0.0], np.cumsum(steps[:-1])))


def _in_tune(region: Region, key: int, step: float) -> float:
    """Factor on the step that puts a short loop on the key's pitch or one of its octaves.

    The font's reeds loop single cycles of 13 to 50 frames, up to 70 cents flat once they loop.
    """
    span = region.loop_end - region.loop_start
    if span > SHORT_LOOP:
        return 1.0
    ratio = SAMPLE_RATE * step / span / (440 * 2 ** ((key - 69) / 12))  # loops per cycle asked
    target = float(round(ratio)) if ratio > 0.75 else 1 / round(1 / ratio)
    factor = target / ratio
    return factor if abs(np.log2(factor)) < 0.8 / 12 else 1.0


def _interpolate(data: Samples, position: NDArray[np.float64]) -> Samples:
    """Read data at fractional positions (4-point Hermite)."""
    at = np.clip(position.astype(np.int64), 1, len(data) - 3)
    t = (position - at).astype(np.float32)
    before, here, after, beyond = data[at - 1], data[at], data[at + 1], data[at + 2]
    slope = 0.5 * (after - before)
    third = here - after
    curve = slope + third
    fourth = curve + third + 0.5 * (beyond - here)
    return ((((fourth * t) - (curve + fourth)) * t + slope) * t + here).astype(np.float32)


def _envelope(region: Region, frames: int, seconds: float, release: float) -> Samples:
    """Delay, attack, hold, decay, sustain, release (specification 8.1.2, 33 to 38)."""
    time = np.arange(frames) / SAMPLE_RATE - region.seconds(DELAY)
    attack, hold = max(region.seconds(ATTACK), 0.001), region.seconds(HOLD)
    floor = min(region.generators[SUSTAIN] / 10, ENVELOPE_DB)
    fallen = np.clip((time - attack - hold) / region.seconds(DECAY) * ENVELOPE_DB, 0, floor)
    fallen += np.clip((time - seconds) / release, 0, 1) * ENVELOPE_DB
    return (np.clip(time / attack, 0, 1) * 10 ** (-fallen / 20)).astype(np.float32)


def _bellows(shape: Shape, frames: int, seconds: float) -> Samples:
    """Loudness within the note: `accent` bites and falls, `swell` opens and closes."""
    time = np.arange(frames) / SAMPLE_RATE
    if shape == "accent":
        return (0.45 + 0.75 * np.exp(-time / 0.09)).astype(np.float32)
    if shape == "swell":
        return (0.55 + 0.5 * np.sin(np.pi * np.clip(time / max(seconds, 0.1), 0, 1) ** 0.8)).astype(
            np.float32
        )
    return np.ones(frames, np.float32)


def _lowpass(sound: Samples, region: Region) -> Samples:
    """The region's filter at rest: two poles without resonance, applied in the spectrum."""
    cutoff = 8.176 * 2 ** (region.generators[FILTER_CUTOFF] / 1200)
    if cutoff > 15_000 or not len(sound):
        return sound
    size = 1 << (len(sound) + 2048).bit_length()
    ratio = np.fft.rfftfreq(size, 1 / SAMPLE_RATE) / cutoff
    spectrum = np.fft.rfft(sound, size) / (1 + 1.4142j * ratio - ratio**2)
    return np.fft.irfft(spectrum, size)[: len(sound)].astype(np.float32)


def _place(sound: Samples, region: Region) -> Samples:
    """Constant-power panning: (frames,) -> (frames, 2)."""
    angle = (np.clip(region.generators[PAN] / 500, -1, 1) + 1) * np.pi / 4
    return np.outer(sound, [np.cos(angle), np.sin(angle)]).astype(np.float32)
