"""Sounds that are no second take of any song: noises, tones, voices, and songs taken to pieces.

Those of the design set differ from those of the test set in pitch, rate and seed; voices come from
other sources.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import soxr
from scipy.signal import fftconvolve

from secondtake.analysis.audio_io import Audio, as_audio

RATE = 44_100  # Hz
SECONDS = 24.0
PIECE_SECONDS = 0.25  # of a song that is shuffled in time: shorter than a beat
Make = Callable[[np.random.Generator, "Tones"], np.ndarray]


@dataclass(frozen=True)
class Tones:
    """The pitches and rates of a set's tones."""

    sine: float  # Hz
    alarm: tuple[float, float]  # Hz, and pulses a second
    siren: tuple[float, float]  # Hz, in turn
    comb: tuple[float, ...]  # Hz: steady lines, as a codec's or a model's fault
    clicks: float  # a second
    hum: float  # Hz


TONES = {
    "design": Tones(
        523.0, (880.0, 3.1), (440.0, 587.0), (1600.0, 3200.0, 4800.0, 6400.0), 1.7, 60.0
    ),
    "test": Tones(440.0, (674.0, 2.2), (620.0, 930.0), (1900.0, 3800.0, 5700.0, 7600.0), 2.0, 50.0),
}
SEEDS = {"design": 100, "test": 200}
VARIANTS = {"design": 9, "test": 3}  # of each noise and tone, by other seeds
# Hz at which they are heard: a model's or a player's rate
RATES = {"design": (44_100, 24_000, 16_000), "test": (44_100, 32_000, 22_050)}


def impostors(split: str) -> Iterator[tuple[str, int, Audio]]:
    """Kind, number and sound of everything of a set that is no music, 24 s each."""
    for place, (kind, make) in enumerate(MAKERS.items()):
        for number in range(VARIANTS[split]):
            random = np.random.default_rng([SEEDS[split], place, number])
            rate = RATES[split][number % len(RATES[split])]
            samples = soxr.resample(make(random, TONES[split]).astype(np.float32), RATE, rate)
            yield kind, number, as_audio(samples, rate)


def coloured(random: np.random.Generator, slope: float) -> np.ndarray:
    """Noise whose power falls by `slope` powers of the frequency: 0 white, 1 pink, 2 brown."""
    frames = round(SECONDS * RATE)
    frequencies = np.fft.rfftfreq(frames, 1 / RATE)
    shape = np.maximum(frequencies, 20.0) ** (-slope / 2)
    phases = np.exp(2j * np.pi * random.random(len(frequencies)))
    noise = np.fft.irfft(shape * phases, frames)
    return np.asarray(0.1 * noise / np.std(noise))


def _time() -> np.ndarray:
    return np.arange(round(SECONDS * RATE)) / RATE


def _sine(random: np.random.Generator, tones: Tones) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * tones.sine * 2 ** random.uniform(-1, 1) * _time())


def _alarm(random: np.random.Generator, tones: Tones) -> np.ndarray:
    """Pulses of a tone with three overtones, as Bark makes instead of a voice."""
    pitch, rate = tones.alarm[0] * 2 ** random.uniform(-0.3, 0.3), tones.alarm[1]
    time = _time()
    tone = sum(np.sin(2 * np.pi * pitch * n * time) / n for n in range(1, 5))
    return np.asarray(0.15 * tone * ((time * rate) % 1 < 0.55) + _hiss(random))


def _siren(random: np.random.Generator, tones: Tones) -> np.ndarray:
    time = _time()
    low, high = (pitch * 2 ** random.uniform(-0.2, 0.2) for pitch in tones.siren)
    pitch = np.where((time * 1.3) % 1 < 0.5, low, high)
    return np.asarray(0.3 * np.sin(2 * np.pi * np.cumsum(pitch) / RATE))


def _comb(random: np.random.Generator, tones: Tones) -> np.ndarray:
    lines = [pitch * random.uniform(0.97, 1.03) for pitch in tones.comb]
    return np.asarray(0.1 * sum(np.sin(2 * np.pi * pitch * _time()) for pitch in lines))


