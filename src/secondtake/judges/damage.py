"""Damage that any listener objects to, done to a recording so that a judge's floor is known.

Samples are (frames,) float32 at their own rate. Equal samples are damaged equally. A damaged copy
is as long as the recording and has its root mean square, so that its loudness tells nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from secondtake.analysis.audio_io import Samples

SEED = 20250207  # of the noise
SLOPE = 8 / 7  # a low-pass falls to nothing by so many times its cutoff: 3.5 kHz, 4 kHz
TELEPHONE = (300 * 3400) ** 0.5  # Hz, the middle of a telephone's band on the scale of octaves
LOWEST_NOISE = 20.0  # Hz
GAP_SECONDS = 0.030  # of a dropout: longer than a lost packet that is hidden by its neighbours
FLUTTER_HZ = 6.0  # near the 4 Hz to which IEC 60386 gives the most weight
COMB_SECONDS = 0.008  # between echoes: teeth 125 Hz apart, the sound of a pipe
TAPS = 32  # of the sinc that reads between samples
RINGING = 1 << 12  # samples that a filter may ring on for beyond the end
CHUNK = 1 << 15  # samples that are read between at once, 8 MB of taps

Inflict = Callable[[Samples, int, float], np.ndarray]  # samples, sample rate in Hz, level


@dataclass(frozen=True)
class Damage:
    """One kind of damage, at rising strengths."""

    name: str
    unit: str
    levels: tuple[float, ...]  # the first is hardly heard, the last is worst
    floor: float  # the level that floors are made of
    inflict: Inflict  # not level-matched yet

    @property
    def words(self) -> str:
        """The kind at the level of floors: "low-pass, 3500 Hz"."""
        return f"{self.name}, {self.floor:g} {self.unit}"


def damaged(kind: Damage, samples: Samples, sample_rate: int, level: float) -> Samples:
    """A copy of the recording, damaged at a level of the kind's ladder, as loud as before."""
    copy = kind.inflict(samples, sample_rate, level)
    loudness = _rms(copy)
    gain = _rms(samples) / loudness if loudness else 1.0
    return np.asarray(copy * gain, np.float32)


def damaged_copies(samples: Samples, sample_rate: int) -> Iterator[tuple[str, Samples]]:
    """The recording damaged in every way, one after the other, with the words for each."""
    for kind in DAMAGES:
        yield kind.words, damaged(kind, samples, sample_rate, kind.floor)


def low_pass(samples: Samples, sample_rate: int, hertz: float) -> np.ndarray:
    """Nothing is left above the cutoff; up to it, nothing is changed."""
    return _filtered(samples, sample_rate, lambda frequency: _falling(frequency, hertz))


def band_pass(samples: Samples, sample_rate: int, octaves: float) -> np.ndarray:
    """What a telephone lets through, in a band of so many octaves."""
    low, high = (TELEPHONE * 2 ** (sign * octaves / 2) for sign in (-1, 1))

    def response(frequency: np.ndarray) -> np.ndarray:
        return np.asarray(_falling(frequency, high) * (1 - _falling(frequency, low / SLOPE)))

    return _filtered(samples, sample_rate, response)


def pink_noise(samples: Samples, sample_rate: int, ratio: float) -> np.ndarray:
    """Noise of equal power in every octave is added, at a signal-to-noise ratio in dB."""
    white = np.random.default_rng(SEED).standard_normal(len(samples))
    noise = _filtered(white, sample_rate, lambda f: np.maximum(f, LOWEST_NOISE) ** -0.5)
    loudness = _rms(noise)
    gain = _rms(samples) / loudness * 10 ** (-ratio / 20) if loudness else 0.0
    return np.asarray(samples + gain * noise)


def clip(samples: Samples, sample_rate: int, percent: float) -> np.ndarray:
    """The highest samples are cut to one height: so many percent of all that are not silence."""
    heights = np.abs(samples[samples != 0])
    if not len(heights):
        return samples
    ceiling = np.quantile(heights, 1 - percent / 100)
    return np.asarray(np.clip(samples, -ceiling, ceiling))


def quantise(samples: Samples, sample_rate: int, bits: float) -> np.ndarray:
    """Rounded, without dither, to so many bits of the recording's own peak."""
    step = np.abs(samples, dtype=np.float64).max(initial=0.0) / 2 ** (bits - 1)
    return np.asarray(np.round(samples / step) * step) if step else samples


