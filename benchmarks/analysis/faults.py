"""Faults to put into good recordings, each at several strengths, and the check that must find it.

Samples are (frames, channels) float32 at their own rate. Chance (`rng`) decides where, never how
much.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import soxr

from secondtake.analysis.checks import frequency as spectral
from secondtake.analysis.checks import frequency as stereo
from secondtake.analysis.checks import repetition, signal, tones, waveform
from secondtake.analysis.checks.check import Check
from secondtake.analysis.checks.spectrogram import Spectrogram
from secondtake.audio.true_peak import true_peak

Spoil = Callable[[np.ndarray, int, float, np.random.Generator], np.ndarray]
FULL_SCALE = 32767 / 32768  # of 16 bits
GRAIN_SECONDS = 0.04  # what a decoder that hangs plays over and over
COMB = (1900.0, 3800.0, 5700.0, 7600.0)  # Hz
MODEL_RATE = 24_000  # Hz; Bark's and EnCodec's, for the check of a model's bandwidth


@dataclass(frozen=True)
class Fault:
    """One way to spoil a recording. The weakest strength is often meant to pass."""

    check: str
    what: str  # with the unit of the strengths
    strengths: tuple[float, ...]
    spoil: Spoil
    find: Callable[[Spectrogram], Check]
    hint: bool = False  # whether the check never says more


def clipped(samples: np.ndarray, rate: int, over: float, rng: np.random.Generator) -> np.ndarray:
    """Recorded `over` dB too loud: what is above full scale is cut off."""
    louder = samples * (10 ** (over / 20) / np.abs(samples).max())
    return np.asarray(np.clip(louder, -FULL_SCALE, FULL_SCALE))


def turned_down(
    samples: np.ndarray, rate: int, over: float, rng: np.random.Generator
) -> np.ndarray:
    """The same, and then made softer, so that nothing is near full scale any more."""
    return clipped(samples, rate, over, rng) * np.float32(0.4)


def at_true_peak(
    samples: np.ndarray, rate: int, peak: float, rng: np.random.Generator
) -> np.ndarray:
    """At a given true peak in dBTP."""
    return samples * np.float32(10 ** ((peak - true_peak(samples)) / 20))


def muted(samples: np.ndarray, rate: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """The last `share` is silent."""
    spoilt = samples.copy()
    spoilt[round(len(samples) * (1 - share)) :] = 0
    return spoilt


def late(samples: np.ndarray, rate: int, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """It begins with `seconds` of silence."""
    spoilt = samples.copy()
    spoilt[: round(seconds * rate)] = 0
    return spoilt


def faded(samples: np.ndarray, rate: int, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Cut off in the middle, and faded out over `seconds` before the cut."""
    count = round(seconds * rate)
    spoilt = samples.copy()
    if count:
        spoilt[-count:] *= np.linspace(1, 0, count, dtype=np.float32)[:, None]
    return spoilt


def moved(samples: np.ndarray, rate: int, by: float, rng: np.random.Generator) -> np.ndarray:
    """A DC offset of `by` of full scale, in place of the recording's own."""
    return np.asarray(samples - samples.mean(axis=0) + np.float32(by))


