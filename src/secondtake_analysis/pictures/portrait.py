"""A recording, reduced to what is drawn of it: about 500 columns, however long it is."""

from dataclasses import dataclass

import numpy as np

from secondtake_analysis import spectrum
from secondtake_analysis.audio import Audio
from secondtake_analysis.prepare import COMMON_RATE, Prepared, prepare
from secondtake_analysis.pulse import KNOWN, TEMPI, tempogram
from secondtake_analysis.short_time import HOPS_PER_SECOND

COLUMNS = 480  # as many as there are pixels to show them
STRETCH = 6.0  # s whose onsets one column of the tempogram shows: six beats at 60 BPM
STEP = 0.5  # s between these columns, more in recordings longer than 4 minutes
QUIETEST = 1e-8  # -80 dB under the loudest band of a long-term spectrum


@dataclass(frozen=True, eq=False)
class Sound:
    """What is drawn of the prepared sound: mono, -23 LUFS, 22 050 Hz, silent edges trimmed."""

    lead: float  # s at which it begins in the file
    seconds: float
    mel: np.ndarray  # (64, columns) dB
    chroma: np.ndarray  # (12, columns) share of each pitch class, 0 to 1
    tempogram: np.ndarray  # (96, columns) autocorrelation at each of TEMPI; NaN: too short to say
    balance: np.ndarray  # (64,) long-term average mel power in dB, its mean level removed


@dataclass(frozen=True, eq=False)
class Portrait:
    """What is drawn of a file."""

    seconds: float
    sample_rate: int  # Hz
    channels: int
    envelope: np.ndarray  # (2, columns) lowest and highest sample of any channel
    sound: Sound | None  # None where too little sound has a loudness

    @property
    def form(self) -> str:
        """Length, rate and channels in words."""
        channels = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        return f"{self.seconds:.1f} s, {self.sample_rate / 1000:g} kHz, {channels}"


def portrait(audio: Audio) -> Portrait:
    """Everything to draw of a decoded file that is not empty."""
    prepared = prepare(audio)
    return Portrait(
        audio.seconds,
        audio.sample_rate,
        audio.samples.shape[1],
        envelope(audio.samples),
        _sound(prepared) if prepared else None,
    )


def envelope(samples: np.ndarray) -> np.ndarray:
    """(frames, channels) -> lowest and highest sample of each of 480 stretches, (2, columns)."""
    starts = _starts(len(samples))
    low, high = (each.reduceat(samples, starts, axis=0) for each in (np.minimum, np.maximum))
    return np.array([low.min(axis=1), high.max(axis=1)])


def _sound(prepared: Prepared) -> Sound:
    seen = spectrum.read(prepared.samples)
    onsets = spectrum.onset_strength(seen.mel)
    mean = seen.power.mean(axis=1)
    level = 10 * np.log10(np.maximum(mean, max(mean.max() * QUIETEST, spectrum.SMALLEST)))
    return Sound(
        prepared.lead,
        len(prepared.samples) / COMMON_RATE,
        spectrum.decibels(reduced(seen.power)),
        reduced(seen.chroma),
        tempograms(onsets),
        level - level.mean(),
    )


def reduced(values: np.ndarray) -> np.ndarray:
    """(rows, hops) -> the mean of each of at most 480 stretches, (rows, columns)."""
    starts = _starts(values.shape[1])
    lengths = np.diff(starts, append=values.shape[1])
    return np.add.reduceat(values, starts, axis=1) / lengths


def tempograms(onsets: np.ndarray) -> np.ndarray:
    """Onset strength (hops,) -> the tempogram of the 6 s around each half second, (96, columns).

    Near an end the stretch is moved inwards. Tempi whose beat is longer than 3/4 of it are NaN.
    """
    length = min(round(STRETCH * HOPS_PER_SECOND), len(onsets))
    count = int(np.clip(len(onsets) / HOPS_PER_SECOND / STEP, 1, COLUMNS))
    centres = (np.arange(count) + 0.5) / count * len(onsets)
    firsts = np.clip(np.rint(centres - length / 2).astype(int), 0, len(onsets) - length)
    columns = np.array([tempogram(onsets[first : first + length]) for first in firsts]).T
    periods = 60.0 / TEMPI * HOPS_PER_SECOND
    return np.where(periods[:, None] <= KNOWN * (length - 1), columns, np.nan)


def _starts(length: int) -> np.ndarray:
    """Where each of at most 480 even stretches of `length` begins."""
    return np.unique(np.linspace(0, length, min(COLUMNS, length), endpoint=False).astype(int))
