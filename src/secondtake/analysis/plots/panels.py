"""A recording, reduced to what is drawn of it, and the panels that draw it.

A view has about 480 columns, however long the recording is. Each function of the second half draws
one kind of panel into its axes.
"""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from secondtake.analysis.audio_io import Audio
from secondtake.analysis.dsp import preprocess, spectral
from secondtake.analysis.dsp.preprocess import COMMON_RATE, HOPS_PER_SECOND, PreparedAudio
from secondtake.analysis.dsp.tempogram import FASTEST, KNOWN, SLOWEST, TEMPOGRAM_BPM, tempogram
from secondtake.analysis.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 480  # as many as there are pixels to show them
TEMPO_WINDOW = 6.0  # s whose onsets one column of the tempogram shows: six beats at 60 BPM
STEP = 0.5  # s between these columns, more in recordings longer than 4 minutes
QUIETEST = 1e-8  # -80 dB under the loudest band of a long-term spectrum


@dataclass(frozen=True, eq=False)
class SpectralView:
    """The prepared sound: mono, -23 LUFS, 22 050 Hz, silent edges trimmed."""

    lead: float  # s at which it begins in the file
    seconds: float
    mel: np.ndarray  # (64, columns) dB
    chroma: np.ndarray  # (12, columns) share of each pitch class, 0 to 1
    tempogram: np.ndarray  # (96, columns) autocorrelation at each of TEMPI; NaN: too short to say
    balance: np.ndarray  # (64,) long-term average mel power in dB, its mean level removed


@dataclass(frozen=True, eq=False)
class TakeView:
    """The waveform of a file and, if it has a loudness, the spectral view of its sound."""

    seconds: float
    sample_rate: int  # Hz
    channels: int
    envelope: np.ndarray  # (2, columns) lowest and highest sample of any channel
    spectral: SpectralView | None  # None where too little sound has a loudness

    @property
    def form(self) -> str:
        """Length, rate and channels in words."""
        channels = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        return f"{self.seconds:.1f} s, {self.sample_rate / 1000:g} kHz, {channels}"


def view_recording(audio: Audio) -> TakeView:
    """The view of a decoded file that is not empty."""
    prepared = preprocess.prepare(audio)
    return TakeView(
        audio.seconds,
        audio.sample_rate,
        audio.samples.shape[1],
        envelope(audio.samples),
        _spectral_view(prepared) if prepared else None,
    )


def envelope(samples: np.ndarray) -> np.ndarray:
    """(frames, channels) -> lowest and highest sample of each of 480 equal parts, (2, columns)."""
    starts = _starts(len(samples))
    low, high = (pick.reduceat(samples, starts, axis=0) for pick in (np.minimum, np.maximum))
    return np.array([low.min(axis=1), high.max(axis=1)])


def _spectral_view(prepared: PreparedAudio) -> SpectralView:
    features = spectral.analyse_spectrum(prepared.samples)
    onsets = spectral.onset_strength(features.mel)
    mean = features.power.mean(axis=1)
    level = 10 * np.log10(np.maximum(mean, max(mean.max() * QUIETEST, spectral.SMALLEST)))
    return SpectralView(
        prepared.lead,
        len(prepared.samples) / COMMON_RATE,
        spectral.decibels(reduced(features.power)),
        reduced(features.chroma),
        tempograms(onsets),
        level - level.mean(),
    )


def reduced(values: np.ndarray) -> np.ndarray:
    """(rows, hops) -> the mean of each of at most 480 equal parts, (rows, columns)."""
    starts = _starts(values.shape[1])
    lengths = np.diff(starts, append=values.shape[1])
    return np.add.reduceat(values, starts, axis=1) / lengths


def tempograms(onsets: np.ndarray) -> np.ndarray:
    """Onset strength (hops,) -> the tempogram of the 6 s around each half second, (96, columns).

    Near an end the window is moved inwards. Tempi whose beat is longer than 3/4 of it are NaN.
    """
    length = min(round(TEMPO_WINDOW * HOPS_PER_SECOND), len(onsets))
    count = int(np.clip(len(onsets) / HOPS_PER_SECOND / STEP, 1, COLUMNS))
    centres = (np.arange(count) + 0.5) / count * len(onsets)
    firsts = np.clip(np.rint(centres - length / 2).astype(int), 0, len(onsets) - length)
    columns = np.array([tempogram(onsets[first : first + length]) for first in firsts]).T
    periods = 60.0 / TEMPOGRAM_BPM * HOPS_PER_SECOND
    return np.where(periods[:, None] <= KNOWN * (length - 1), columns, np.nan)


def _starts(length: int) -> np.ndarray:
    """The starts of at most 480 equal parts of `length`."""
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
    {"color": style.REFERENCE, "linestyle": "-", "linewidth": 2.2},
    {"color": style.ESTIMATE, "linestyle": (0, (4, 1.6)), "linewidth": 1.4},
)


