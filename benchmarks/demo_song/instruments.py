"""The demo's instruments: a note to mono samples, (frames,) float64 at 44,100 Hz.

Plucked strings are Karplus and Strong's (1983), the electric piano and the bells are frequency
modulation (Chowning 1973), the pad is detuned sawtooths below a filter, drums are sines and noise.
"""

from collections.abc import Callable

import numpy as np
from benchmarks.demo_song.score import Note

RATE = 44_100  # Hz
Sound = np.ndarray


def hertz(pitch: float) -> float:
    return float(440 * 2 ** ((pitch - 69) / 12))


def seconds(length: float) -> Sound:
    """Times of samples, from 0 to length."""
    return np.arange(int(length * RATE)) / RATE


def shaped(signal: Sound, response: Callable[[Sound], Sound]) -> Sound:
    """Multiply the spectrum by response(Hz), along the first axis."""
    size = 1 << (len(signal) + RATE // 20 - 1).bit_length()
    curve = response(np.fft.rfftfreq(size, 1 / RATE))
    spectrum = np.fft.rfft(signal, size, axis=0)
    spectrum *= curve if signal.ndim == 1 else curve[:, None]
    return np.fft.irfft(spectrum, size, axis=0)[: len(signal)]


def between(low: float, high: float, order: int = 2) -> Callable[[Sound], Sound]:
    """A Butterworth band's magnitude: a high-pass at `low` Hz times a low-pass at `high`."""

    def response(frequency: Sound) -> Sound:
        rise = (frequency / low) ** order / np.sqrt(1 + (frequency / low) ** (2 * order))
        return np.asarray(rise / np.sqrt(1 + (frequency / high) ** (2 * order)))

    return response


def running_mean(signal: Sound, length: float) -> Sound:
    """The mean of `length` seconds around every sample."""
    width = int(length * RATE)
    total = np.cumsum(np.pad(signal, (width // 2 + 1, width - width // 2 - 1)))
    return np.asarray((total[width:] - total[:-width]) / width)


def string(note: Note, bright: float, sustain: float, random: np.random.Generator) -> Sound:
    """A plucked string: a burst of noise goes round a loop of one period and is averaged.

    bright: Hz of the pluck's low-pass. sustain: gain of a second of rounds.
    """
    pitch = hertz(note.pitch)
    period = int(RATE / pitch)
    played = note.seconds + 0.15
    rounds = int(played * RATE / period) + 2
    pluck = np.tile(random.uniform(-1, 1, period), 3)
    pluck = shaped(pluck, between(40, bright * (0.5 + note.velocity)))[period : 2 * period]
    pluck -= np.roll(pluck, period // 5)  # plucked at a fifth of its length
    gain = sustain ** (period / RATE)
    loop = np.empty((rounds, period))
    loop[0] = pluck / np.abs(pluck).max()
    for at in range(1, rounds):
        before = loop[at - 1]
        loop[at] = gain * (0.6 * before + 0.2 * (np.roll(before, 1) + np.roll(before, -1)))
    time = seconds(played)
    sound = np.interp(time * pitch * period, np.arange(rounds * period), loop.ravel())
    return np.asarray(sound * _let_go(time, note.seconds, 0.12) * np.minimum(1, time / 0.0015))


def _let_go(time: Sound, at: float, release: float) -> Sound:
    return np.clip(1 - (time - at) / release, 0, 1) ** 2


def guitar(note: Note, random: np.random.Generator) -> Sound:
    body = string(note, 3200, 0.28, random)
    wood = shaped(body, between(90, 230)) + 0.5 * shaped(body, between(350, 600))
    return body + 0.5 * wood


def bass(note: Note, random: np.random.Generator) -> Sound:
    """An upright: a dark string, its lowest partial helped for small loudspeakers."""
    body = string(note, 420, 0.35, random)
    time = np.arange(len(body)) / RATE
    bloom = np.sin(2 * np.pi * hertz(note.pitch) * time) * np.exp(-2.2 * time)
    finger = shaped(random.normal(size=len(body)), between(300, 1100)) * np.exp(-time / 0.012)
    swell = np.minimum(1, time / 0.012) * _let_go(time, note.seconds, 0.12)
    return np.asarray(np.tanh(1.3 * (0.7 * body + 0.8 * bloom * swell) + 0.25 * finger))


def keys(note: Note, random: np.random.Generator) -> Sound:
    """A tine and its bark: two pairs of carrier and modulator."""
    time, pitch = seconds(note.seconds + 0.3), hertz(note.pitch)
    angle = 2 * np.pi * pitch * time + random.uniform(0, 6.28)
    bark = 1.4 * note.velocity * np.exp(-time / 0.5)
    tine = 0.22 * note.velocity * np.sin(14 * angle) * np.exp(-time / 0.06)
    tone = np.sin(angle + bark * np.sin(angle)) * np.exp(-time / 1.7) + tine
    return np.asarray(tone * np.minimum(1, time / 0.004) * _let_go(time, note.seconds, 0.3))


def bells(note: Note, random: np.random.Generator) -> Sound:
    time = seconds(note.seconds + 0.6)
    angle = 2 * np.pi * hertz(note.pitch) * time
    index = 1.1 * note.velocity * np.exp(-time / 0.12)
    tone = np.sin(angle + index * np.sin(3.51 * angle)) + 0.25 * np.sin(2 * angle)
    knock = shaped(random.normal(size=len(time)), between(1500, 5000)) * np.exp(-time / 0.006)
    fade = np.exp(-time / 0.45) * _let_go(time, note.seconds, 0.6)
    return np.asarray((tone + 0.15 * knock) * fade * np.minimum(1, time / 0.002))


def pad(note: Note, random: np.random.Generator) -> Sound:
    """Two detuned sawtooths made of their partials, the filter opening slowly."""
    time = seconds(note.seconds + 0.5)
    opening = 900 + 900 * np.minimum(1, time / 1.5)
    sound = np.zeros(len(time))
    for cents in (-7, 6):
        pitch = hertz(note.pitch + cents / 100)
        start = random.uniform(0, 6.28)
        for partial in range(1, int(5000 / pitch)):
            loud = 1 / partial / (1 + (partial * pitch / opening) ** 4)
            sound += loud * np.sin(2 * np.pi * partial * pitch * time + start * partial)
    return np.asarray(sound * np.minimum(1, time / 0.35) * _let_go(time, note.seconds, 0.5))


def kick(note: Note, random: np.random.Generator) -> Sound:
    time = seconds(0.3)
    sweep = 2 * np.pi * (48 * time + 90 * 0.03 * (1 - np.exp(-time / 0.03)))
    click = shaped(random.normal(size=len(time)), between(800, 4000)) * np.exp(-time / 0.004)
    skin = np.sin(sweep) * np.exp(-time / 0.11) * _let_go(time, 0.2, 0.1)
    return np.asarray(skin + 0.2 * click)


def noise(
    low: float, high: float, decay: float, tone: float = 0.0, attack: float = 0.001
) -> Callable[[Note, np.random.Generator], Sound]:
    """A drum of noise between two frequencies (Hz), with a skin of 190 Hz below it if asked for.

    decay, attack: seconds.
    """

    def drum(note: Note, random: np.random.Generator) -> Sound:
        time = seconds(7 * decay)
        burst = shaped(random.normal(size=len(time)), between(low, high, 4))
        burst *= np.exp(-time / decay) / np.abs(burst).max()
        skin = np.sin(2 * np.pi * 190 * time) * np.exp(-time / 0.05)
        edge = np.minimum(1, time / attack) * _let_go(time, 6 * decay, decay)
        return np.asarray((burst + tone * skin) * edge)

    return drum


INSTRUMENTS: dict[str, Callable[[Note, np.random.Generator], Sound]] = {
    "guitar": guitar, "strum": guitar, "bass": bass, "keys": keys, "bells": bells, "pad": pad,
    "kick": kick, "snare": noise(500, 9000, 0.07, tone=0.6),
    "brush": noise(900, 7000, 0.055, tone=0.12, attack=0.012), "hat": noise(6500, 15000, 0.03),
    "shaker": noise(4500, 12000, 0.022, attack=0.012), "cymbal": noise(3500, 14000, 0.45),
}  # fmt: skip
