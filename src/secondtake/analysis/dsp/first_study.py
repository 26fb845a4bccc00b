"""The first study's feature table. Naive: kept to reproduce its figures, not to conclude from.

librosa 0.11 with its defaults, in numpy: each file at its own sample rate, mixed to mono, no
loudness normalisation; the means over the whole file; cosines of mean vectors. Why that says
nothing: pink noise scores .98 in both cosines against real music, a change of level alone moves
them. The first study reported .9395 (MFCC) and .4471 (chroma) for a 48 kHz original and a 24 kHz
take.

librosa itself is not used: importing it takes seconds, and the study's script had it transform the
same file five times over. One short-time spectrum gives the same figures.

The short-time spectrum of the first study's figures: at the file's own rate, librosa's defaults.

Everything is (hops, bins) float32: 2048-sample Hann windows every 512 samples, centred, silence
around the file.

The chroma of the first study's figures: librosa 0.11's chroma_stft, its tuning included.

The mean autocorrelation of a signal's windowed stretches, each 1 at lag 0, at little cost.

The mean over t of r_t(lag) / r_t(0) is wanted, where r_t(lag) is the sum over i of
h[i] h[i+lag] x[t+i] x[t+i+lag], and h a Hann window. A Hann window is a constant and one cosine,
so h[i] h[i+lag] is a constant and two, whose factors hang on the lag alone. The sum over t of
their weights 1 / r_t(0) at one place s = t + i is then a difference of two running sums, and what
is left are correlations of whole signals: a dozen transforms instead of one for every stretch.

The tempo of the first study's figures: what librosa 0.11's beat_track says, but no beats.

Pink noise: what a similarity is worth that it reaches too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from secondtake.analysis.audio_io import Audio, Header
from secondtake.analysis.dsp.spectral import mel_filters

FRAME, HOP = 2048, 512  # samples
BINS = FRAME // 2 + 1
MEL_BANDS = 128
GROUP = 16  # mel bands that are added up at once
FLOOR_DB = -80.0  # under the loudest band of the file
SMALLEST = 1e-10  # power
TINY = float(np.finfo(np.float32).tiny)  # a sum below is not divided by
BLOCK_HOPS = 128  # that are transformed at once: 1 MB, which a processor's cache holds
KEPT_HOPS = 8192  # 87 s at 48 kHz: 34 MB; a longer file is transformed twice instead


@dataclass(frozen=True)
class Spectra:
    """The power spectrum of (frames,), (at most 128 hops, 1025) at a time, as often as asked."""

    samples: np.ndarray
    _kept: list[np.ndarray] = field(default_factory=list)

    def __iter__(self) -> Iterator[np.ndarray]:
        if self._kept:
            yield from self._kept
            return
        keep = self.hops <= KEPT_HOPS
        room = np.empty((self.hops if keep else 0, BINS), np.float32)  # once: new pages are slow
        for first in range(0, self.hops, BLOCK_HOPS):
            last = min(first + BLOCK_HOPS, self.hops)
            block = room[first:last] if keep else np.empty((last - first, BINS), np.float32)
            _power(self._stretch(first * HOP - FRAME // 2, (last - 1) * HOP + FRAME // 2), block)
            if keep:
                self._kept.append(block)
            yield block

    @property
    def hops(self) -> int:
        return 1 + len(self.samples) // HOP

    def _stretch(self, start: int, end: int) -> np.ndarray:
        """Samples start to end, with silence where the file has none."""
        inside = self.samples[max(start, 0) : end]
        before = max(0, -start)
        return np.pad(inside, (before, end - start - before - len(inside)))


def centroids(power: np.ndarray, sample_rate: int) -> np.ndarray:
    """Power (hops, 1025) -> spectral centroid of every hop in Hz, (hops,); 0 in silence."""
    magnitude = np.sqrt(power)
    frequencies = np.arange(BINS, dtype=np.float32) * np.float32(sample_rate / FRAME)
    sums = magnitude @ np.stack([frequencies, np.ones_like(frequencies)], axis=1)
    return np.where(sums[:, 1] < TINY, sums[:, 0], sums[:, 0] / np.maximum(sums[:, 1], TINY))


def mel(power: np.ndarray, sample_rate: int) -> np.ndarray:
    """Power (hops, 1025) -> power in 128 mel bands up to half the rate, (hops, 128)."""
    bands = np.empty((len(power), MEL_BANDS), np.float32)
    for first, bins, filters in _mel_groups(sample_rate):
        np.matmul(power[:, bins], filters, out=bands[:, first : first + filters.shape[1]])
    return bands


def decibels(power: np.ndarray) -> np.ndarray:
    """Power -> dB, not below 80 dB under its maximum."""
    level = 10 * np.log10(np.maximum(power, np.float32(SMALLEST)))
    return np.maximum(level, level.max() + np.float32(FLOOR_DB))


def _power(padded: np.ndarray, out: np.ndarray) -> None:
    """Power of all whole frames into (hops, 1025)."""
    from scipy.fft import rfft

    framed = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    spectrum = rfft(framed * _window(), axis=1, overwrite_x=True)
    np.square(spectrum.real, out=out)
    out += np.square(spectrum.imag)


@cache
def _mel_groups(sample_rate: int) -> list[tuple[int, slice, np.ndarray]]:
    """The mel filters by sixteen: their first band, the bins they hear, (bins, 16).

    A filter hears a few bins; one product with all of them multiplies mostly by 0.
    """
    filters, groups = mel_filters(MEL_BANDS, FRAME, sample_rate), []
    for first in range(0, MEL_BANDS, GROUP):
        group = filters[first : first + GROUP]
        heard = np.flatnonzero(group.any(axis=0))
        bins = slice(heard[0], heard[-1] + 1) if len(heard) else slice(0)
        groups.append((first, bins, np.ascontiguousarray(group[:, bins].T)))
    return groups


@cache
def _window() -> np.ndarray:
    """A periodic Hann window, (2048,) float32."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)


