"""One short-time spectrum of a prepared recording, and what is read from it.

Everything is (bins, hops) float32 at 22 050 Hz: 2048-sample Hann frames every 256 samples
(93 ms every 11.6 ms; the hop is short because the rhythm is read from it too).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from secondtake_analysis.prepare import COMMON_RATE

FRAME = 2048
HOP = 256
HOPS_PER_SECOND = COMMON_RATE / HOP  # 86.1
MEL_BANDS = 64
MFCC_COUNT = 20  # c0 to c19; c0 is level and is dropped where timbre is meant
FLOOR_DB = -80.0  # below the loudest band everything is called silence
LOWEST_NOTE, HIGHEST_NOTE = 100.0, 5000.0  # Hz; below, two semitones share a bin
CONCERT_A = 440.0  # Hz
QUIETEST_NOTE = 1e-3  # -60 dB under the loudest
BLOCK_HOPS = 2048  # 24 s that are transformed at once: 8 MB of magnitudes
SMALLEST = 1e-10  # power


@dataclass(frozen=True)
class Spectral:
    """What all metrics read from one short-time spectrum."""

    power: np.ndarray  # (64, hops) mel power
    chroma: np.ndarray  # (12, hops) strength of the pitch classes

    @property
    def mel(self) -> np.ndarray:
        """Mel power in dB, (64, hops), not below 80 dB under its maximum."""
        return decibels(self.power)


def read(samples: np.ndarray) -> Spectral:
    """(frames,) at 22 050 Hz -> mel power and chroma, block by block: ten minutes fit as well."""
    power, found = [], []
    hops = 0
    for block in blocks(samples):
        power.append(mel_filters() @ block**2)
        notes = _notes(block)
        found.append(Notes(notes.semitones, notes.hops + hops, notes.height))
        hops += block.shape[1]
    return Spectral(np.concatenate(power, axis=1), _fold(found, hops))


def blocks(samples: np.ndarray) -> Iterator[np.ndarray]:
    """The magnitude spectrum (1025, at most 2048 hops), one block after the other."""
    padded = np.pad(samples, FRAME // 2)
    hops = 1 + (len(padded) - FRAME) // HOP
    for first in range(0, hops, BLOCK_HOPS):
        last = min(first + BLOCK_HOPS, hops)
        yield _transformed(padded[first * HOP : (last - 1) * HOP + FRAME])


def magnitudes(samples: np.ndarray) -> np.ndarray:
    """(frames,) at 22 050 Hz -> magnitude spectrum (1025, hops), hops centred."""
    return _transformed(np.pad(samples, FRAME // 2))


def mel_decibels(spectrum: np.ndarray) -> np.ndarray:
    """Magnitudes -> mel power in dB, (64, hops), not below 80 dB under its maximum."""
    return decibels(mel_filters() @ spectrum**2)


def decibels(power: np.ndarray) -> np.ndarray:
    """Power -> dB, not below 80 dB under its maximum."""
    level = 10 * np.log10(np.maximum(power, SMALLEST))
    return np.maximum(level, level.max() + FLOOR_DB).astype(np.float32)


def _transformed(padded: np.ndarray) -> np.ndarray:
    """Magnitudes of all whole frames, (1025, hops) float32."""
    from scipy.fft import rfft

    framed = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    return np.abs(rfft(framed * _window(), axis=1)).T.astype(np.float32)


@cache
def _window() -> np.ndarray:
    """A periodic Hann window, (2048,)."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)


