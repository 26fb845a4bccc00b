"""The colour of a sound in 33 numbers: its envelope, its texture, and where its attacks lie."""

from itertools import pairwise

import numpy as np

from secondtake_analysis.prepare import COMMON_RATE
from secondtake_analysis.short_time import bin_of

CEPSTRUM = slice(1, 20)  # c0 is level
OCTAVES = (0, 200, 400, 800, 1600, 3200, 6400, COMMON_RATE / 2)  # Hz
SHARE = 0.1  # of an octave's bins that are its peaks, and its valleys
SILENT = 1e-3  # magnitude of a sine at -114 dBFS; below, codecs differ and no music does
ATTACKS = slice(1, 8)  # coarse: which bands, not which notes
SIZE = 19 + 7 + 7  # cepstrum, contrast, attacks


def tone_colour(mel: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """Mel power in dB (64, hops) and contrast in dB (7, hops) of a stretch of sound -> (33,)."""
    return np.concatenate(
        [mfcc(mel)[CEPSTRUM].mean(axis=1), contrast.mean(axis=1), attacks(mel)[ATTACKS]]
    )


def mfcc(mel: np.ndarray) -> np.ndarray:
    """Mel power in dB -> cepstral coefficients from c0, (64, hops)."""
    from scipy.fft import dct

    return dct(mel, axis=0, type=2, norm="ortho")


def contrast(spectrum: np.ndarray) -> np.ndarray:
    """Magnitudes (1025, hops) -> how far peaks stand above valleys in each octave, dB (7, hops).

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


def attacks(mel: np.ndarray) -> np.ndarray:
    """Mel power in dB (64, hops) -> cosine transform of how much each band rises, (64,).

    In units of the mean rise, so that it says where the attacks lie, not how many there are.
    """
    from scipy.fft import dct

    rise = np.maximum(0, np.diff(mel, axis=1)).mean(axis=1)
    return dct(rise / max(float(rise.mean()), 1e-6), type=2, norm="ortho")