LOWEST, HIGHEST = 150.0, 4000.0  # Hz between which peaks tell the tuning
QUIETEST = np.float32(0.1)  # of the hop's loudest bin
CLASSES = 12
A0 = 440.0 / 16  # Hz, where octaves are counted from
TUNINGS = np.linspace(-0.5, 0.5, 101)  # semitones
CENTRE_OCTAVE, OCTAVES = 5.0, 2.0  # of the bell that weighs the octaves: centre and width
FIRST_CLASS = 3  # classes from A up to C


@dataclass(frozen=True)
class Peaks:
    """Peaks of the power spectrum, each (peaks,) float32."""

    hertz: np.ndarray
    height: np.ndarray


def peaks(power: np.ndarray, sample_rate: int) -> Peaks:
    """The local maxima of every hop between 150 and 4000 Hz, interpolated by a parabola."""
    low, high = _between(sample_rate)
    centre, left, right = (power[:, low + step : high + step] for step in (0, -1, 1))
    loud = centre > QUIETEST * power.max(axis=1, keepdims=True)
    found = np.flatnonzero(loud & (centre > left) & (centre >= right))  # 4x as fast as nonzero
    hops, bins = np.divmod(found, high - low)
    middle, before, after = (part[hops, bins] for part in (centre, left, right))
    curve, slope = after + before - 2 * middle, (after - before) / 2
    near = np.abs(slope) < np.abs(curve)  # else the top lies beyond the neighbours
    shift = np.where(near, -slope / np.where(near, curve, 1), np.float32(0))
    hertz = (bins + low + shift) * float(sample_rate) / FRAME
    return Peaks(hertz.astype(np.float32), middle + np.float32(0.5) * slope * shift)


def chroma(spectra: Iterable[np.ndarray], found: list[Peaks], sample_rate: int) -> np.ndarray:
    """Power spectra (hops, 1025) and their peaks -> mean strength of the pitch classes, (12,).

    Every hop's strongest class is 1.
    """
    filters = class_filters(sample_rate, tuning(found)).T
    total, hops = np.zeros(CLASSES), 0
    for power in spectra:
        strength = power @ filters
        loudest = strength.max(axis=1, keepdims=True)
        total += (strength / np.where(loudest < TINY, 1, loudest)).sum(axis=0, dtype=np.float64)
        hops += len(power)
    return total / hops


