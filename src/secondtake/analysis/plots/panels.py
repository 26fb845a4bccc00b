"""The panels of a pair's picture: each function draws one kind of panel into its axes.

A recording, reduced to what is drawn of it: about 500 columns, however long it is.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from secondtake.analysis.audio_io import Audio
from secondtake.analysis.dsp import spectral
from secondtake.analysis.dsp.preprocess import (
    COMMON_RATE,
    FRAME,
    HOPS_PER_SECOND,
    Prepared,
    prepare,
)
from secondtake.analysis.dsp.tempogram import FASTEST, KNOWN, SLOWEST, TEMPI, tempogram
from secondtake.analysis.plots import style as colours

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
    seen = spectral.read(prepared.samples)
    onsets = spectral.onset_strength(seen.mel)
    mean = seen.power.mean(axis=1)
    level = 10 * np.log10(np.maximum(mean, max(mean.max() * QUIETEST, spectral.SMALLEST)))
    return Sound(
        prepared.lead,
        len(prepared.samples) / COMMON_RATE,
        spectral.decibels(reduced(seen.power)),
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


MEL_RANGE = (-60.0, 30.0)  # dB, the same for every picture: music at -23 LUFS peaks near 25
CHROMA_RANGE = (0.0, 0.5)  # share of the strongest pitch classes; an even chord of three has .33
TEMPO_RANGE = (0.0, 0.8)  # autocorrelation; 1 is a machine
SHADES = 64  # of a spectrogram: steps of 1.4 dB, which no eye sees, halve the size of its image
FREQUENCIES = (500, 1000, 2000, 4000, 8000)  # Hz; few, since labels are most of the time
BPM = (40, 60, 80, 120, 160, 240)
PITCHES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}  # the white keys' rows
QUIET = "too little sound"
BALANCE_RANGE = (-30.0, 45.0)  # dB, shown at least: most music lies within, and ripples stay small

STYLES: tuple[dict[str, Any], ...] = (
    {"color": colours.REFERENCE, "linestyle": "-", "linewidth": 2.2},
    {"color": colours.ESTIMATE, "linestyle": (0, (4, 1.6)), "linewidth": 1.4},
)


def waveform(axis: Any, drawn: Portrait, colour: str) -> None:
    """The file as it is: extremes of all channels, full scale ±1."""
    time = np.linspace(0, drawn.seconds, drawn.envelope.shape[1])
    axis.fill_between(time, *drawn.envelope, color=colour, linewidth=0.4)
    axis.set_ylim(-1, 1)
    axis.set_yticks([-1, 0, 1])


def mel(axis: Any, sound: Sound | None) -> None:
    """Mel power over time."""
    if sound is not None:
        _image(axis, sound, sound.mel, MEL_RANGE, colours.SPECTROGRAM)
    _rows(axis, spectral.MEL_BANDS, sound)
    axis.set_yticks(_mel_rows(), [_hertz(hz) for hz in FREQUENCIES])


def chroma(axis: Any, sound: Sound | None) -> None:
    """Pitch classes over time."""
    if sound is not None:
        _image(axis, sound, sound.chroma, CHROMA_RANGE, colours.STRENGTH)
    _rows(axis, 12, sound)
    axis.set_yticks(list(PITCHES.values()), list(PITCHES))


def draw_tempogram(axis: Any, sound: Sound | None) -> None:
    """How strongly onsets repeat at each tempo, over time; grey where it is too short to say."""
    if sound is not None:
        _image(axis, sound, sound.tempogram, TEMPO_RANGE, colours.STRENGTH)
    _rows(axis, len(TEMPI), sound)
    step = np.log(FASTEST / SLOWEST) / (len(TEMPI) - 1)
    axis.set_yticks([float(np.log(bpm / SLOWEST) / step) for bpm in BPM], [f"{b}" for b in BPM])


def balance(axis: Any, named: list[tuple[str, Portrait]]) -> None:
    """The long-term spectra over each other: solid and wide, dashed and thin."""
    for (title, drawn), style in zip(named, STYLES, strict=False):
        if drawn.sound is not None:
            axis.plot(drawn.sound.balance, label=title, **style)
    axis.set_xlim(0, spectral.MEL_BANDS - 1)
    axis.set_xticks(_mel_rows(), [_hertz(hz) for hz in FREQUENCIES])
    low, high = axis.get_ylim()
    axis.set_ylim(min(low, BALANCE_RANGE[0]), max(high, BALANCE_RANGE[1]))
    axis.grid(color="#d8d8d8", linewidth=0.5)
    axis.set_axisbelow(True)
    if any(drawn.sound for _, drawn in named):
        legend = axis.legend(loc="upper right", handlelength=3.5, fontsize=8, framealpha=0.9)
        for text in legend.get_texts():
            text.set_parse_math(False)
    else:
        _say(axis, QUIET)


def scale(axis: Any, ticks: list[float], colour_map: str, label: str) -> None:
    """A colour scale from the first to the last of the ticks, beside a row of images."""
    limits = ticks[0], ticks[-1]
    axis.imshow(
        np.linspace(*limits, SHADES)[:, None],
        origin="lower",
        aspect="auto",
        cmap=colour_map,
        extent=(0, 1, *limits),
    )
    axis.set_xticks([])
    axis.set_yticks(ticks)
    axis.yaxis.tick_right()
    axis.yaxis.set_label_position("right")
    axis.set_ylabel(label)


def _image(
    axis: Any, sound: Sound, rows: np.ndarray, limits: tuple[float, float], colour_map: str
) -> None:
    low, high = limits
    shade = np.rint((np.clip(rows, low, high) - low) / (high - low) * (SHADES - 1))
    axis.imshow(
        shade,
        origin="lower",
        aspect="auto",
        cmap=colour_map,
        vmin=0,
        vmax=SHADES - 1,
        extent=(sound.lead, sound.lead + sound.seconds, -0.5, len(rows) - 0.5),
        interpolation="none",  # the SVG holds these columns and no more
    )


def _rows(axis: Any, count: int, sound: Sound | None) -> None:
    """The same limits with and without an image, which would set its own."""
    axis.set_ylim(-0.5, count - 0.5)
    axis.set_facecolor(colours.UNKNOWN)
    if sound is None:
        _say(axis, QUIET)


def _say(axis: Any, text: str) -> None:
    axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center", color="#333333")


@cache
def _mel_rows() -> tuple[float, ...]:
    """Between which bands each of FREQUENCIES lies."""
    centres = spectral.mel_filters().argmax(axis=1) * COMMON_RATE / FRAME
    return tuple(float(row) for row in np.interp(FREQUENCIES, centres, np.arange(len(centres))))


def _hertz(hz: int) -> str:
    return f"{hz // 1000}k" if hz >= 1000 else str(hz)
