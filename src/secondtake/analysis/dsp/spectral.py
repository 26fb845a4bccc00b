"""Mel bands, chroma and timbre from the short-time spectrum of a prepared recording.

Chroma is read from the peaks of the spectrum. The timbre of a sound is 33 numbers: its envelope,
its texture, and the place of its attacks.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from secondtake.analysis.dsp.preprocess import COMMON_RATE, FRAME, bin_of, stft_blocks

LOWEST_NOTE, HIGHEST_NOTE = 100.0, 5000.0  # Hz; below, two semitones share a bin
CONCERT_A = 440.0  # Hz
QUIETEST_NOTE = 1e-3  # -60 dB under the loudest


# Of every spectral peak: its place on the piano (69 is 440 Hz), its hop, its height.
SpectralPeaks = tuple[np.ndarray, np.ndarray, np.ndarray]


def spectral_peaks(spectrum: np.ndarray, first_hop: int) -> SpectralPeaks:
    """Magnitudes (1025, hops) of a block that begins at that hop of its recording -> its peaks.

    Every local maximum between 100 and 5000 Hz within 60 dB of the block's loudest, placed between
    the bins by a parabola in dB. `fold_to_chroma` compares again, with the other blocks.
    """
    low, high = bin_of(LOWEST_NOTE), bin_of(HIGHEST_NOTE)
    middle = spectrum[low:high]
    higher = (middle > spectrum[low - 1 : high - 1]) & (middle >= spectrum[low + 1 : high + 1])
    bins, hops = np.nonzero(higher & (middle > middle.max() * QUIETEST_NOTE))
    bins = bins + low
    left, centre, right = (
        np.log(np.maximum(spectrum[bins + step, hops], 1e-10)) for step in (-1, 0, 1)
    )
    shift = 0.5 * (left - right) / np.minimum(left - 2 * centre + right, -1e-10)
    places = bins + np.clip(shift, -0.5, 0.5)
    semitones = 69 + 12 * np.log2(places * COMMON_RATE / FRAME / CONCERT_A)
    return semitones, hops + first_hop, spectrum[bins, hops]


def fold_to_chroma(blocks: list[SpectralPeaks], length: int) -> np.ndarray:
    """Notes of a whole recording -> strength of the pitch classes from C, (12, length).

    Each hop's sum is 1, or 0 without notes. Only spectral peaks count, relative to the recording's
    own tuning and down to 60 dB under the loudest, so that noise between the notes and a band that
    plays flat do no harm.
    """
    semitones, hops, height = map(np.concatenate, zip(*blocks, strict=True))
    if not len(semitones):
        return np.zeros((12, length), dtype=np.float32)
    loud = height > height.max() * QUIETEST_NOTE
    semitones, hops, height = semitones[loud], hops[loud], height[loud]
    tuning = np.angle(np.sum(height * np.exp(2j * np.pi * semitones))) / (2 * np.pi)
    classes = np.rint(semitones - tuning).astype(int) % 12
    result = np.bincount(classes * length + hops, weights=height, minlength=12 * length)
    result = result.reshape(12, length)
    total = result.sum(axis=0)
    return (result / np.where(total > 0, total, 1)).astype(np.float32)


CEPSTRUM = slice(1, 20)  # c0 is level
OCTAVES = (0, 200, 400, 800, 1600, 3200, 6400, COMMON_RATE / 2)  # Hz
SHARE = 0.1  # of an octave's bins that are its peaks, and its valleys
SILENT = 1e-3  # magnitude of a sine at -114 dBFS; below, codecs differ and no music does
ATTACKS = slice(1, 8)  # coarse: which bands, not which notes
SIZE = 19 + 7 + 7  # cepstrum, contrast, attacks


def timbre_vector(mel: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """Mel power in dB (64, hops) and contrast in dB (7, hops) of a stretch of sound -> (33,)."""
    return np.concatenate(
        [mfcc(mel)[CEPSTRUM].mean(axis=1), contrast.mean(axis=1), attack_spectrum(mel)[ATTACKS]]
    )


def mfcc(mel: np.ndarray) -> np.ndarray:
    """Mel power in dB -> cepstral coefficients from c0, (64, hops)."""
    from scipy.fft import dct

    return np.asarray(dct(mel, axis=0, type=2, norm="ortho"))


def spectral_contrast(spectrum: np.ndarray) -> np.ndarray:
    """Magnitudes (1025, hops) -> peaks above valleys of each octave in dB, (7, hops).

    Large where single tones sound, small where there is noise, distortion or nothing.
    """
    levels = np.empty((len(OCTAVES) - 1, spectrum.shape[1]), dtype=np.float32)
    for octave, (low, high) in enumerate(pairwise(bin_of(edge) for edge in OCTAVES)):
        ordered = np.sort(spectrum[low:high].T, axis=1)
        count = round(SHARE * (high - low))
        ends = ordered[:, -count:].mean(axis=1), ordered[:, :count].mean(axis=1)
        peaks, valleys = (np.maximum(end, SILENT) for end in ends)
        levels[octave] = 20 * np.log10(peaks / valleys)
    return levels


def attack_spectrum(mel: np.ndarray) -> np.ndarray:
    """Mel power in dB (64, hops) -> cosine transform of how much each band rises, (64,).

    In units of the mean rise, so that it says where the attacks lie, not how many there are.
    """
    from scipy.fft import dct

    rise = np.maximum(0, np.diff(mel, axis=1)).mean(axis=1)
    return np.asarray(dct(rise / max(float(rise.mean()), 1e-6), type=2, norm="ortho"))


CHANGE_HOPS, LARGEST_CHANGE = 2, 30.0  # 23 ms; dB: beyond, a band begins or ends in silence


def change_skewness(mel: np.ndarray) -> float:
    """Mel power in dB (64, hops) -> skewness of the changes of all bands over 23 ms.

    Sounds begin faster than they die away, so that music and speech are skewed upwards (.3 and
    more) and the same backwards downwards. 0 where nothing changes.
    """
    changes = np.clip(mel[:, CHANGE_HOPS:] - mel[:, :-CHANGE_HOPS], -LARGEST_CHANGE, LARGEST_CHANGE)
    variance = float((changes**2).mean()) if changes.size else 0.0
    return float((changes**3).mean()) / variance**1.5 if variance > 1e-6 else 0.0


MEL_BANDS = 64
FLOOR_DB = -80.0  # below the loudest band everything is called silence
SMALLEST = 1e-10  # power


@dataclass(frozen=True)
class SpectralFeatures:
    """Figures that all metrics read from one short-time spectrum."""

    power: np.ndarray  # (64, hops) mel power
    chroma: np.ndarray  # (12, hops) strength of the pitch classes
    contrast: np.ndarray  # (7, hops) dB, peaks over valleys by octave

    @property
    def mel(self) -> np.ndarray:
        """Mel power in dB, (64, hops), not below 80 dB under its maximum."""
        return decibels(self.power)


def analyse_spectrum(samples: np.ndarray) -> SpectralFeatures:
    """(frames,) at 22 050 Hz -> all of it, block by block: ten minutes fit as well."""
    power, peaks, contrasts = [], [], []
    hops = 0
    for block in stft_blocks(samples):
        power.append(mel_filters() @ block**2)
        peaks.append(spectral_peaks(block, hops))
        contrasts.append(spectral_contrast(block))
        hops += block.shape[1]
    chroma = fold_to_chroma(peaks, hops)
    return SpectralFeatures(np.hstack(power), chroma, np.hstack(contrasts))


def decibels(power: np.ndarray) -> np.ndarray:
    """Power -> dB, not below 80 dB under its maximum."""
    level = 10 * np.log10(np.maximum(power, SMALLEST))
    return np.asarray(np.maximum(level, level.max() + FLOOR_DB).astype(np.float32))


@cache
def mel_filters(bands: int = MEL_BANDS, frame: int = FRAME, rate: int = COMMON_RATE) -> np.ndarray:
    """Triangles of equal area on the Slaney mel scale, 0 Hz to half the rate, (bands, bins)."""
    edges = _mel_to_hz(np.linspace(0, _hz_to_mel(rate / 2), bands + 2))
    bins = np.linspace(0, rate / 2, frame // 2 + 1)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - low) / (centre - low)
    falling = (high - bins) / (high - centre)
    filters = (np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)).astype(np.float32)
    filters.flags.writeable = False  # one array for all callers
    return np.asarray(filters)


def onset_strength(mel: np.ndarray) -> np.ndarray:
    """Mean rise of the bands since the last hop in dB, (hops,)."""
    rise = np.maximum(0, np.diff(mel, axis=1, prepend=mel[:, :1]))
    return np.asarray(rise.mean(axis=0))


def _hz_to_mel(hz: float) -> float:
    """Slaney's scale: linear to 1000 Hz (15 mel), then 27 mel for each factor of 6.4."""
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)


def _mel_to_hz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))