def tuning(found: list[Peaks]) -> float:
    """How far the notes lie from those of 440 Hz, in semitones: the fullest class of 0.01.

    Only the higher half of the peaks is asked; without any it is 0.
    """
    hertz = np.concatenate([one.hertz for one in found])
    height = np.concatenate([one.height for one in found])
    if not len(hertz):
        return 0.0
    hertz = hertz[height >= np.median(height)]
    residual = np.mod(CLASSES * np.log2(hertz / np.float32(A0)), np.float32(1))
    residual[residual >= 0.5] -= 1
    counts, _ = np.histogram(residual, TUNINGS)
    return float(TUNINGS[np.argmax(counts)])


def class_filters(sample_rate: int, tuned: float) -> np.ndarray:
    """How much of every bin counts for every class from C, (12, 1025).

    A bell around the class, as wide as a bin but no narrower than a semitone; the octaves are
    weighed by a bell around the fifth.
    """
    hertz = np.arange(1, FRAME) * (sample_rate / FRAME)
    places = CLASSES * np.log2(hertz / (A0 * 2 ** (tuned / CLASSES)))
    places = np.concatenate([[places[0] - 1.5 * CLASSES], places])  # the bin of 0 Hz
    widths = np.append(np.maximum(np.diff(places), 1), 1)[:BINS]
    places = places[:BINS]
    half = CLASSES // 2
    apart = np.mod(places - np.arange(CLASSES)[:, None] + half, CLASSES) - half
    filters = np.exp(-0.5 * (2 * apart / widths) ** 2)
    filters /= np.linalg.norm(filters, axis=0)
    filters *= np.exp(-0.5 * ((places / CLASSES - CENTRE_OCTAVE) / OCTAVES) ** 2)
    return np.roll(filters, -FIRST_CLASS, axis=0).astype(np.float32)


def _between(sample_rate: int) -> tuple[int, int]:
    """The first bin that is asked, and the one after the last."""
    hertz = np.arange(BINS) * (sample_rate / FRAME)
    asked = np.flatnonzero((hertz >= LOWEST) & (hertz < min(HIGHEST, sample_rate / 2)))
    if not len(asked):
        return 1, 1
    return max(1, int(asked[0])), min(BINS - 1, int(asked[-1]) + 1)


NO_ENERGY = float(np.finfo(np.float32).tiny)  # energy of a stretch that has none
STEADY = 1e6  # times the smallest weight: a running sum of float64 keeps ten digits of the others
BLOCK = 128  # stretches that are transformed at once: 1 MB, which a processor's cache holds


def mean_autocorrelation(signal: np.ndarray, length: int) -> np.ndarray:
    """(places,) -> the mean over all stretches of `length` places, each 1 at lag 0, (length,).

    A stretch without energy counts as 0 at every lag.
    """
    signal = signal.astype(float)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    energy = np.correlate(signal**2, window**2, "valid")
    weights = np.divide(1, energy, out=np.zeros_like(energy), where=energy >= NO_ENERGY)
    heard = weights[weights > 0]
    if not len(heard):
        return np.zeros(length)
    steady = weights <= STEADY * heard.min()
    total = _by_running_sums(signal, np.where(steady, weights, 0), length)
    total += _one_by_one(signal, np.where(steady, 0, weights), window)
    return np.asarray(total / len(weights))


def _by_running_sums(signal: np.ndarray, weights: np.ndarray, length: int) -> np.ndarray:
    """The sum of all stretches' autocorrelations, each times its weight, (length,)."""
    from scipy.fft import fft, ifft, next_fast_len

    turn = 2j * np.pi / length
    places, lags, starts = np.arange(len(signal)), np.arange(length), np.arange(len(weights))
    ended = np.clip(places + 1 - length, 0, len(weights))  # stretches that no longer reach a place
    begun = np.minimum(places + 1, len(weights))
    size = next_fast_len(len(signal) + length)
    spectrum = fft(signal, size)
    cosines = (
        0.25 + 0.125 * np.exp(turn * lags).real,
        -0.25 - 0.25 * np.exp(turn * lags),
        0.125 * np.exp(turn * lags),
    )
    total = np.zeros(length)
    for order, factor in enumerate(cosines):
        sums = np.append(0, np.cumsum(weights * np.exp(-order * turn * starts)))
        turned = signal * np.exp(order * turn * places)
        all_begun = fft(np.conj(turned * sums[begun]), size).conj() * spectrum
        all_ended = fft(np.conj(turned), size).conj() * fft(signal * sums[ended], size)
        total += (factor * ifft(all_begun - all_ended)[:length]).real
    return total


