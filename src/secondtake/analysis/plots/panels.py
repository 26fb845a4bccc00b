"""A recording, reduced to what is drawn of it, and the panels that draw it.

A view has about 480 columns, however long the recording is. Each function of the second half draws
one kind of panel into its axes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from secondtake.analysis.audio_io import Audio
from secondtake.analysis.dsp import preprocess, spectral
from secondtake.analysis.dsp.log_spectrum import (
    PER_OCTAVE,
    band_count,
    band_place,
    decibels,
    log_spectrogram,
)
from secondtake.analysis.dsp.preprocess import HOPS_PER_SECOND, PreparedAudio
from secondtake.analysis.dsp.tempogram import FASTEST, KNOWN, SLOWEST, TEMPOGRAM_BPM, tempogram
from secondtake.analysis.plots import style
from secondtake.audio.loudness import integrated

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 480  # as many as there are pixels to show them
TEMPO_WINDOW = 6.0  # s whose onsets one column of the tempogram shows: six beats at 60 BPM
STEP = 0.5  # s between these columns, more in recordings longer than 4 minutes
SMOOTH = PER_OCTAVE // 3  # bands that a point of a long-term spectrum is the mean of


@dataclass(frozen=True, eq=False)
class SpectralView:
    """The sound of a file: mono, -23 LUFS, silent edges trimmed."""

    lead: float  # s at which it begins in the file
    seconds: float
    spectrum: np.ndarray  # (bands, columns) dB under full scale, a band a semitone from 40 Hz up
    chroma: np.ndarray  # (12, columns) share of each pitch class, 0 to 1
    tempogram: np.ndarray  # (96, columns) autocorrelation at each of TEMPI; NaN: too short to say
    long_term: np.ndarray  # (bands,) dB, the average over time and a third of an octave


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
        _spectral_view(audio, prepared) if prepared else None,
    )


def envelope(samples: np.ndarray) -> np.ndarray:
    """(frames, channels) -> lowest and highest sample of each of 480 equal parts, (2, columns)."""
    starts = _starts(len(samples))
    low, high = (pick.reduceat(samples, starts, axis=0) for pick in (np.minimum, np.maximum))
    return np.array([low.min(axis=1), high.max(axis=1)])


def _spectral_view(audio: Audio, prepared: PreparedAudio) -> SpectralView:
    features = spectral.analyse_spectrum(prepared.samples)
    power = log_spectrogram(*_at_own_rate(audio, prepared), COLUMNS)
    mean = np.pad(power.mean(axis=1), SMOOTH // 2, mode="edge")
    smooth = np.convolve(mean, np.full(SMOOTH, 1 / SMOOTH), mode="valid")[: len(power)]
    return SpectralView(
        prepared.lead,
        prepared.seconds,
        decibels(power),
        reduced(features.chroma),
        tempograms(spectral.onset_strength(features.mel)),
        decibels(smooth),
    )


def _at_own_rate(audio: Audio, prepared: PreparedAudio) -> tuple[np.ndarray, int]:
    """The stretch of the file that was prepared, as loud, with all of its frequencies."""
    start = round(prepared.lead * audio.sample_rate)
    mono = audio.mono[start : start + round(prepared.seconds * audio.sample_rate)]
    loudness = integrated(mono, audio.sample_rate)
    if loudness is None:
        raise ValueError("the prepared stretch of a file has a loudness")
    return mono * np.float32(10 ** ((preprocess.TARGET_LUFS - loudness) / 20)), audio.sample_rate


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


LEVELS = (-100.0, -20.0)  # dB under full scale, the same for every picture of sound at -23 LUFS
CHROMA_RANGE = (0.0, 0.5)  # share of the strongest pitch classes; an even chord of three has .33
TEMPO_RANGE = (0.0, 0.8)  # autocorrelation; 1 is a machine
SHADES = 64  # of a spectrogram: steps of 1.4 dB, which no eye sees, halve the size of its image
FREQUENCIES = (60, 125, 250, 500, 1000, 2000, 4000, 8000, 16_000)  # Hz
BPM = (40, 60, 80, 120, 160, 240)
PITCHES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}  # the white keys' rows
QUIET = "too little sound"
LONG_TERM_RANGE = (-90.0, -25.0)  # dB, shown at least: most music lies within

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


def spectrogram(axes: "Axes", view: TakeView, highest_rate: int) -> None:
    """Power over time on a logarithmic frequency axis, up to half of the highest rate shown.

    Where the file's own rate ends below that, the rest is hatched and says so.
    """
    if view.spectral is not None:
        _image(axes, view.spectral, view.spectral.spectrum, LEVELS, style.SPECTROGRAM)
    _rows(axes, band_count(highest_rate), view.spectral)
    axes.set_yticks(*_frequency_ticks(highest_rate))
    if view.spectral is not None and band_count(view.sample_rate) < band_count(highest_rate):
        _hatch_above(axes, band_count(view.sample_rate), view.sample_rate / 2)


def _hatch_above(axes: "Axes", bands: int, end: float) -> None:
    """No frequencies there: half of the file's rate, `end` Hz, is reached."""
    low, high = bands - 0.5, axes.get_ylim()[1]
    axes.axhspan(low, high, facecolor=style.UNKNOWN, hatch="////", edgecolor="#b5b5b5", linewidth=0)
    place = {"transform": axes.get_yaxis_transform(), "ha": "left", "va": "center", "fontsize": 7.5}
    behind = {"boxstyle": "square,pad=0.15", "facecolor": style.UNKNOWN, "edgecolor": "none"}
    words = f"the file ends at {end / 1000:.3g} kHz"
    axes.text(0.02, (low + high) / 2, words, color="#333333", bbox=behind, **place)


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


def long_term_spectra(axes: "Axes", columns: list[tuple[str, TakeView]]) -> None:
    """The long-term spectra over each other: solid and wide, dashed and thin."""
    for (title, view), line in zip(columns, STYLES, strict=False):
        if view.spectral is not None:
            axes.plot(view.spectral.long_term, label=title, **line)
    rate = highest_rate(view for _, view in columns)
    axes.set_xlim(-0.5, band_count(rate) - 0.5)
    axes.set_xticks(*_frequency_ticks(rate))
    low, high = axes.get_ylim()
    axes.set_ylim(max(min(low, LONG_TERM_RANGE[0]), LEVELS[0]), max(high, LONG_TERM_RANGE[1]))
    axes.grid(color="#d8d8d8", linewidth=0.5)
    axes.set_axisbelow(True)
    if any(view.spectral for _, view in columns):
        place = {"loc": "lower left", "handlelength": 3.5, "fontsize": 8, "framealpha": 0.9}
        for text in axes.legend(**place).get_texts():
            text.set_parse_math(False)
    else:
        _write_centred(axes, QUIET)


def highest_rate(views: Iterable[TakeView]) -> int:
    """The highest sample rate of several files, up to whose half all of them are shown."""
    return max(view.sample_rate for view in views)


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


def _frequency_ticks(sample_rate: int) -> tuple[list[float], list[str]]:
    """The places of FREQUENCIES among a rate's bands, and what is written there."""
    shown = [hertz for hertz in FREQUENCIES if band_place(hertz) <= band_count(sample_rate)]
    words = [f"{hertz // 1000}k" if hertz >= 1000 else str(hertz) for hertz in shown]
    return [band_place(hertz) - 0.5 for hertz in shown], words