def _clicks(random: np.random.Generator, tones: Tones) -> np.ndarray:
    clicks = np.zeros(round(SECONDS * RATE))
    rate = tones.clicks * random.uniform(0.7, 1.4)
    for start in np.arange(0, SECONDS - 0.02, 1 / rate):
        first = round(start * RATE)
        clicks[first : first + 220] = 0.6 * np.exp(-np.arange(220) / 40)
    return clicks


def _hum(random: np.random.Generator, tones: Tones) -> np.ndarray:
    """Mains hum: a low tone with many overtones."""
    pitch = tones.hum * random.uniform(0.98, 1.02)
    fall, hiss = random.uniform(0.3, 1.5), random.uniform(0, 0.3)
    overtones = (np.sin(2 * np.pi * pitch * n * _time()) / n**fall for n in range(1, 20))
    return np.asarray(0.08 * sum(overtones) + hiss * coloured(random, 1))


def _sweep(random: np.random.Generator, tones: Tones) -> np.ndarray:
    """A tone that glides up again and again."""
    place = (_time() / random.uniform(1.5, 5)) % 1
    return np.asarray(0.3 * np.sin(2 * np.pi * np.cumsum(tones.sine / 4 * 2 ** (5 * place)) / RATE))


def _dialling(random: np.random.Generator, tones: Tones) -> np.ndarray:
    """Pairs of tones, half a second each, as a telephone dials."""
    time, sound = _time(), np.zeros(round(SECONDS * RATE))
    for start in np.arange(0, SECONDS, 0.5 if random.random() < 0.5 else 0.8):
        low, high = random.choice([697, 770, 852, 941]), random.choice([1209, 1336, 1477])
        heard = (time >= start) & (time < start + 0.35)
        pair = np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)
        sound[heard] += 0.2 * pair[heard]
    return sound


def _surf(random: np.random.Generator, tones: Tones) -> np.ndarray:
    """Noise that comes and goes: surf, wind, breath."""
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * _time() / random.uniform(0.4, 6))
    return np.asarray(coloured(random, random.uniform(0.3, 1.5)) * (0.05 + swell**2))


def _crackle(random: np.random.Generator, tones: Tones) -> np.ndarray:
    """Short bursts at any time: rain, applause, a scratched record."""
    bursts = random.random(round(SECONDS * RATE)) < random.uniform(30, 600) / RATE
    decay = np.exp(-np.arange(300) / random.uniform(15, 80)) * random.standard_normal(300)
    return np.asarray(0.5 * fftconvolve(bursts * random.random(len(bursts)), decay, "same"))


def _hiss(random: np.random.Generator) -> np.ndarray:
    return np.asarray(random.standard_normal(round(SECONDS * RATE)) * 10 ** (-70 / 20))


MAKERS: dict[str, Make] = {
    "white noise": lambda random, tones: coloured(random, 0),
    "pink noise": lambda random, tones: coloured(random, 1),
    "brown noise": lambda random, tones: coloured(random, 2),
    "silence with a noise floor": lambda random, tones: _hiss(random) * random.uniform(1.5, 10),
    "sine": _sine,
    "tonal comb": _comb,
    "alarm": _alarm,
    "siren": _siren,
    "clicks": _clicks,
    "hum": _hum,
    "sweep": _sweep,
    "dialling": _dialling,
    "surf": _surf,
    "crackle": _crackle,
}
TONAL = ("sine", "tonal comb", "alarm", "siren", "hum", "sweep", "dialling")
NOISES = tuple(kind for kind in MAKERS if kind not in TONAL)


def reverse(audio: Audio) -> Audio:
    """The sound from its end to its start."""
    return as_audio(audio.samples[::-1].copy(), audio.sample_rate)


def shuffle(audio: Audio, seed: int) -> Audio:
    """Its quarters of a second in another order, faded over 5 ms so that nothing clicks."""
    size, fade = round(PIECE_SECONDS * audio.sample_rate), round(0.005 * audio.sample_rate)
    count = len(audio.samples) // size
    pieces = audio.samples[: count * size].reshape(count, size, -1).copy()
    ramp = np.linspace(0, 1, fade, dtype=np.float32)[:, None]
    pieces[:, :fade] *= ramp
    pieces[:, -fade:] *= ramp[::-1]
    order = np.random.default_rng(seed).permutation(count)
    return as_audio(pieces[order].reshape(count * size, -1), audio.sample_rate)