def waveform(axes: "Axes", view: TakeView, colour: str) -> None:
    """The file as it is: extremes of all channels, full scale ±1."""
    time = np.linspace(0, view.seconds, view.envelope.shape[1])
    axes.fill_between(time, *view.envelope, color=colour, linewidth=0.4)
    axes.set_ylim(-1, 1)
    axes.set_yticks([-1, 0, 1])


def mel(axes: "Axes", view: SpectralView | None) -> None:
    """Mel power over time."""
    if view is not None:
        _image(axes, view, view.mel, MEL_RANGE, style.SPECTROGRAM)
    _rows(axes, spectral.MEL_BANDS, view)
    axes.set_yticks(_mel_rows(), [_hertz(hz) for hz in FREQUENCIES])


def chroma(axes: "Axes", view: SpectralView | None) -> None:
    """Pitch classes over time."""
    if view is not None:
        _image(axes, view, view.chroma, CHROMA_RANGE, style.STRENGTH)
    _rows(axes, 12, view)
    axes.set_yticks(list(PITCHES.values()), list(PITCHES))


def draw_tempogram(axes: "Axes", view: SpectralView | None) -> None:
    """Strength of onsets repeating at each tempo, over time; grey where it is too short to say."""
    if view is not None:
        _image(axes, view, view.tempogram, TEMPO_RANGE, style.STRENGTH)
    _rows(axes, len(TEMPOGRAM_BPM), view)
    step = np.log(FASTEST / SLOWEST) / (len(TEMPOGRAM_BPM) - 1)
    axes.set_yticks([float(np.log(bpm / SLOWEST) / step) for bpm in BPM], [f"{b}" for b in BPM])


def balance(axes: "Axes", columns: list[tuple[str, TakeView]]) -> None:
    """The long-term spectra over each other: solid and wide, dashed and thin."""
    for (title, view), line in zip(columns, STYLES, strict=False):
        if view.spectral is not None:
            axes.plot(view.spectral.balance, label=title, **line)
    axes.set_xlim(0, spectral.MEL_BANDS - 1)
    axes.set_xticks(_mel_rows(), [_hertz(hz) for hz in FREQUENCIES])
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, BALANCE_RANGE[0]), max(high, BALANCE_RANGE[1]))
    axes.grid(color="#d8d8d8", linewidth=0.5)
    axes.set_axisbelow(True)
    if any(view.spectral for _, view in columns):
        legend = axes.legend(loc="upper right", handlelength=3.5, fontsize=8, framealpha=0.9)
        for text in legend.get_texts():
            text.set_parse_math(False)
    else:
        _write_centred(axes, QUIET)


def scale(axes: "Axes", ticks: list[float], colour_map: str, label: str) -> None:
    """A colour scale from the first to the last of the ticks, beside a row of images."""
    colour_bar(axes, (ticks[0], ticks[-1]), colour_map)
    axes.set_yticks(ticks)
    axes.yaxis.set_label_position("right")
    axes.set_ylabel(label)


def colour_bar(
    axes: "Axes", limits: tuple[float, float], colour_map: str, interpolation: str | None = None
) -> None:
    """The colours of a scale from bottom to top, with ticks to the right."""
    shades, extent = np.linspace(*limits, SHADES)[:, None], (0, 1, *limits)
    look = {"origin": "lower", "aspect": "auto", "interpolation": interpolation}
    axes.imshow(shades, cmap=colour_map, extent=extent, **look)
    axes.set_xticks([])
    axes.yaxis.tick_right()


def _image(
    axes: "Axes", view: SpectralView, rows: np.ndarray, limits: tuple[float, float], colour_map: str
) -> None:
    low, high = limits
    shade = np.rint((np.clip(rows, low, high) - low) / (high - low) * (SHADES - 1))
    extent = (view.lead, view.lead + view.seconds, -0.5, len(rows) - 0.5)
    # Not interpolated: the SVG holds these columns and no more.
    look = {"origin": "lower", "aspect": "auto", "interpolation": "none"}
    axes.imshow(shade, cmap=colour_map, vmin=0, vmax=SHADES - 1, extent=extent, **look)


def _rows(axes: "Axes", count: int, view: SpectralView | None) -> None:
    """The same limits with and without an image, which would set its own."""
    axes.set_ylim(-0.5, count - 0.5)
    axes.set_facecolor(style.UNKNOWN)
    if view is None:
        _write_centred(axes, QUIET)


def _write_centred(axes: "Axes", text: str) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color="#333333")


@cache
def _mel_rows() -> tuple[float, ...]:
    """The place of each of FREQUENCIES between the mel bands."""
    centres = spectral.mel_filters().argmax(axis=1) * COMMON_RATE / preprocess.FRAME
    return tuple(float(row) for row in np.interp(FREQUENCIES, centres, np.arange(len(centres))))


def _hertz(hz: int) -> str:
    return f"{hz // 1000}k" if hz >= 1000 else str(hz)
