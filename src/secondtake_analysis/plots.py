"""Pictures of two recordings side by side: waveform, mel spectrogram, chroma.

Both columns share their axes and scales, so that what looks different is different. The waveforms
are as the files are; the spectrograms are loudness-normalised (-23 LUFS, 22 050 Hz).
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from secondtake_analysis import spectrum
from secondtake_analysis.audio import Audio
from secondtake_analysis.prepare import COMMON_RATE, prepare

WIDTH, HEIGHT = 6.0, 7.5  # inches, of one recording
RESOLUTION = 100  # dots per inch
COLUMNS = 1200  # of a waveform; each shows the extremes of its stretch
MEL_RANGE = (-60.0, 30.0)  # dB, the same for every picture: music at -23 LUFS peaks near 25
BARE = {"Software": None}  # neither version nor date: equal pictures are equal bytes
PITCHES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True)
class Picture:
    """What is drawn of one recording."""

    title: str
    seconds: float
    envelope: np.ndarray  # (2, columns) lowest and highest sample
    mel: np.ndarray | None  # (64, hops) dB; None if there is too little sound
    chroma: np.ndarray | None  # (12, hops)
    lead: float = 0.0  # s at which mel and chroma begin: they have no silence at the edges


def picture(audio: Audio, title: str) -> Picture:
    """Everything to draw of a decoded file."""
    prepared = prepare(audio)
    if prepared is None:
        return Picture(title, audio.seconds, _envelope(audio.mono), None, None)
    magnitudes = spectrum.magnitudes(prepared.samples)
    return Picture(
        title,
        audio.seconds,
        _envelope(audio.mono),
        spectrum.mel_decibels(magnitudes),
        spectrum.chroma(magnitudes),
        prepared.lead,
    )


def draw(pictures: list[Picture]) -> bytes:
    """A PNG with a column for each recording, always the same bytes for the same ones."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH * len(pictures), HEIGHT), dpi=RESOLUTION, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(3, len(pictures), sharex=True, sharey="row", squeeze=False)
    for column, drawn in zip(axes.T, pictures, strict=True):
        column[0].set_title(drawn.title, parse_math=False)
        _draw_waveform(column[0], drawn)
        mel = _draw_mel(column[1], drawn)
        _draw_chroma(column[2], drawn)
        column[2].set_xlabel("seconds")
    axes[0, 0].set_xlim(0, max(drawn.seconds for drawn in pictures))
    figure.colorbar(mel, ax=axes[1, :], label="dB", fraction=0.03)
    for row, label in enumerate(("amplitude", "mel band, Hz", "pitch class")):
        axes[row, 0].set_ylabel(label)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata=BARE)
    return file.getvalue()


def _envelope(mono: np.ndarray) -> np.ndarray:
    """(frames,) -> lowest and highest sample of each of 1200 stretches, (2, columns)."""
    starts = np.unique(np.linspace(0, len(mono), COLUMNS, endpoint=False).astype(int))
    return np.array([np.minimum.reduceat(mono, starts), np.maximum.reduceat(mono, starts)])


def _draw_waveform(axis: Any, drawn: Picture) -> None:
    time = np.linspace(0, drawn.seconds, drawn.envelope.shape[1])
    axis.fill_between(time, *drawn.envelope, color="#1f4e79", linewidth=0.4)
    axis.set_ylim(-1, 1)


def _draw_mel(axis: Any, drawn: Picture) -> Any:
    """The mel spectrogram on the common scale; an empty one where there is no sound."""
    mel = drawn.mel if drawn.mel is not None else np.full((spectrum.MEL_BANDS, 2), MEL_RANGE[0])
    image = axis.imshow(
        mel,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=MEL_RANGE[0],
        vmax=MEL_RANGE[1],
        extent=(drawn.lead, drawn.lead + _span(mel), 0, spectrum.MEL_BANDS),
        interpolation="nearest",
    )
    centres = spectrum.mel_filters().argmax(axis=1) * COMMON_RATE / spectrum.FRAME
    marks = [500, 1000, 2000, 4000, 8000]
    axis.set_yticks([int(np.searchsorted(centres, hz)) for hz in marks], [f"{hz}" for hz in marks])
    return image


def _draw_chroma(axis: Any, drawn: Picture) -> None:
    chroma = drawn.chroma if drawn.chroma is not None else np.zeros((12, 2))
    axis.imshow(
        chroma,
        origin="lower",
        aspect="auto",
        cmap="viridis",
        vmin=0,
        vmax=0.5,
        extent=(drawn.lead, drawn.lead + _span(chroma), -0.5, 11.5),
        interpolation="nearest",
    )
    axis.set_yticks(range(12), PITCHES, fontsize=7)


def _span(image: np.ndarray) -> float:
    """Seconds that the hops of an image cover."""
    return image.shape[1] / spectrum.HOPS_PER_SECOND
