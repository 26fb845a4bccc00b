"""A plot of one recording, or of two side by side.

A column each for waveform, mel spectrogram, chroma and tempogram, and one panel in which the
long-term spectra lie over each other. Columns share their axes and scales, so that what looks
different is different. Waveforms are as the files are; everything else is of the prepared sound
(mono, -23 LUFS, 22 050 Hz).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from secondtake.analysis.plots import panels, style
from secondtake.analysis.plots.panels import TakeView
from secondtake.analysis.plots.style import LONGEST, RenderedFigure, readable, render_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# All in inches. Fixed places: half the time of matplotlib's own layout, and every picture alike.
COLUMN, GAP = 4.8, 0.45
LEFT, RIGHT = 0.85, 1.05  # for labels and colour scales
TOP, BOTTOM, BETWEEN = 0.6, 0.5, 0.16
ROWS = (0.9, 1.9, 1.4, 1.5)  # waveform, mel, chroma, tempogram
TIME = 0.75  # between the tempogram and the long-term spectra: a time axis and a heading
BALANCE = 1.6
HEIGHT = TOP + sum(ROWS) + BETWEEN * (len(ROWS) - 1) + TIME + BALANCE + BOTTOM
LABELS = ("amplitude", "mel band, Hz", "pitch class", "tempo, BPM")
SCALES: tuple[tuple[list[float], str, str], ...] = (
    ([-60, -30, 0, 30], style.SPECTROGRAM, "dB"),
    ([0, 0.25, 0.5], style.STRENGTH, "share"),
    ([0, 0.4, 0.8], style.STRENGTH, "autocorrelation"),
)


def plot_recordings(recordings: list[tuple[str, TakeView]]) -> RenderedFigure:
    """The plot of one or two recordings with their titles; the reference comes first."""
    if not 1 <= len(recordings) <= len(panels.STYLES):
        raise ValueError(f"{len(recordings)} recordings; draw one or two")
    columns = [(readable(title, LONGEST), view) for title, view in recordings]
    width = LEFT + COLUMN * len(columns) + GAP * (len(columns) - 1) + RIGHT
    title = " and ".join(title for title, _ in columns)
    return render_figure(width, HEIGHT, title, lambda figure: _paint(figure, width, columns))


def _paint(figure: "Figure", width: float, columns: list[tuple[str, TakeView]]) -> None:
    longest = max(view.seconds for _, view in columns)
    rows = list(_rows())
    for index, (title, view) in enumerate(columns):
        left = LEFT + index * (COLUMN + GAP)
        column = [_add_axes(figure, width, left, bottom, COLUMN, height) for bottom, height in rows]
        column[0].set_title(f"{title}\n{view.form}", parse_math=False)
        panels.waveform(column[0], view, str(panels.STYLES[index]["color"]))
        panels.mel(column[1], view.spectral)
        panels.chroma(column[2], view.spectral)
        panels.draw_tempogram(column[3], view.spectral)
        for axes, label in zip(column, LABELS, strict=True):
            axes.set_xlim(0, longest)
            if index == 0:
                axes.set_ylabel(label)
                axes.yaxis.set_label_coords(-0.55 / COLUMN, 0.5)
            else:
                axes.set_yticks([])  # ticks take most of the time to draw
            if axes is not column[-1]:
                axes.set_xticks([])
        column[-1].set_xlabel("time, seconds")
    for (bottom, height), (ticks, colour_map, label) in zip(rows[1:], SCALES, strict=True):
        axes = _add_axes(figure, width, width - RIGHT + 0.12, bottom, 0.14, height)
        panels.scale(axes, ticks, colour_map, label)
    axes = _add_axes(figure, width, LEFT, BOTTOM, width - LEFT - RIGHT, BALANCE)
    panels.balance(axes, columns)
    axes.set_title("long-term spectrum, mean level removed")
    axes.set_xlabel("frequency, Hz")
    axes.set_ylabel("level, dB")
    axes.yaxis.set_label_coords(-0.55 / (width - LEFT - RIGHT), 0.5)


def _rows() -> Iterator[tuple[float, float]]:
    """Bottom and height of each row that has a time axis."""
    top = HEIGHT - TOP
    for height in ROWS:
        yield top - height, height
        top -= height + BETWEEN


def _add_axes(
    figure: "Figure", width: float, left: float, bottom: float, across: float, height: float
) -> "Axes":
    return figure.add_axes((left / width, bottom / HEIGHT, across / width, height / HEIGHT))
