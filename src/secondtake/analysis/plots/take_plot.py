"""A plot of one recording, or of two side by side.

A column each for waveform, spectrogram, chroma and tempogram, and one panel in which the long-term
spectra lie over each other. Columns share their axes and scales, so that what looks different is
different: a second is as wide in both, and the shorter recording's column is narrower. Waveforms
are as the files are; everything else is of the sound at one loudness (mono, -23 LUFS).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from secondtake.analysis.plots import panels, style
from secondtake.analysis.plots.panels import TakeView
from secondtake.analysis.plots.style import RenderedFigure, readable, render_figure, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# All in inches. Fixed places: half the time of matplotlib's own layout, and every picture alike.
COLUMN, GAP = 4.8, 0.45
NARROWEST = 1.9  # of a column; one that would be narrower has a longer second, and says so
LEFT, RIGHT = 0.85, 1.05  # for labels and colour scales
TOP, BOTTOM, BETWEEN = 0.3, 0.5, 0.16
TITLE_LINE = 0.165  # of the titles above the columns
LETTERS = 13  # of a title in an inch
ROWS = (0.9, 2.3, 1.4, 1.5)  # waveform, spectrogram, chroma, tempogram
TIME = 0.75  # between the tempogram and the long-term spectra: a time axis and a heading
BALANCE = 1.6
HEIGHT = TOP + sum(ROWS) + BETWEEN * (len(ROWS) - 1) + TIME + BALANCE + BOTTOM  # and the titles
LABELS = ("amplitude", "frequency, Hz", "pitch class", "tempo, BPM")
SCALES: tuple[tuple[list[float], str, str], ...] = (
    ([-100, -80, -60, -40, -20], style.SPECTROGRAM, "dBFS in a semitone"),
    ([0, 0.25, 0.5], style.STRENGTH, "share"),
    ([0, 0.4, 0.8], style.STRENGTH, "autocorrelation"),
)


def plot_recordings(recordings: list[tuple[str, TakeView]]) -> RenderedFigure:
    """The plot of one or two recordings with their titles; the reference comes first."""
    if not 1 <= len(recordings) <= len(panels.STYLES):
        raise ValueError(f"{len(recordings)} recordings; draw one or two")
    page = _layout([(readable(title), view) for title, view in recordings])
    title = " and ".join(title for title, _ in page.columns)
    return render_figure(page.width, page.height, title, lambda figure: _paint(figure, page))


@dataclass(frozen=True)
class _Layout:
    """Where things are, in inches."""

    columns: list[tuple[str, TakeView]]  # titles and recordings
    headings: list[str]  # over the columns, of as many lines as they need
    widths: list[float]  # of the columns
    width: float
    height: float

    @property
    def lefts(self) -> list[float]:
        starts = accumulate((width + GAP for width in self.widths[:-1]), initial=LEFT)
        return list(starts)

    def axes(
        self, figure: "Figure", left: float, bottom: float, across: float, height: float
    ) -> "Axes":
        place = (left / self.width, bottom / self.height)
        return figure.add_axes((*place, across / self.width, height / self.height))


def _layout(columns: list[tuple[str, TakeView]]) -> _Layout:
    """Columns as wide as their recordings are long, and room for all of their titles."""
    room = COLUMN * len(columns)
    total = sum(view.seconds for _, view in columns)
    shares = [max(view.seconds / total * room, NARROWEST) for _, view in columns]
    widths = [share / sum(shares) * room for share in shares]
    headings = []
    for (title, view), width in zip(columns, widths, strict=True):
        letters = round(width * LETTERS)
        name = wrapped(title.replace("_", "_ "), letters).replace("_ ", "_")  # a word for each part
        headings.append("\n".join([name, wrapped(view.form, letters)]))
    lines = max(heading.count("\n") + 1 for heading in headings)
    width = LEFT + room + GAP * (len(columns) - 1) + RIGHT
    return _Layout(columns, headings, widths, width, HEIGHT + TITLE_LINE * lines)


def _paint(figure: "Figure", page: _Layout) -> None:
    rate = panels.highest_rate(view for _, view in page.columns)
    rows = list(_rows())
    places = zip(page.columns, page.headings, page.lefts, page.widths, strict=True)
    for index, ((_, view), heading, left, width) in enumerate(places):
        column = [page.axes(figure, left, bottom, width, height) for bottom, height in rows]
        column[0].set_title(heading, parse_math=False)
        panels.waveform(column[0], view, str(panels.STYLES[index]["color"]))
        panels.spectrogram(column[1], view, rate)
        panels.chroma(column[2], view.spectral)
        panels.draw_tempogram(column[3], view.spectral)
        for axes, label in zip(column, LABELS, strict=True):
            axes.set_xlim(0, view.seconds)
            if index == 0:
                axes.set_ylabel(label)
                axes.yaxis.set_label_coords(-0.55 / width, 0.5)
            else:
                axes.set_yticks([])  # ticks take most of the time to draw
            if axes is not column[-1]:
                axes.set_xticks([])
        column[-1].set_xlabel("time, seconds")
    for (bottom, height), (ticks, colour_map, label) in zip(rows[1:], SCALES, strict=True):
        axes = page.axes(figure, page.width - RIGHT + 0.12, bottom, 0.14, height)
        panels.scale(axes, ticks, colour_map, label)
    across = page.width - LEFT - RIGHT
    axes = page.axes(figure, LEFT, BOTTOM, across, BALANCE)
    panels.long_term_spectra(axes, page.columns)
    axes.set_title("long-term spectrum at one loudness")
    axes.set_xlabel("frequency, Hz")
    axes.set_ylabel("level, dBFS")
    axes.yaxis.set_label_coords(-0.55 / across, 0.5)


def _rows() -> Iterator[tuple[float, float]]:
    """Bottom and height of each row that has a time axis."""
    top = HEIGHT - TOP
    for height in ROWS:
        yield top - height, height
        top -= height + BETWEEN