def drop_out(samples: Samples, sample_rate: int, period: float) -> np.ndarray:
    """Silence for 30 ms in every so many seconds, with hard edges."""
    time = np.arange(len(samples)) / sample_rate
    return np.where((time + GAP_SECONDS) % period < GAP_SECONDS, 0, samples)


def flutter(samples: Samples, sample_rate: int, percent: float) -> np.ndarray:
    """The speed sways up and down by so many percent, six times a second."""
    turns = 2 * np.pi * FLUTTER_HZ / sample_rate  # of the swaying, radians a sample
    places = np.arange(len(samples), dtype=np.float64)
    return _between(samples, places + percent / 100 / turns * np.sin(turns * places))


def comb(samples: Samples, sample_rate: int, percent: float) -> np.ndarray:
    """An echo every 8 ms, each at so many percent of the last."""
    delay = round(COMB_SECONDS * sample_rate)
    rows = -(-len(samples) // delay)
    echoes = np.zeros((rows, delay))
    echoes.reshape(-1)[: len(samples)] = samples
    for row in range(1, rows):
        echoes[row] += percent / 100 * echoes[row - 1]
    return echoes.reshape(-1)[: len(samples)]


DAMAGES = (
    # Floors: 3.5 kHz is the low anchor of listening tests (ITU-R BS.1534).
    Damage("low-pass", "Hz", (7000, 5000, 3500, 2500, 1500), 3500, low_pass),
    # 300 to 3400 Hz, a telephone's (ITU-T G.712).
    Damage("telephone", "octaves wide", (5.5, 4.5, 3.5, 2.5, 1.5), 3.5, band_pass),
    # Half as high as the music: a hiss in every bar.
    Damage("pink noise", "dB SNR", (30, 20, 12, 6, 0), 6, pink_noise),
    # A loud master has 0.03 % at full scale (docs/lab/check-detection.md).
    Damage("clipping", "% of samples", (1, 5, 15, 30, 50), 15, clip),
    # Noise 24 dB below the peak, and quiet notes are gone.
    Damage("quantisation", "bits", (8, 6, 5, 4, 3), 4, quantise),
    # Five gaps a second, more than one in every beat.
    Damage("dropouts", "s apart", (1.6, 0.8, 0.4, 0.2, 0.1), 0.2, drop_out),
    # Ten times what a cassette deck was allowed (DIN 45500, 0.2 %); a third of a semitone.
    Damage("flutter", "%", (0.1, 0.3, 1, 2, 4), 2, flutter),
    # 22 dB from a tooth to the gap beside it.
    Damage("comb filter", "% echoed", (30, 50, 70, 85, 95), 85, comb),
)


def _rms(samples: np.ndarray) -> float:
    """Root mean square; 0 of nothing."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def _falling(frequency: np.ndarray, cutoff: float) -> np.ndarray:
    """1 up to the cutoff, 0 from SLOPE times it on, half a cosine between. Frequencies in Hz."""
    beyond = (frequency / cutoff - 1) / (SLOPE - 1)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.clip(beyond, 0, 1)))


def _filtered(
    samples: np.ndarray, sample_rate: int, response: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Without delay, through a filter whose gain is given for frequencies in Hz."""
    size = 1 << (len(samples) + RINGING).bit_length()  # the beginning hears nothing of the end
    spectrum = np.fft.rfft(samples, size) * response(np.fft.rfftfreq(size, 1 / sample_rate))
    return np.asarray(np.fft.irfft(spectrum, size)[: len(samples)])


def _between(samples: Samples, places: np.ndarray) -> np.ndarray:
    """The waveform at places between samples, counted in samples: sincs under a Hann window.

    Beyond either end there is silence.
    """
    half = TAPS // 2
    padded = np.pad(samples, half)
    nearest = np.floor(np.clip(places, 0, max(0, len(samples) - 1))).astype(np.int64)
    values = np.empty(len(places))
    for start in range(0, len(places), CHUNK):
        chunk = slice(start, start + CHUNK)
        taps = nearest[chunk, None] + np.arange(1 - half, half + 1)  # (places, taps)
        distance = places[chunk, None] - taps
        window = np.where(np.abs(distance) < half, np.cos(np.pi * distance / TAPS) ** 2, 0)
        values[chunk] = np.sum(padded[taps + half] * np.sinc(distance) * window, axis=1)
    return values