def _one_by_one(signal: np.ndarray, weights: np.ndarray, window: np.ndarray) -> np.ndarray:
    """The same from the spectrum of each stretch that has a weight: a sum would drown the rest."""
    from scipy.fft import irfft, next_fast_len, rfft

    length = len(window)
    size = next_fast_len(2 * length - 1, real=True)
    stretches = np.lib.stride_tricks.sliding_window_view(signal, length)
    chosen = np.flatnonzero(weights)
    power = np.zeros(size // 2 + 1)
    for first in range(0, len(chosen), BLOCK):
        block = chosen[first : first + BLOCK]
        spectrum = rfft(stretches[block] * window, size, axis=1)
        power += weights[block] @ (spectrum.real**2 + spectrum.imag**2)
    return np.asarray(irfft(power, size)[:length])


CONTEXT_SECONDS = 8.0  # over which onsets are correlated with themselves
LIKELY = 120.0  # BPM, where the prior has its maximum; it falls with the octaves from there
FASTEST = 320.0  # BPM, above which it is 0
LOUDER = 1e6  # log(1 + 1e6 x) is what the prior is added to
DELAY = 1 + FRAME // (2 * HOP)  # hops: a difference comes one late, a centred frame two


def onset_strength(level: np.ndarray) -> np.ndarray:
    """Mel power in dB (hops, bands) -> the median band's rise since the hop before, (hops,)."""
    rises = np.maximum(0, level[1:] - level[:-1])
    middle = rises.shape[1] // 2  # of an even number: the mean of two
    ordered = np.sort(rises, axis=1)  # faster than asking for the two
    strength = ordered[:, middle - 1 : middle + 1].mean(axis=1)
    return np.pad(strength, (DELAY, 0))[: len(level)]


def tempo(onsets: np.ndarray, sample_rate: int) -> float:
    """Onset strength (hops,) -> BPM, one of those whose period is a whole number of hops.

    0 where nothing begins.
    """
    if not onsets.any():
        return 0.0
    length = int(CONTEXT_SECONDS * sample_rate) // HOP
    periods = np.arange(1, length)
    bpm = 60.0 * sample_rate / (HOP * periods)
    prior = -0.5 * (np.log2(bpm) - np.log2(LIKELY)) ** 2
    around = np.pad(onsets, length // 2, mode="linear_ramp")[: len(onsets) + length - 1]
    repeated = np.maximum(0, mean_autocorrelation(around, length)[1:])  # -1e-17 is rounding
    strength = np.log1p(LOUDER * repeated) + prior
    strength[bpm >= FASTEST] = -np.inf
    return float(bpm[np.argmax(strength)])


MFCC_COUNT = 20  # librosa's default; the study names no other
SILENT = 1e-10  # amplitude that has no sign


@dataclass(frozen=True)
class Naive:
    """One file's row: whole-file means at its native sample rate."""

    duration: float  # s
    sample_rate: int  # Hz
    tempo: float  # BPM, as librosa.beat.beat_track says; 0 without onsets
    centroid: float  # Hz, mean spectral centroid
    zero_crossings: float  # mean zero-crossing rate, per sample
    rms: float  # mean of the frames' RMS, full scale 1
    mfcc: tuple[float, ...]  # mean MFCC, c0 included
    chroma: tuple[float, ...]  # mean chroma_stft


def describe(audio: Audio) -> Naive:
    """The row of a decoded file, as librosa.load(path, sr=None, mono=True) would see it."""
    samples, sample_rate = audio.mono, audio.sample_rate
    spectra = Spectra(samples)
    centroid, bands, found = [], [], []
    for power in spectra:
        centroid.append(centroids(power, sample_rate))
        bands.append(mel(power, sample_rate))
        found.append(peaks(power, sample_rate))
    level = decibels(np.concatenate(bands))
    return Naive(
        duration=len(samples) / sample_rate,
        sample_rate=sample_rate,
        tempo=tempo(onset_strength(level), sample_rate),
        centroid=float(np.concatenate(centroid).mean()),
        zero_crossings=zero_crossings(samples),
        rms=rms(samples),
        mfcc=_floats(_mfcc(level)),
        chroma=_floats(chroma(spectra, found, sample_rate)),
    )


def zero_crossings(samples: np.ndarray) -> float:
    """(frames,) -> the mean over windows of the crossings a sample, the edges held."""
    negative = np.pad(samples < -SILENT, FRAME // 2, mode="edge")
    crossed = np.zeros(len(negative) // HOP * HOP, dtype=bool)
    np.not_equal(negative[1 : len(crossed)], negative[: len(crossed) - 1], out=crossed[1:])
    parts = crossed.reshape(-1, HOP)
    first = parts[: len(parts) - FRAME // HOP + 1, 0]  # of a window: nothing was before it
    return float((_windows(np.count_nonzero(parts, axis=1)) - first).mean() / FRAME)


def rms(samples: np.ndarray) -> float:
    """(frames,) -> the mean of the windows' RMS, silence around the file."""
    padded = np.pad(samples, FRAME // 2)
    parts = padded[: len(padded) // HOP * HOP].reshape(-1, HOP)
    energy = np.einsum("ij,ij->i", parts, parts).astype(np.float64)
    return float(np.sqrt(_windows(energy) / FRAME).mean())


def mfcc_cosine(reference: Naive, estimate: Naive) -> float:
    """Cosine of the mean MFCC vectors, c0 and with it the level included."""
    return _cosine(reference.mfcc, estimate.mfcc)


def chroma_cosine(reference: Naive, estimate: Naive) -> float:
    """Cosine of the mean chroma vectors; never below 0, because no entry is negative."""
    return _cosine(reference.chroma, estimate.chroma)


def _windows(parts: np.ndarray) -> np.ndarray:
    """A figure of every hop, added up over every window of four hops."""
    return np.lib.stride_tricks.sliding_window_view(parts, FRAME // HOP).sum(axis=1)


def _mfcc(level: np.ndarray) -> np.ndarray:
    """Mel power in dB (hops, 128) -> mean MFCC (20,): the transform of a mean is their mean."""
    from scipy.fft import dct

    return np.asarray(dct(level.mean(axis=0, dtype=np.float64), norm="ortho")[:MFCC_COUNT])


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _cosine(reference: tuple[float, ...], estimate: tuple[float, ...]) -> float:
    length = float(np.linalg.norm(reference) * np.linalg.norm(estimate))
    return float(np.dot(reference, estimate)) / length if length > 0 else 0.0


SEED = 1925  # any; fixed, so that the floor is the same number everywhere


def pink(seconds: float, sample_rate: int, seed: int = SEED) -> np.ndarray:
    """Noise with equal power in every octave from 20 Hz, (frames,) float32, peak 0.5."""
    frames = round(seconds * sample_rate)
    white = np.fft.rfft(np.random.default_rng(seed).standard_normal(frames))
    frequencies = np.fft.rfftfreq(frames, 1 / sample_rate)
    noise = np.fft.irfft(white / np.sqrt(np.maximum(frequencies, 20.0)), frames)
    return (noise / np.abs(noise).max() * 0.5).astype(np.float32)


def as_audio(samples: np.ndarray, sample_rate: int) -> Audio:
    """Samples made here, (frames,) or (frames, channels), in the shape of a decoded file."""
    channels = samples.reshape(len(samples), -1).astype(np.float32)
    header = Header(len(channels), channels.shape[1], sample_rate, "MEMORY", "FLOAT")
    return Audio(channels, sample_rate, header)