def hole(samples: np.ndarray, rate: int, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Nothing, somewhere, for `seconds`."""
    spoilt = samples.copy()
    at = rng.integers(rate, len(samples) - rate)
    spoilt[at : at + round(seconds * rate)] = 0
    return spoilt


def narrowed(samples: np.ndarray, rate: int, side: float, rng: np.random.Generator) -> np.ndarray:
    """Two channels whose difference is `side` of their mean."""
    middle = samples.mean(axis=1, keepdims=True)
    difference = samples - middle
    ratio = np.sqrt(np.mean(middle**2) / max(np.mean(difference**2), 1e-20))
    return np.asarray(middle + difference * np.float32(side * ratio), dtype=np.float32)


def opposed(samples: np.ndarray, rate: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """The right channel is the left turned upside down, with `share` of its own sound."""
    spoilt = samples.copy()
    spoilt[:, 1] = np.float32(share) * samples[:, 1] - np.float32(1 - share) * samples[:, 0]
    return spoilt


def dulled(samples: np.ndarray, rate: int, top: float, rng: np.random.Generator) -> np.ndarray:
    """Once at the sample rate of 2 x `top` Hz."""
    dull = soxr.resample(soxr.resample(samples, rate, 2 * top), 2 * top, rate)
    return np.asarray(dull[: len(samples)])


def looped(samples: np.ndarray, rate: int, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Two seconds and a bit over and over, for `seconds`."""
    period, start = round(2.173 * rate), round(0.5 * rate)
    count = min(round(seconds * rate), len(samples) - start)
    spoilt = samples.copy()
    spoilt[start : start + count] = np.resize(
        samples[start : start + period], (count, samples.shape[1])
    )
    return spoilt


def stuck(samples: np.ndarray, rate: int, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """The same 40 ms over and over for `seconds`."""
    grain, start = round(GRAIN_SECONDS * rate), round(3.0 * rate)
    count = round(seconds * rate)
    spoilt = samples.copy()
    spoilt[start : start + count] = np.resize(
        samples[start : start + grain], (count, samples.shape[1])
    )
    return spoilt


def clicking(samples: np.ndarray, rate: int, level: float, rng: np.random.Generator) -> np.ndarray:
    """One sample jumps by `level` dB against the peak."""
    spoilt = samples.copy()
    at = rng.integers(rate, len(samples) - rate)
    spoilt[at] += np.abs(samples).max() * np.float32(10 ** (level / 20))
    return spoilt


def hissing(samples: np.ndarray, rate: int, level: float, rng: np.random.Generator) -> np.ndarray:
    """White noise at `level` dB against the recording's RMS."""
    rms = np.sqrt(np.mean(samples**2, dtype=np.float64))
    noise = rng.standard_normal(samples.shape).astype(np.float32)
    return np.asarray(samples + noise * np.float32(rms * 10 ** (level / 20)))


def humming(samples: np.ndarray, rate: int, level: float, rng: np.random.Generator) -> np.ndarray:
    """A comb of plain lines, as Bark leaves, at `level` dB against the recording's RMS."""
    time = np.arange(len(samples)) / rate
    phases = rng.uniform(0, 6, len(COMB))
    comb = [np.sin(2 * np.pi * hertz * time + at) for hertz, at in zip(COMB, phases, strict=True)]
    return _over(samples, np.sum(comb, axis=0), level)


def beeping(samples: np.ndarray, rate: int, level: float, rng: np.random.Generator) -> np.ndarray:
    """A tone for a third to two thirds of every second, at `level` dB against the RMS."""
    time = np.arange(len(samples)) / rate
    tone = np.sin(2 * np.pi * rng.uniform(500, 2000) * time)
    return _over(samples, tone * (time % 1 < rng.uniform(1 / 3, 2 / 3)), level)


def _over(samples: np.ndarray, sound: np.ndarray, level: float) -> np.ndarray:
    """The recording with another sound over it, at `level` dB against it."""
    ratio = np.sqrt(np.mean(samples**2, dtype=np.float64) / np.mean(sound**2))
    louder = sound * ratio * 10 ** (level / 20)
    return np.asarray(samples + louder.astype(np.float32)[:, None])


def _at_model_rate(sound: Spectrogram) -> Check:
    """The check of a model's band, of the recording as a model at 24 kHz would have made it."""
    samples = soxr.resample(sound.samples, sound.sample_rate, MODEL_RATE)
    return spectral.model_band(Spectrogram(samples, MODEL_RATE), MODEL_RATE / 2)


FAULTS = (
    Fault(
        "clipping at full scale",
        "dB above full scale",
        (1, 3, 6, 12),
        clipped,
        lambda sound: waveform.full_scale(sound.samples),
    ),
    Fault(
        "clipping, flat tops",
        "dB above full scale, then turned down",
        (1, 3, 6, 12),
        turned_down,
        lambda sound: waveform.flat_tops(sound.samples),
    ),
    Fault(
        "true peak",
        "dBTP",
        (0.5, 1.5, 3),
        at_true_peak,
        lambda sound: waveform.true_peak(sound.samples),
        hint=True,
    ),
    Fault(
        "silence",
        "of it muted",
        (0.3, 0.6, 0.9),
        muted,
        lambda sound: signal.silence(sound.samples, sound.sample_rate),
    ),
    Fault(
        "edge silence",
        "s of silence first",
        (0.5, 1.5, 3),
        late,
        lambda sound: signal.edge_silence(sound.samples, sound.sample_rate),
    ),
    Fault(
        "DC offset",
        "of full scale",
        (0.005, 0.02, 0.15, 0.3),
        moved,
        lambda sound: signal.offset(sound.samples),
    ),
    Fault(
        "dropouts",
        "s without sound",
        (0.005, 0.02, 0.1, 0.5),
        hole,
        lambda sound: signal.dropouts(sound.samples, sound.sample_rate),
    ),
    Fault("stereo", "difference over mean", (0.1, 0.01, 0), narrowed, stereo.correlation),
    Fault(
        "stereo", "own share of a channel turned over", (0.6, 0.3, 0), opposed, stereo.correlation
    ),
    Fault(
        "band edge", "Hz, the end of the band", (11_400, 10_000, 8000, 4000), dulled, _at_model_rate
    ),
    Fault("hiss", "dB of white noise", (-60, -50, -40, -30), hissing, spectral.hiss),
    Fault("steady tone", "dB of a comb of tones", (-20, -10, 0, 10), humming, tones.steady_tone),
    Fault("alarm", "dB of a tone that beeps", (-10, 0, 10, 20), beeping, tones.alarm),
    Fault(
        "clicks",
        "dB, one sample",
        (-20, -10, 0),
        clicking,
        lambda sound: waveform.clicks(sound.samples, sound.sample_rate),
        hint=True,
    ),
    Fault("frozen", "s", (2, 4, 6), stuck, repetition.frozen),
    Fault("loop", "s of a loop of 2.2 s", (3, 6, 11), looped, repetition.loop),
)