@cache
def mel_filters(bands: int = MEL_BANDS, frame: int = FRAME, rate: int = COMMON_RATE) -> np.ndarray:
    """Triangles of equal area on the Slaney mel scale, 0 Hz to half the rate, (bands, bins)."""
    edges = _mel_to_hz(np.linspace(0, _hz_to_mel(rate / 2), bands + 2))
    bins = np.linspace(0, rate / 2, frame // 2 + 1)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - low) / (centre - low)
    falling = (high - bins) / (high - centre)
    filters = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    filters = filters.astype(np.float32)
    filters.flags.writeable = False  # one array for all callers
    return filters


def mfcc(mel: np.ndarray) -> np.ndarray:
    """Mel power in dB -> cepstral coefficients c0 to c19, (20, hops)."""
    from scipy.fft import dct

    return dct(mel, axis=0, type=2, norm="ortho")[:MFCC_COUNT]


def onset_strength(mel: np.ndarray) -> np.ndarray:
    """How much louder the bands became since the last hop: mean rise in dB, (hops,)."""
    rise = np.maximum(0, np.diff(mel, axis=1, prepend=mel[:, :1]))
    return rise.mean(axis=0)


@dataclass(frozen=True)
class Notes:
    """Spectral peaks: where each lies on the piano (69 is 440 Hz), in which hop, how high."""

    semitones: np.ndarray
    hops: np.ndarray
    height: np.ndarray


def chroma(spectrum: np.ndarray) -> np.ndarray:
    """Magnitudes -> strength of the 12 pitch classes from C, (12, hops), each hop's sum 1 or 0.

    Only spectral peaks count, at their interpolated frequency and relative to the recording's own
    tuning, so that noise between the notes and a band that plays flat do no harm.
    """
    return _fold([_notes(spectrum)], spectrum.shape[1])


def _notes(spectrum: np.ndarray) -> Notes:
    bins, hops = _peaks(spectrum)
    shift, height = _interpolate(spectrum, bins, hops)
    return Notes(69 + 12 * np.log2((bins + shift) * COMMON_RATE / FRAME / CONCERT_A), hops, height)


def _fold(found: list[Notes], length: int) -> np.ndarray:
    """Notes of a whole recording -> (12, length); those 60 dB under the loudest do not count."""
    semitones, hops, height = (
        np.concatenate([getattr(notes, name) for notes in found])
        for name in ("semitones", "hops", "height")
    )
    if not len(semitones):
        return np.zeros((12, length), dtype=np.float32)
    heard = height > height.max() * QUIETEST_NOTE
    semitones, hops, height = semitones[heard], hops[heard], height[heard]
    tuning = np.angle(np.sum(height * np.exp(2j * np.pi * semitones))) / (2 * np.pi)
    classes = np.rint(semitones - tuning).astype(int) % 12
    result = np.bincount(classes * length + hops, weights=height, minlength=12 * length)
    result = result.reshape(12, length)
    total = result.sum(axis=0)
    return (result / np.where(total > 0, total, 1)).astype(np.float32)


def _peaks(spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bin and hop of every local maximum between 100 and 5000 Hz within 60 dB of the loudest.

    Blind to what lies in other blocks; `_fold` asks again.
    """
    low, high = (round(hz * FRAME / COMMON_RATE) for hz in (LOWEST_NOTE, HIGHEST_NOTE))
    middle = spectrum[low:high]
    higher = (middle > spectrum[low - 1 : high - 1]) & (middle >= spectrum[low + 1 : high + 1])
    bins, hops = np.nonzero(higher & (middle > middle.max() * QUIETEST_NOTE))
    return bins + low, hops


def _interpolate(
    spectrum: np.ndarray, bins: np.ndarray, hops: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where between the bins each peak lies (-0.5 to 0.5), and its height: a parabola in dB."""
    left, centre, right = (
        np.log(np.maximum(spectrum[bins + step, hops], 1e-10)) for step in (-1, 0, 1)
    )
    shift = 0.5 * (left - right) / np.minimum(left - 2 * centre + right, -1e-10)
    return np.clip(shift, -0.5, 0.5), spectrum[bins, hops]


def _hz_to_mel(hz: float) -> float:
    """Slaney's scale: linear to 1000 Hz (15 mel), then 27 mel for each factor of 6.4."""
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)


def _mel_to_hz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))
