"""Sounds whose level, pitch and colour are known, as windows of a song."""

import numpy as np

RATE = 24_000


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def tone(seconds: float, hertz: float = 220.0, level: float = -20.0) -> np.ndarray:
    """Ten harmonics, each half as loud as the one before; `level` is its RMS in dBFS."""
    time = np.arange(round(seconds * RATE)) / RATE
    wave = sum(0.5**n * np.sin(2 * np.pi * hertz * n * time) for n in range(1, 11))
    wave = wave / np.sqrt(np.mean(np.square(wave)))
    return (10 ** (level / 20) * wave).astype(np.float32)


def noise(seconds: float, tilt: float = 0.0, level: float = -20.0, seed: int = 0) -> np.ndarray:
    """Noise whose power spectrum falls by `tilt` dB per octave."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    hertz = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20.0)
    wave = np.fft.irfft(spectrum * 10 ** (tilt * np.log2(hertz / 1000) / 20), count)
    wave = wave / np.sqrt(np.mean(np.square(wave)))
    return (10 ** (level / 20) * wave).astype(np.float32)


def window(
    seconds: float, hertz: float = 220.0, level: float = -20.0, lead: float = 0.2, tail: float = 0.4
) -> np.ndarray:
    """A tone between silences, with soft ends, as a voice has."""
    return np.concatenate([silence(lead), soft(tone(seconds, hertz, level)), silence(tail)])


def soft(sound: np.ndarray) -> np.ndarray:
    """The sound with 20 ms to rise in and 20 ms to die away."""
    ramp = np.linspace(0, 1, round(0.02 * RATE), dtype=np.float32)
    gain = np.ones_like(sound)
    gain[: len(ramp)], gain[-len(ramp) :] = ramp, ramp[::-1]
    return sound * gain
