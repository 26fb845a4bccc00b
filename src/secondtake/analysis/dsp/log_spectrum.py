"""A spectrogram on a logarithmic frequency axis, as a musician reads one: twelve bands an octave.

It is of a recording at its own rate, from 40 Hz to half of that rate. Low bands come from long
frames, which tell semitones of a bass apart, and high ones from short frames, which keep a hi-hat
sharp.
"""

from collections.abc import Iterator

import numpy as np

LOWEST = 40.0  # Hz; below a bass guitar's E
HIGHEST = 20_000.0  # Hz; above, nobody hears
PER_OCTAVE = 12
# Hz from which on frames of so many seconds are used: 5, 11 and 21 Hz to a bin.
FRAMES = ((0.0, 0.186), (320.0, 0.093), (1280.0, 0.0464))
OVERLAP = 4  # frames begin at least this often in their length
SMALLEST = 1e-12  # -120 dBFS: what is quieter counts as this
BLOCK = 1024  # frames that are transformed at once


def band_count(sample_rate: int) -> int:
    """How many whole bands a rate has."""
    return max(1, int(band_place(min(HIGHEST, sample_rate / 2))))


def band_edges(sample_rate: int) -> np.ndarray:
    """The edges of a rate's bands in Hz, a semitone apart, one more than there are bands."""
    return np.asarray(LOWEST * 2 ** (np.arange(band_count(sample_rate) + 1) / PER_OCTAVE))


def log_spectrogram(samples: np.ndarray, sample_rate: int, columns: int) -> np.ndarray:
    """(frames,) float32 -> the power in each band, (bands, at most `columns`), 1 at full scale.

    A column is the mean of an equal part of the time. A sine of amplitude 1 has a power of .5.
    """
    edges = band_edges(sample_rate)
    columns = min(columns, len(samples))
    bands = np.empty((len(edges) - 1, columns), np.float32)
    limits = [start for start, _ in FRAMES[1:]]
    group = np.searchsorted(limits, edges[:-1], side="right")
    for index, (_, seconds) in enumerate(FRAMES):
        rows = np.flatnonzero(group == index)
        if len(rows):
            frame = max(16, round(seconds * sample_rate))
            within = edges[rows[0] : rows[-1] + 2]
            bands[rows] = _bands(samples, sample_rate, frame, within, columns)
    return bands


def _bands(
    samples: np.ndarray, sample_rate: int, frame: int, edges: np.ndarray, columns: int
) -> np.ndarray:
    """The power between neighbouring edges, from frames of one length: (bands, columns)."""
    hop = max(1, min(frame // OVERLAP, len(samples) // columns))
    powers = np.zeros((len(edges) - 1, columns))
    counts = np.zeros(columns)
    places = edges * frame / sample_rate + 0.5  # in bins, each from its lower edge on
    for first, spectrum in _power_spectra(samples, frame, hop):
        total = np.pad(np.cumsum(spectrum, axis=1), ((0, 0), (1, 0)))  # up to each bin's edge
        whole = np.minimum(places.astype(int), total.shape[1] - 2)
        part = np.minimum(places - whole, 1)
        below = total[:, whole] * (1 - part) + total[:, whole + 1] * part
        centres = (first + np.arange(len(spectrum))) * hop
        column = np.minimum(centres * columns // len(samples), columns - 1)
        np.add.at(powers.T, column, np.diff(below, axis=1))
        np.add.at(counts, column, 1)
    return powers / np.maximum(counts, 1)


def _power_spectra(samples: np.ndarray, frame: int, hop: int) -> Iterator[tuple[int, np.ndarray]]:
    """The number of a frame, and the power in each bin of it and those after it.

    Frames are centred on multiples of the hop; their bins sum to the mean square of the sound.
    """
    from scipy.fft import rfft
    from scipy.signal.windows import hann

    window = hann(frame, sym=False).astype(np.float32)
    scale = 2 / (frame * np.square(window).sum())
    padded = np.pad(samples, frame // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    for first in range(0, len(frames), BLOCK):
        transform = rfft(frames[first : first + BLOCK] * window, axis=1)
        yield first, np.square(np.abs(transform)) * scale


def band_place(hertz: float) -> float:
    """Where a frequency lies on the axis, in bands from the lowest edge."""
    return float(PER_OCTAVE * np.log2(hertz / LOWEST))


def decibels(power: np.ndarray) -> np.ndarray:
    """Power -> dB under full scale, -120 at least."""
    return np.asarray(10 * np.log10(np.maximum(power, SMALLEST)))
